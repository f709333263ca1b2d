//! The cost: what recording takes, measured in this process, in its own build, on this machine.

use core::{hint, time::Duration};
use std::time::Instant;

use ttlog_std::trace;

use super::Check;
use crate::monitor::process::Usage;

/// How many events are logged at once; of the rounds, the fastest counts: the others were held up
/// by something else.
const BATCH: u32 = 500;
const ROUNDS: u32 = 40;
/// An event may cost so many readings of the clock. It reads it once; a build without optimizations
/// has many calls in between.
const CLOCK_READS_MAX: f64 = if cfg!(debug_assertions) { 40.0 } else { 8.0 };
/// The recorder may take this share of the computing time.
const SHARE_MAX: f64 = 0.02;
/// A shorter run has nearly as many snapshots in less time: the first of each reason, and chaos.
const SHARE_FROM: Duration = Duration::from_secs(8 * 60);

/// What recording takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Nanoseconds of an event with two arguments.
    pub event_ns: f64,
    /// Nanoseconds of reading the clock.
    pub clock_ns: f64,
    /// The share of all events in the computing time of the process, from 0 to 1.
    pub events_share: Option<f64>,
    /// The share of writing snapshots.
    pub writer_share: Option<f64>,
}

impl Cost {
    /// Measures in place, when the process has recorded so many events and taken so much time.
    ///
    /// It logs 20,000 events on the way, so take what snapshots there are to be before.
    #[must_use]
    pub fn measure(recorded: u64, usage: &Usage) -> Self {
        let event_ns = fastest_ns(|number| {
            trace!("cost.measured number={number} of={BATCH}");
        });
        let clock_ns = fastest_ns(|_| {
            hint::black_box(Instant::now());
        });
        Self::of(event_ns, clock_ns, recorded, usage)
    }

    fn of(event_ns: f64, clock_ns: f64, recorded: u64, usage: &Usage) -> Self {
        let cpu = usage.cpu.filter(|cpu| !cpu.is_zero());
        Self {
            event_ns,
            clock_ns,
            events_share: cpu.map(|cpu| event_ns * recorded as f64 / cpu.as_nanos() as f64),
            writer_share: usage.writer_share(),
        }
    }

    /// The share of the whole recorder.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        Some(self.events_share? + self.writer_share?)
    }

    /// Checks the cost of a run that took so long.
    #[must_use]
    pub fn check(&self, elapsed: Duration) -> Check {
        let cheap = self.event_ns <= self.clock_ns * CLOCK_READS_MAX;
        let modest = elapsed < SHARE_FROM || self.share().is_none_or(|share| share < SHARE_MAX);
        let mut figures = format!(
            "event {:.0} ns, clock read {:.0} ns",
            self.event_ns, self.clock_ns
        );
        if let (Some(events), Some(writer)) = (self.events_share, self.writer_share) {
            let [events, writer] = [events, writer].map(|share| share * 100.0);
            figures = format!(
                "{figures}; of the CPU time: events {events:.2} %, snapshots {writer:.2} %"
            );
        }
        Check::new(
            12,
            "event cost, measured in place",
            cheap && modest,
            figures,
        )
    }
}

fn fastest_ns(mut one: impl FnMut(u32)) -> f64 {
    let mut fastest = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        (0..BATCH).for_each(&mut one);
        fastest = fastest.min(start.elapsed());
    }
    fastest.as_nanos() as f64 / f64::from(BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(event_ns: f64, writer_ms: u64) -> Cost {
        let usage = Usage {
            cpu: Some(Duration::from_secs(10)),
            writer: Some(Duration::from_millis(writer_ms)),
            memory_bytes: None,
        };
        Cost::of(event_ns, 50.0, 1_000_000, &usage)
    }

    #[test]
    fn shares_are_of_the_computing_time() {
        let cost = cost(100.0, 50);
        assert_eq!(cost.events_share, Some(0.01));
        assert_eq!(cost.writer_share, Some(0.005));
        assert_eq!(cost.share(), Some(0.015));
    }

    #[test]
    fn a_dear_event_fails_at_once_and_a_large_share_in_a_long_run() {
        let passed = |cost: Cost, elapsed| cost.check(elapsed).passed;
        let (short, long) = (Duration::from_secs(10), SHARE_FROM);
        assert!(passed(cost(100.0, 50), long));
        assert!(!passed(cost(50.0 * CLOCK_READS_MAX + 1.0, 0), short));
        assert!(!passed(cost(100.0, 150), long));
        assert!(passed(cost(100.0, 150), short));
    }
}
