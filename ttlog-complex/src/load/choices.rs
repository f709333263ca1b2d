//! The choices: what a customer does where there is more than one thing to do.

use rand::{Rng, RngExt, SeedableRng, rngs::Xoshiro256PlusPlus, seq::IndexedRandom};

use super::population::{Habit, Person};
use crate::{catalogue::Category, ids::ProductId};

/// What people look for, besides the department that they like.
const WORDS: [&str; 7] = [
    "oak",
    "steel lamp",
    "folding chair",
    "tent",
    "vintage",
    "blue",
    "submarine",
];

/// The choices of one journey, drawn one after the other.
#[derive(Clone, Debug)]
pub struct Choices {
    chance: Xoshiro256PlusPlus,
}

impl Choices {
    /// The choices of the journey with this number. The same seed makes the same ones.
    #[must_use]
    pub fn new(seed: u64, journey: u64) -> Self {
        let mut seeds = Xoshiro256PlusPlus::seed_from_u64(seed);
        // Mixed first, so that neighbouring seeds do not share their journeys.
        let own = seeds.next_u64().wrapping_add(journey);
        Self {
            chance: Xoshiro256PlusPlus::seed_from_u64(own),
        }
    }

    /// One of several, if there are any.
    pub fn one_of<'a, T>(&mut self, several: &'a [T]) -> Option<&'a T> {
        several.choose(&mut self.chance)
    }

    /// A number below `end`, which must not be zero.
    pub fn number(&mut self, end: u32) -> u32 {
        self.chance.random_range(0..end)
    }

    /// A number that nobody guesses.
    pub fn secret(&mut self) -> u128 {
        self.chance.random()
    }

    /// Whether the password is mistyped.
    pub fn mistypes(&mut self) -> bool {
        self.one_in(20)
    }

    /// What is searched for; nothing for who would rather walk through a department.
    pub fn search(&mut self, taste: Category) -> Option<String> {
        if self.one_in(3) {
            return None;
        }
        self.one_of(&WORDS).map(|word| format!("{word} {taste}"))
    }

    /// What is looked at of what was found.
    pub fn looks(&mut self, found: &[ProductId]) -> Vec<ProductId> {
        let looks = self.chance.random_range(1..=3);
        (0..looks)
            .filter_map(|_| self.one_of(found).copied())
            .collect()
    }

    /// Whether it is worth a look what others bought.
    pub fn follows_others(&mut self) -> bool {
        self.one_in(2)
    }

    /// Whether it is time to look at one's own account.
    pub fn checks_account(&mut self) -> bool {
        self.one_in(8)
    }

    /// How many pieces go into the basket.
    pub fn quantity(&mut self, person: &Person) -> u32 {
        self.chance.random_range(match person.habit {
            Habit::Generous => 2..=6,
            Habit::Thief => 3..=5,
            Habit::Sober | Habit::Curious => 1..=2,
        })
    }

    /// Whether the basket is bought.
    pub fn buys(&mut self, person: &Person) -> bool {
        let in_100 = match person.habit {
            Habit::Sober => 70,
            Habit::Curious => 25,
            Habit::Generous | Habit::Thief => 90,
        };
        self.chance.random_ratio(in_100, 100)
    }

    /// A voucher's code.
    pub fn coupon(&mut self) -> Option<String> {
        match self.chance.random_range(0..20) {
            0 => Some("WELCOME10".into()),
            1 => Some("freepost".into()),
            _ => None,
        }
    }

    /// Whether the button is pressed twice.
    pub fn presses_twice(&mut self) -> bool {
        self.one_in(30)
    }

    fn one_in(&mut self, times: u32) -> bool {
        self.chance.random_ratio(1, times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seed: u64, journey: u64) -> Vec<Option<u32>> {
        let mut choices = Choices::new(seed, journey);
        let several: Vec<u32> = (0..1_000).collect();
        (0..10).map(|_| choices.one_of(&several).copied()).collect()
    }

    #[test]
    fn a_journey_is_the_same_for_the_same_seed_and_no_other() {
        assert_eq!(numbers(1, 1), numbers(1, 1));
        assert_ne!(numbers(1, 1), numbers(1, 2));
        assert_ne!(numbers(1, 1), numbers(2, 1));
        assert_ne!(numbers(1, 2), numbers(2, 1));
    }

    #[test]
    fn nothing_is_looked_at_where_nothing_was_found() {
        assert!(Choices::new(1, 1).looks(&[]).is_empty());
    }
}
