//! The arrivals: when customers come. Independent of each other, so now and then many at once.

use core::time::Duration;

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use super::day::Day;

/// The moments at which customers come, as times since the shop opened: a Poisson process whose
/// rate follows the day.
///
/// It is thinned: as many come as in the busiest hour, and then as many of them are sent home as
/// the hour is less busy. That way a moment does not depend on how finely the curve is looked at.
#[derive(Clone, Debug)]
pub struct Arrivals {
    chance: Xoshiro256PlusPlus,
    rate: f64,
    day: Day,
    at: Duration,
}

impl Arrivals {
    /// `rate` customers each second, on average over a day; it must be above zero.
    #[must_use]
    pub fn new(seed: u64, rate: f64, day: Day) -> Self {
        Self {
            chance: Xoshiro256PlusPlus::seed_from_u64(seed),
            rate,
            day,
            at: Duration::ZERO,
        }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        loop {
            // In (0, 1], because the logarithm of zero is no time at all.
            let chance = 1.0 - self.chance.random::<f64>();
            self.at += Duration::from_secs_f64(-chance.ln() / (self.rate * Day::EVENING));
            let comes = self.chance.random::<f64>() * Day::EVENING;
            if comes < self.day.multiplier(self.at) {
                return Some(self.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(240);

    #[test]
    fn customers_come_at_the_rate_on_average_over_the_day() {
        let days = 4;
        let count = Arrivals::new(1, 50.0, Day::of(DAY))
            .take_while(|&at| at < DAY * days)
            .count();
        let rate = count as f64 / (DAY * days).as_secs_f64();
        assert!((48.5..51.5).contains(&rate), "{rate}");
    }

    #[test]
    fn the_evening_has_as_many_as_the_curve_says() {
        // An hour takes ten seconds; from 19:30 to 20:30 it is the 135th to the 145th.
        let evening = Duration::from_secs(135)..Duration::from_secs(145);
        let count = Arrivals::new(1, 100.0, Day::of(DAY))
            .take_while(|&at| at < evening.end)
            .filter(|at| evening.contains(at))
            .count();
        assert!((2_750..3_150).contains(&count), "{count}");
    }

    #[test]
    fn the_same_seed_brings_them_at_the_same_times() {
        let times = |seed| {
            Arrivals::new(seed, 10.0, Day::of(DAY))
                .take(20)
                .collect::<Vec<_>>()
        };
        assert_eq!(times(3), times(3));
        assert_ne!(times(3), times(4));
        assert!(times(3).is_sorted());
    }
}
