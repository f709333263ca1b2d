//! The anomaly: a number that is far from what it has been.
//!
//! What a number has been is a mean and a variance in which the past fades with each new value. Far
//! is some standard deviations above. A value that is far counts for the mean as if it were just
//! that far, so that an attack does not become what is usual.

use core::time::Duration;

/// How frequencies are watched: in some seconds an evening has become usual.
const FREQUENCY: Rule = Rule {
    alpha: 0.2,
    far: 4.0,
    values_min: 6,
};
/// How sizes are watched: there are some of all sizes, so it takes many to know what is usual.
const SIZE: Rule = Rule {
    alpha: 0.04,
    far: 3.0,
    values_min: 30,
};
/// Below so many standard deviations an alarm is over.
const NEAR: f64 = 2.0;
/// The window that things are counted in.
const WINDOW: Duration = Duration::from_millis(500);
/// Where nothing is counted for so many windows, the rest of them changes nothing.
const QUIET_WINDOWS: u32 = 64;

/// When something is an anomaly.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// How much a new value counts for.
    alpha: f64,
    /// So many standard deviations are an alarm.
    far: f64,
    /// So many values are looked at before the first one.
    values_min: u32,
}

/// A mean and a variance in which the past fades.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    mean: f64,
    variance: f64,
    values: u32,
}

impl Usual {
    fn learn(&mut self, value: f64, deviation: f64, rule: Rule) {
        self.values = self.values.saturating_add(1);
        if self.values == 1 {
            self.mean = value;
            return;
        }
        // At first each value counts as much as those before it.
        let alpha = rule.alpha.max(1.0 / f64::from(self.values));
        let value = if self.values > rule.values_min {
            value.min(self.mean + rule.far * deviation)
        } else {
            value
        };
        let step = value - self.mean;
        self.mean += alpha * step;
        self.variance = (1.0 - alpha) * (self.variance + alpha * step * step);
    }
}

/// A value that is far from the usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anomaly {
    /// The value.
    pub value: f64,
    /// What is usual.
    pub mean: f64,
    /// How many standard deviations it is off.
    pub z: f64,
}

/// Watches how often something happens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frequency {
    usual: Usual,
    window: u64,
    count: u32,
    alarmed: bool,
}

impl Frequency {
    /// Counts one more; answers when that makes far more than usual, once until it is over.
    pub fn count(&mut self, now: Duration) -> Option<Anomaly> {
        self.turn_to((now.as_nanos() / WINDOW.as_nanos()) as u64);
        self.count += 1;
        let (value, mean, z) = (f64::from(self.count), self.usual.mean, self.z());
        if self.alarmed || self.usual.values < FREQUENCY.values_min || z < FREQUENCY.far {
            return None;
        }
        self.alarmed = true;
        Some(Anomaly { value, mean, z })
    }

    /// Learns from the windows that are over.
    fn turn_to(&mut self, window: u64) {
        let over = window.saturating_sub(self.window);
        for _ in 0..over.min(QUIET_WINDOWS.into()) {
            self.alarmed &= self.z() >= NEAR;
            let deviation = self.deviation();
            self.usual.learn(self.count.into(), deviation, FREQUENCY);
            self.count = 0;
        }
        self.window = self.window.max(window);
    }

    fn z(&self) -> f64 {
        (f64::from(self.count) - self.usual.mean) / self.deviation()
    }

    /// What happens by chance differs by the root of its mean, however even it looked so far.
    fn deviation(&self) -> f64 {
        let Usual { mean, variance, .. } = self.usual;
        variance.max(mean).max(1.0).sqrt()
    }
}

/// Watches how large something is. Sizes are compared by their logarithms: what is twice as large
/// is as far off as what is half as large.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    usual: Usual,
}

impl Size {
    /// Looks at one more; answers when it is far larger than usual.
    pub fn observe(&mut self, value: f64) -> Option<Anomaly> {
        let Usual {
            mean,
            variance,
            values,
        } = self.usual;
        let log = value.max(1.0).ln();
        // A tenth more is nothing to be alarmed about, however even it looked so far.
        let deviation = variance.sqrt().max(0.1);
        let z = (log - mean) / deviation;
        self.usual.learn(log, deviation, SIZE);
        let mean = mean.exp();
        (values >= SIZE.values_min && z >= SIZE.far).then_some(Anomaly { value, mean, z })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Alarms of a watch that sees so many in each window, the windows' numbers.
    fn alarms(counts: impl IntoIterator<Item = u32>) -> Vec<u32> {
        let mut watch = Frequency::default();
        let mut alarms = Vec::new();
        for (window, count) in (0..).zip(counts) {
            for part in 0..count {
                let now = WINDOW * window + WINDOW * part / count;
                if watch.count(now).is_some() {
                    alarms.push(window);
                }
            }
        }
        alarms
    }

    #[test]
    fn what_is_usual_is_no_alarm_even_if_it_goes_up_and_down() {
        assert_eq!(alarms([5; 100]), [0; 0]);
        assert_eq!(alarms((0..300).map(|window| 4 + window % 7)), [0; 0]);
        // As an evening comes: tenfold, but over a hundred windows.
        assert_eq!(alarms((0..100).map(|window| 3 + window * 3 / 10)), [0; 0]);
    }

    #[test]
    fn a_burst_is_one_alarm_while_it_lasts_and_another_when_it_comes_again() {
        let mut counts = [4; 40];
        counts[20] = 40;
        counts[21] = 40;
        counts[35] = 60;
        assert_eq!(alarms(counts), [20, 35]);
    }

    #[test]
    fn the_first_moments_are_no_alarm_whatever_they_bring() {
        assert_eq!(alarms([0, 50, 0, 90]), [0; 0]);
    }

    #[test]
    fn an_alarm_says_what_is_usual() {
        let mut watch = Frequency::default();
        for window in 0..20 {
            assert_eq!(watch.count(WINDOW * window), None);
        }
        let alarm = (0..9).find_map(|_| watch.count(WINDOW * 20)).unwrap();
        assert_eq!(alarm.value, 5.0);
        assert!((alarm.mean - 1.0).abs() < 1e-6);
        assert!((4.0..5.0).contains(&alarm.z));
    }

    #[test]
    fn a_long_silence_is_learnt_in_little_time() {
        let mut watch = Frequency::default();
        for _ in 0..10 {
            watch.count(Duration::ZERO);
        }
        watch.count(Duration::from_secs(u64::MAX / 4));
        assert!(watch.usual.mean < 0.01);
    }

    #[test]
    fn an_order_that_is_far_larger_than_all_before_is_an_alarm() {
        let mut watch = Size::default();
        for number in 0..100 {
            assert_eq!(watch.observe(f64::from(80 + number % 40)), None);
        }
        let alarm = watch.observe(900.0).unwrap();
        assert!(alarm.z > 10.0);
        assert!((90.0..110.0).contains(&alarm.mean));
        // It did not make the next one usual.
        assert!(watch.observe(900.0).is_some());
    }

    #[test]
    fn time_that_runs_backwards_is_the_same_window() {
        let mut watch = Frequency::default();
        watch.count(WINDOW * 10);
        watch.count(WINDOW * 3);
        assert_eq!(watch.window, 10);
        assert_eq!(watch.count, 2);
    }
}
