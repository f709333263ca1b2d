//! The balancer: which of several instances is asked.

use clap::ValueEnum;
use rand::{Rng, RngExt};

/// How one is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Balance {
    /// One after the other.
    RoundRobin,
    /// The less busy one of two that chance names.
    #[default]
    TwoChoices,
    /// The least busy one of all.
    LeastLoaded,
}

/// One that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How many requests it has in hand.
    pub load: usize,
    /// Whether it is fit to be asked.
    pub fit: bool,
}

impl Balance {
    /// The position of the one to ask: a fit one where there is any. `turn` grows by one with each
    /// choice. Nothing when there is nobody.
    pub fn pick(
        self,
        candidates: &[Candidate],
        turn: usize,
        chance: &mut impl Rng,
    ) -> Option<usize> {
        let any_fit = candidates.iter().any(|it| it.fit);
        let eligible = |it: &Candidate| it.fit || !any_fit;
        let count = candidates.iter().filter(|it| eligible(it)).count();
        let nth = |n: usize| {
            let eligible = candidates.iter().enumerate().filter(|(_, it)| eligible(it));
            eligible.map(|(at, _)| at).nth(n)
        };
        match (self, count) {
            (_, 0 | 1) => nth(0),
            (Self::RoundRobin, _) => nth(turn % count),
            (Self::TwoChoices, _) => {
                let one = chance.random_range(0..count);
                // Another one than the first, each as likely.
                let other = (one + chance.random_range(1..count)) % count;
                let [one, other] = [nth(one)?, nth(other)?];
                let lighter = candidates[other].load < candidates[one].load;
                Some(if lighter { other } else { one })
            }
            (Self::LeastLoaded, _) => {
                // From a place that moves on, so that of several idle ones not all asks go to one.
                let in_turn = (0..count).filter_map(|n| nth((turn + n) % count));
                in_turn.min_by_key(|&at| candidates[at].load)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

    use super::*;

    const ALL: [Balance; 3] = [
        Balance::RoundRobin,
        Balance::TwoChoices,
        Balance::LeastLoaded,
    ];

    fn candidates<const N: usize>(loads: [usize; N]) -> [Candidate; N] {
        loads.map(|load| Candidate { load, fit: true })
    }

    /// How often each is chosen.
    fn choices(balance: Balance, candidates: &[Candidate], times: usize) -> Vec<usize> {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(1);
        let mut counts = vec![0; candidates.len()];
        for turn in 0..times {
            counts[balance.pick(candidates, turn, &mut chance).unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn nobody_can_be_chosen_where_there_is_nobody() {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(1);
        for balance in ALL {
            assert_eq!(balance.pick(&[], 0, &mut chance), None);
        }
    }

    #[test]
    fn the_unfit_are_passed_over_while_somebody_is_fit() {
        let mut three = candidates([0, 9, 0]);
        (three[0].fit, three[2].fit) = (false, false);
        for balance in ALL {
            assert_eq!(choices(balance, &three, 50), [0, 50, 0], "{balance:?}");
        }
        three[1].fit = false;
        for balance in ALL {
            let asked = choices(balance, &three, 60)
                .iter()
                .filter(|n| **n > 0)
                .count();
            assert!(asked >= 2, "{balance:?}: all unfit is as all fit");
        }
    }

    #[test]
    fn round_robin_treats_all_alike() {
        assert_eq!(
            choices(Balance::RoundRobin, &candidates([5, 0, 1]), 30),
            [10; 3]
        );
    }

    #[test]
    fn the_least_loaded_one_is_chosen_and_equals_in_turn() {
        let balance = Balance::LeastLoaded;
        assert_eq!(choices(balance, &candidates([5, 0, 1]), 30), [0, 30, 0]);
        assert_eq!(choices(balance, &candidates([0, 0, 3]), 30)[2], 0);
        assert!(
            choices(balance, &candidates([0, 0, 3]), 30)
                .iter()
                .take(2)
                .all(|n| *n > 0)
        );
    }

    #[test]
    fn of_two_choices_the_busiest_one_is_never_taken() {
        let counts = choices(Balance::TwoChoices, &candidates([5, 0, 1]), 300);
        assert_eq!(counts[0], 0);
        assert!(counts[1] > counts[2] && counts[2] > 50, "{counts:?}");
    }
}
