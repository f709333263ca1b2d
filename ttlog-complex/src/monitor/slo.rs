//! The service level objective: how fast a service uses up the errors that it may make.
//!
//! Of a hundred requests one may be bad. A burn of 1 uses up exactly that; at a burn of 10 ten of a
//! hundred are bad. An alarm needs a high burn in a short window, so that it is news, and a raised
//! one in a long window, so that it is no blip.

use core::time::Duration;
use std::collections::VecDeque;

use super::sample::Sample;

/// The part of all requests that may be bad.
pub const BAD_MAX: f64 = 0.01;
/// 95 of a hundred requests are to be answered within this.
pub const P95_MAX: Duration = Duration::from_millis(250);
/// The burns, in the short and in the long window, from which on there is an alarm.
const ALARM: [f64; 2] = [6.0, 2.0];
/// The burn in the short window below which it ends.
const CALM: f64 = 1.0;
/// Of fewer requests in the short window nothing is said.
const REQUESTS_MIN: u64 = 20;

/// The latest samples of one service, and whether it burns.
#[derive(Clone, Debug)]
pub struct Slo {
    short: Duration,
    long: Duration,
    samples: VecDeque<Sample>,
    burning: bool,
}

/// How fast the errors are used up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Burn {
    /// In the short window.
    pub short: f64,
    /// In the long window.
    pub long: f64,
}

/// A change for the worse or for the better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// It has begun to burn.
    Burning,
    /// It has ended.
    Calm,
}

impl Slo {
    /// Watches over these windows.
    #[must_use]
    pub fn new(short: Duration, long: Duration) -> Self {
        Self {
            short,
            long,
            samples: VecDeque::new(),
            burning: false,
        }
    }

    /// Takes the next sample; answers with what it changes.
    pub fn watch(&mut self, sample: Sample) -> Option<Change> {
        self.samples.push_back(sample);
        // One that is older than the window stays: the window begins there.
        while self
            .samples
            .get(1)
            .is_some_and(|second| second.at + self.long <= sample.at)
        {
            self.samples.pop_front();
        }
        let (burn, slow) = (self.burn(), sample.p95 > P95_MAX);
        let enough = self.ended(self.short) >= REQUESTS_MIN;
        let [short, long] = ALARM;
        let alarm = enough && (slow || (burn.short >= short && burn.long >= long));
        let calm = burn.short < CALM && !slow;
        match self.burning {
            false if alarm => {
                self.burning = true;
                Some(Change::Burning)
            }
            true if calm => {
                self.burning = false;
                Some(Change::Calm)
            }
            _ => None,
        }
    }

    /// Whether it burns.
    #[must_use]
    pub fn is_burning(&self) -> bool {
        self.burning
    }

    /// How fast errors are used up at the moment.
    #[must_use]
    pub fn burn(&self) -> Burn {
        Burn {
            short: self.burn_in(self.short),
            long: self.burn_in(self.long),
        }
    }

    fn burn_in(&self, window: Duration) -> f64 {
        match self.change_in(window) {
            (0, _) => 0.0,
            (ended, bad) => bad as f64 / ended as f64 / BAD_MAX,
        }
    }

    fn ended(&self, window: Duration) -> u64 {
        self.change_in(window).0
    }

    fn change_in(&self, window: Duration) -> (u64, u64) {
        let Some(last) = self.samples.back() else {
            return (0, 0);
        };
        let from = last.at.saturating_sub(window);
        let first = self.samples.iter().rev().find(|sample| sample.at <= from);
        first
            .or(self.samples.front())
            .map_or((0, 0), |first| last.since(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_secs(5);
    const LONG: Duration = Duration::from_secs(30);

    /// A sample each second, of 100 requests of which so many are bad.
    fn run(slo: &mut Slo, seconds: core::ops::Range<u64>, bad: u64) -> Vec<(u64, Change)> {
        let mut changes = Vec::new();
        for second in seconds {
            let last = slo.samples.back().copied().unwrap_or_default();
            let change = slo.watch(Sample {
                at: Duration::from_secs(second),
                ended: last.ended + 100,
                bad: last.bad + bad,
                ..Sample::default()
            });
            changes.extend(change.map(|change| (second, change)));
        }
        changes
    }

    #[test]
    fn a_burn_of_one_is_what_is_allowed() {
        let mut slo = Slo::new(SHORT, LONG);
        assert_eq!(run(&mut slo, 0..100, 1), []);
        assert_eq!(
            slo.burn(),
            Burn {
                short: 1.0,
                long: 1.0
            }
        );
        assert!(slo.samples.len() <= 32);
    }

    #[test]
    fn a_blip_is_no_alarm_and_a_fire_is() {
        let mut slo = Slo::new(SHORT, LONG);
        run(&mut slo, 0..40, 0);
        // 30 of 500 burn at 6, but 30 of 3,000 only at 1.
        assert_eq!(run(&mut slo, 40..41, 30), []);
        run(&mut slo, 41..80, 0);
        let changes = run(&mut slo, 80..100, 10);
        assert_eq!(changes, [(85, Change::Burning)]);
        assert!(slo.is_burning());
        let changes = run(&mut slo, 100..120, 0);
        assert_eq!(changes, [(104, Change::Calm)]);
    }

    #[test]
    fn slow_answers_are_an_alarm_of_their_own() {
        let mut slo = Slo::new(SHORT, LONG);
        run(&mut slo, 0..10, 0);
        let mut sample = *slo.samples.back().unwrap();
        sample.p95 = P95_MAX + Duration::from_millis(1);
        assert_eq!(slo.watch(sample), Some(Change::Burning));
        assert_eq!(slo.watch(sample), None);
        sample.p95 = P95_MAX;
        assert_eq!(slo.watch(sample), Some(Change::Calm));
    }

    #[test]
    fn of_few_requests_nothing_is_said() {
        let mut slo = Slo::new(SHORT, LONG);
        for second in 0..60 {
            let change = slo.watch(Sample {
                at: Duration::from_secs(second),
                ended: second,
                bad: second,
                ..Sample::default()
            });
            assert_eq!(change, None);
        }
    }
}
