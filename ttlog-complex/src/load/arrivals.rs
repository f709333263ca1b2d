//! The arrivals: when customers come. Independent of each other, so now and then many at once.

use core::time::Duration;

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

/// The moments at which customers come, as times since the shop opened: a Poisson process.
#[derive(Clone, Debug)]
pub struct Arrivals {
    chance: Xoshiro256PlusPlus,
    rate: f64,
    at: Duration,
}

impl Arrivals {
    /// `rate` customers each second, on average; it must be above zero.
    #[must_use]
    pub fn new(seed: u64, rate: f64) -> Self {
        Self {
            chance: Xoshiro256PlusPlus::seed_from_u64(seed),
            rate,
            at: Duration::ZERO,
        }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        // In (0, 1], because the logarithm of zero is no time at all.
        let chance = 1.0 - self.chance.random::<f64>();
        self.at += Duration::from_secs_f64(-chance.ln() / self.rate);
        Some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_come_at_the_rate_on_average() {
        let last = Arrivals::new(1, 50.0).nth(9_999).unwrap();
        assert!((195.0..205.0).contains(&last.as_secs_f64()), "{last:?}");
    }

    #[test]
    fn the_same_seed_brings_them_at_the_same_times() {
        let times = |seed| Arrivals::new(seed, 10.0).take(20).collect::<Vec<_>>();
        assert_eq!(times(3), times(3));
        assert_ne!(times(3), times(4));
        assert!(times(3).is_sorted());
    }
}
