//! The population: everybody who may come to the shop, made from the seed.

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus, seq::IndexedRandom};

use crate::{
    bank::{CardNumber, Issuer},
    catalogue::Category,
    money::Cents,
    protocol::shipping::Region,
    security::Origin,
};

/// How many people there are.
const PEOPLE: u32 = 1_000;
/// How many cards have been stolen.
const STOLEN_CARDS: u32 = 3;

/// Everybody, and the money that they have.
#[derive(Clone, Debug)]
pub struct Population {
    people: Vec<Person>,
    cards: Vec<(CardNumber, Cents)>,
}

/// Somebody who may come to the shop.
#[derive(Clone, Debug)]
pub struct Person {
    /// Where letters reach them.
    pub email: String,
    /// What they log in with.
    pub password: String,
    /// What they pay with.
    pub card: CardNumber,
    /// Where they live.
    pub region: Region,
    /// What they like.
    pub taste: Category,
    /// What they are like.
    pub habit: Habit,
    /// Where they sit at home.
    pub origin: Origin,
}

/// What somebody is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Buys what is needed.
    Sober,
    /// Looks more than buys.
    Curious,
    /// Buys a lot of everything.
    Generous,
    /// Pays with a stolen card.
    Thief,
}

impl Population {
    /// Makes 1,000 people. The same seed makes the same ones.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut people = Vec::new();
        let mut cards = Vec::new();
        for number in 0..PEOPLE {
            let habit = match chance.random_range(0..100) {
                0..3 => Habit::Thief,
                3..15 => Habit::Generous,
                15..40 => Habit::Curious,
                _ => Habit::Sober,
            };
            let region = match chance.random_range(0..100) {
                0..8 => Region::Islands,
                8..25 => Region::Highlands,
                _ => Region::Mainland,
            };
            let card = if habit == Habit::Thief {
                let serial = PEOPLE + chance.random_range(0..STOLEN_CARDS);
                CardNumber {
                    issuer: Issuer::Union,
                    abroad: true,
                    serial,
                }
            } else {
                let issuer = match chance.random_range(0..10) {
                    0..5 => Issuer::Harbour,
                    5..8 => Issuer::Union,
                    _ => Issuer::Meridian,
                };
                CardNumber {
                    issuer,
                    abroad: chance.random_ratio(1, 20),
                    serial: number,
                }
            };
            // One in fifteen is short of money; the others are not, for a while.
            let poor = chance.random_ratio(1, 15);
            let funds = if poor {
                2_000..20_000
            } else {
                50_000..2_000_000
            };
            cards.push((card, Cents(chance.random_range(funds))));
            people.push(Person {
                email: format!("customer{number}@mail.example"),
                password: format!("secret-{:08x}", chance.random::<u32>()),
                card,
                region,
                taste: *Category::ALL
                    .choose(&mut chance)
                    .expect("there are departments"),
                habit,
                origin: Origin::home(number),
            });
        }
        Self { people, cards }
    }

    /// Everybody.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The cards, and what the account behind each holds.
    #[must_use]
    pub fn cards(&self) -> &[(CardNumber, Cents)] {
        &self.cards
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_people() {
        let passwords = |seed| -> Vec<String> {
            Population::seeded(seed)
                .people
                .into_iter()
                .map(|person| person.password)
                .collect()
        };
        assert_eq!(passwords(5), passwords(5));
        assert_ne!(passwords(5), passwords(6));
    }

    #[test]
    fn there_are_people_of_every_kind() {
        let people = Population::seeded(1).people;
        for habit in [Habit::Sober, Habit::Curious, Habit::Generous, Habit::Thief] {
            assert!(
                people.iter().any(|person| person.habit == habit),
                "{habit:?}"
            );
        }
    }
}
