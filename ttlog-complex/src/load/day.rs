//! The day: how many customers come at which hour, pressed together into the time of a run.
//!
//! ```text
//! 3 ×                                    ▄█▄
//! 2 ×            ▂▆▂                    ▟███▙
//! 1 ×     ▂▆▂   ▟███▙                  ▟█████▙
//!     ▁▂▄▟███▙▄▟█████▙▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▟███████▙▂▁▁▁▁▁
//!     6   9      12½                    20       0    6 o'clock
//! ```
//!
//! It begins at six in the morning, so that a run shows a little of everything before its end.

use core::time::Duration;

/// When a run begins.
const OPENS_AT: f64 = 6.0;
const HOURS: f64 = 24.0;

/// The hour, and how many times as many customers come as on average. In between the curve goes
/// from one to the next without a corner; over the day its mean is 1.
const CURVE: [(f64, f64); 12] = [
    (0.0, 0.35),
    (2.0, 0.15),
    (5.0, 0.15),
    (7.0, 0.7),
    (9.0, 1.5),
    (10.5, 0.9),
    (12.5, 1.8),
    (14.5, 0.6),
    (17.0, 0.9),
    (20.0, Day::EVENING),
    (22.0, 1.05),
    (24.0, 0.35),
];

/// The busy times.
const PEAKS: [Peak; 3] = [
    Peak {
        name: "morning",
        from_hour: 8,
        till_hour: 10,
    },
    Peak {
        name: "lunch",
        from_hour: 12,
        till_hour: 13,
    },
    Peak {
        name: "evening",
        from_hour: 19,
        till_hour: 21,
    },
];

/// A day of customers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    length: Duration,
}

/// A busy time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peak {
    /// What people call it.
    pub name: &'static str,
    /// The hour with which it begins.
    pub from_hour: u32,
    /// The hour with which it ends.
    pub till_hour: u32,
}

impl Day {
    /// What the evening brings, as a multiple of the average. At no time there is more.
    pub const EVENING: f64 = 3.0;

    /// A day that takes `length` in the time of the run, and comes again after it.
    #[must_use]
    pub fn of(length: Duration) -> Self {
        // An hour of no length would never be over.
        Self {
            length: length.max(Duration::from_millis(24)),
        }
    }

    /// How long an hour takes.
    #[must_use]
    pub fn hour_length(self) -> Duration {
        self.length.div_f64(HOURS)
    }

    /// The time of day as people say it, from 0 to below 24.
    #[must_use]
    pub fn time(self, at: Duration) -> f64 {
        (OPENS_AT + at.as_secs_f64() / self.length.as_secs_f64() * HOURS) % HOURS
    }

    /// The hour that begins with the `number`th turn of the hour after opening, and when that is.
    #[must_use]
    pub fn turn(self, number: u32) -> (u32, Duration) {
        let hour = (OPENS_AT as u32 + number) % HOURS as u32;
        (hour, self.length.mul_f64(f64::from(number) / HOURS))
    }

    /// How many times as many customers come as on average.
    #[must_use]
    pub fn multiplier(self, at: Duration) -> f64 {
        let time = self.time(at);
        let after = CURVE.iter().position(|&(hour, _)| time < hour);
        let after = after.unwrap_or(CURVE.len() - 1).max(1);
        let ((from, low), (till, high)) = (CURVE[after - 1], CURVE[after]);
        let way = (time - from) / (till - from);
        // Flat at both ends, with the mean in the middle.
        low + (high - low) * way * way * (3.0 - 2.0 * way)
    }
}

impl Peak {
    /// The busy time that begins with this hour.
    #[must_use]
    pub fn that_begins(hour: u32) -> Option<Self> {
        PEAKS.into_iter().find(|peak| peak.from_hour == hour)
    }

    /// How long it takes.
    #[must_use]
    pub fn length(self, day: Day) -> Duration {
        day.hour_length() * (self.till_hour - self.from_hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    /// A second is a minute of it.
    const DAY: Day = Day {
        length: Duration::from_secs(24 * 60),
    };

    /// When it is this hour for the first time.
    fn at(hour: f64) -> Duration {
        SECOND.mul_f64((hour - OPENS_AT).rem_euclid(HOURS) * 60.0)
    }

    #[test]
    fn the_evening_has_three_times_the_average_and_the_night_hardly_anybody() {
        assert!((DAY.multiplier(at(20.0)) - 3.0).abs() < 1e-9);
        assert!(DAY.multiplier(at(3.5)) < 0.2);
        let minutes = (0..24 * 60).map(|minute| DAY.multiplier(SECOND * minute));
        assert!(minutes.clone().all(|it| (0.1..=Day::EVENING).contains(&it)));
        let mean = minutes.sum::<f64>() / f64::from(24 * 60);
        assert!((0.98..1.02).contains(&mean), "{mean}");
    }

    #[test]
    fn the_curve_has_no_jumps_not_even_at_midnight() {
        let mut before = DAY.multiplier(Duration::ZERO);
        for minute in 1..=24 * 60 {
            let now = DAY.multiplier(SECOND * minute);
            assert!((now - before).abs() < 0.05, "{before} {now} {minute}");
            before = now;
        }
    }

    #[test]
    fn a_peak_has_more_than_the_hours_before_and_after_it() {
        for peak in PEAKS {
            let [from, till] = [peak.from_hour, peak.till_hour].map(f64::from);
            let top = DAY.multiplier(at(f64::midpoint(from, till)));
            for beside in [from - 1.0, till + 1.0] {
                assert!(top > 1.2 * DAY.multiplier(at(beside)), "{peak:?}");
            }
            assert_eq!(peak.length(DAY).as_secs_f64(), (till - from) * 60.0);
            assert_eq!(Peak::that_begins(peak.from_hour), Some(peak));
        }
        assert_eq!(Peak::that_begins(3), None);
    }

    #[test]
    fn hours_turn_from_six_to_six_and_on() {
        assert_eq!(DAY.turn(0), (6, Duration::ZERO));
        assert_eq!(DAY.turn(1), (7, SECOND * 60));
        assert_eq!(DAY.turn(18), (0, SECOND * 60 * 18));
        assert_eq!(DAY.turn(24), (6, SECOND * 60 * 24));
        for number in 0..50 {
            let (hour, at) = DAY.turn(number);
            let soon = DAY.time(at + Duration::from_millis(1));
            assert_eq!(soon as u32, hour);
        }
    }

    #[test]
    fn a_day_of_no_length_is_a_short_day() {
        let day = Day::of(Duration::ZERO);
        assert_eq!(day.hour_length(), Duration::from_millis(1));
        assert!(day.multiplier(SECOND).is_finite());
    }
}
