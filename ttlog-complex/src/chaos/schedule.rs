//! The schedule: when what strikes, drawn from the seed.

use core::time::Duration;

use rand::{
    Rng, RngExt, SeedableRng,
    rngs::Xoshiro256PlusPlus,
    seq::{IndexedRandom, SliceRandom},
};

use super::fault::{Fault, Trouble};

/// The services, as faults name them.
pub const SERVICES: [&str; 12] = [
    "user",
    "product",
    "order",
    "payment",
    "inventory",
    "notification",
    "analytics",
    "audit",
    "recommendation",
    "search",
    "pricing",
    "shipping",
];
/// The pools of database connections, as faults name them.
pub const POOLS: [&str; 3] = ["orders", "catalogue", "audit"];
/// The most memory that chaos takes at once.
pub const MEMORY_MAX_MIB: usize = 128;
/// The most threads that chaos lets compute at once.
pub const CPU_THREADS_MAX: usize = 4;

/// Who crashes: services that customers wait for, so that it is felt.
const CRASHES: [&str; 8] = [
    "payment",
    "order",
    "inventory",
    "user",
    "search",
    "pricing",
    "product",
    "shipping",
];
/// Who gets slow.
const SLOW: [&str; 5] = [
    "search",
    "recommendation",
    "pricing",
    "inventory",
    "shipping",
];
/// Who is parted: a caller and whom it calls.
const PARTED: [(&str, &str); 6] = [
    ("order", "payment"),
    ("order", "inventory"),
    ("order", "shipping"),
    ("pricing", "product"),
    ("search", "analytics"),
    ("order", "notification"),
];
/// How many kinds of faults there are.
const KINDS: u8 = 7;
/// The kind that comes first.
const CRASH: u8 = 0;
/// The shortest and the longest time that a fault lasts.
const LASTS: [Duration; 2] = [Duration::from_millis(1_500), Duration::from_secs(8)];
/// Nothing strikes in this last part of the run: what it does is to be seen.
const LAST_PART: f64 = 0.08;
/// Keeps the schedule's choices apart from all others of the seed.
const STREAM: u64 = 0x000C_4A05;

/// One fault, when it begins and how long it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strike {
    /// When, since the shop opened.
    pub at: Duration,
    /// For how long. A crash waits so long at most for a request to strike.
    pub lasts: Duration,
    /// What.
    pub fault: Fault,
}

/// The mean time between two faults of the default chaos.
#[must_use]
pub fn mean_interval(duration: Duration) -> Duration {
    (duration / 24).clamp(Duration::from_millis(1_500), Duration::from_secs(15))
}

/// Faults of all kinds, `mean` apart on average. The first is a crash.
#[must_use]
pub fn drawn(seed: u64, duration: Duration, mean: Duration) -> Vec<Strike> {
    let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed ^ STREAM);
    let end = duration.mul_f64(1.0 - LAST_PART);
    let mut bag = Bag::default();
    let mut strikes = Vec::new();
    let mut at = mean.mul_f64(chance.random_range(0.4..0.7));
    while at < end {
        let kind = bag.draw(&mut chance);
        let [shortest, longest] = LASTS;
        let lasts = mean
            .mul_f64(chance.random_range(0.8..1.6))
            .clamp(shortest, longest);
        strikes.push(Strike {
            at,
            lasts,
            fault: fault(kind, &mut chance),
        });
        at += mean.mul_f64(chance.random_range(0.5..1.5));
    }
    strikes
}

/// Kinds in an order by chance, in which each comes before any comes again.
#[derive(Default)]
struct Bag {
    left: Vec<u8>,
    drawn: u64,
}

impl Bag {
    fn draw(&mut self, chance: &mut impl Rng) -> u8 {
        if self.left.is_empty() {
            self.left = (0..KINDS).collect();
            self.left.shuffle(chance);
            if self.drawn == 0 {
                self.left.retain(|kind| *kind != CRASH);
                self.left.push(CRASH);
            }
        }
        self.drawn += 1;
        self.left.pop().unwrap_or(CRASH)
    }
}

fn fault(kind: u8, chance: &mut impl Rng) -> Fault {
    let ms = |chance: &mut _, range| Duration::from_millis(between(chance, range));
    let one = |chance: &mut _, several: &[&str]| one_of(chance, several).to_owned();
    match kind {
        CRASH => Fault::Crash {
            service: one(chance, &CRASHES),
        },
        1 => Fault::Latency {
            service: one(chance, &SLOW),
            by: ms(chance, [20, 150]),
        },
        2 => {
            let &(one, other) = PARTED.choose(chance).unwrap_or(&PARTED[0]);
            Fault::Partition {
                one: one.to_owned(),
                other: other.to_owned(),
            }
        }
        3 => Fault::Database {
            pool: one(chance, &POOLS),
            trouble: match between(chance, [0, 2]) {
                0 => Trouble::Lost,
                1 => Trouble::Slow(ms(chance, [30, 200])),
                _ => Trouble::Down,
            },
        },
        4 => Fault::SlowGateway {
            by: ms(chance, [100, 500]),
        },
        5 => Fault::Memory {
            mib: between(chance, [32, MEMORY_MAX_MIB as u64]) as usize,
        },
        _ => Fault::Cpu {
            threads: between(chance, [1, 2]) as usize,
        },
    }
}

fn between(chance: &mut impl Rng, [from, to]: [u64; 2]) -> u64 {
    chance.random_range(from..=to)
}

fn one_of<'a>(chance: &mut impl Rng, several: &[&'a str]) -> &'a str {
    several.choose(chance).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const TEN_SECONDS: Duration = Duration::from_secs(10);
    const TEN_MINUTES: Duration = Duration::from_secs(600);

    fn default(seed: u64, duration: Duration) -> Vec<Strike> {
        drawn(seed, duration, mean_interval(duration))
    }

    #[test]
    fn each_kind_comes_in_a_run_of_ten_minutes_and_a_crash_is_first() {
        for seed in 0..50 {
            let strikes = default(seed, TEN_MINUTES);
            assert!((25..70).contains(&strikes.len()), "{}", strikes.len());
            let kinds = strikes.iter().map(|strike| strike.fault.reason());
            assert_eq!(
                kinds.collect::<BTreeSet<_>>().len(),
                usize::from(KINDS),
                "{seed}"
            );
            for strikes in [strikes, default(seed, TEN_SECONDS)] {
                assert!(matches!(strikes[0].fault, Fault::Crash { .. }), "{seed}");
            }
        }
    }

    #[test]
    fn no_kind_comes_again_before_the_others_have_come() {
        let strikes = default(3, TEN_MINUTES);
        for bag in strikes.chunks_exact(KINDS.into()) {
            let kinds = bag.iter().map(|strike| strike.fault.reason());
            assert_eq!(kinds.collect::<BTreeSet<_>>().len(), usize::from(KINDS));
        }
    }

    #[test]
    fn faults_come_in_order_and_in_time_and_the_seed_decides_them() {
        for seed in 0..50 {
            let strikes = default(seed, TEN_SECONDS);
            assert!((4..10).contains(&strikes.len()), "{}", strikes.len());
            assert!(strikes.is_sorted_by_key(|strike| strike.at));
            assert!(strikes.iter().all(|strike| strike.at < TEN_SECONDS));
            assert_eq!(strikes, default(seed, TEN_SECONDS));
        }
        assert_ne!(default(1, TEN_SECONDS), default(2, TEN_SECONDS));
    }

    #[test]
    fn whatever_is_drawn_can_be_written_into_a_script() {
        for strike in default(5, TEN_MINUTES) {
            let line = format!("at 1s {}", strike.fault);
            let script: super::super::script::Script = line.parse().unwrap();
            assert_eq!(script.strikes(0, TEN_SECONDS)[0].fault, strike.fault);
        }
    }
}
