//! The meter: what one service did, counted by its instances and its clients.

use core::time::Duration;

use hdrhistogram::Histogram;

use super::Outcome;
use crate::{clock::Clock, shared::Shared};

/// Latencies are told apart to two digits.
const DIGITS: u8 = 2;
/// Longer ones count as this long.
const LONGEST_US: u64 = 60_000_000;
/// The recent latencies are those of the last one to two times this.
const RECENT: Duration = Duration::from_secs(5);

/// Counters that all instances of a service share.
#[derive(Debug)]
pub struct Meter {
    tally: Shared<Tally>,
    clock: Clock,
}

#[derive(Debug)]
struct Tally {
    counts: Reading,
    latencies_us: Histogram<u64>,
    /// The half that is being filled, and the one that was before it.
    recent_us: [Histogram<u64>; 2],
    recent_since: Duration,
}

/// What a meter showed at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Requests that arrived: served, refused, late or failed.
    pub requests: u64,
    /// Requests that were answered with what was asked for.
    pub served: u64,
    /// Requests that were answered with a no.
    pub refused: u64,
    /// Requests whose deadline passed before they were answered.
    pub late: u64,
    /// Messages that did not arrive.
    pub lost: u64,
    /// Requests whose instance crashed.
    pub failed: u64,
    /// Time that all instances together spent on requests.
    pub busy: Duration,
    /// Half of the requests were answered within this, the wait in the inbox included.
    pub p50: Duration,
    /// 95 of a hundred.
    pub p95: Duration,
    /// 99 of a hundred.
    pub p99: Duration,
    /// All of them.
    pub max: Duration,
    /// The mean.
    pub mean: Duration,
    /// As `p50`, of the last five to ten seconds.
    pub recent_p50: Duration,
    /// As `p95`, of the last five to ten seconds.
    pub recent_p95: Duration,
    /// As `p99`, of the last five to ten seconds.
    pub recent_p99: Duration,
}

impl Meter {
    /// One that has counted nothing. `clock` says what is recent.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let histogram =
            || Histogram::new_with_bounds(1, LONGEST_US, DIGITS).expect("the bounds are in order");
        Self {
            tally: Shared::new(Tally {
                counts: Reading::default(),
                latencies_us: histogram(),
                recent_us: [histogram(), histogram()],
                recent_since: Duration::ZERO,
            }),
            clock,
        }
    }

    /// Counts a request that was answered `latency` after it was sent, and took `busy` of that.
    pub fn count(&self, outcome: Outcome, latency: Duration, busy: Duration) {
        let now = self.clock.now();
        let latency_us = latency.as_micros() as u64;
        let mut tally = self.tally.lock();
        let counts = &mut tally.counts;
        *match outcome {
            Outcome::Served => &mut counts.served,
            Outcome::Refused => &mut counts.refused,
            Outcome::Unheard => &mut counts.late,
        } += 1;
        counts.busy += busy;
        tally.turn_over(now);
        tally.latencies_us.saturating_record(latency_us);
        tally.recent_us[0].saturating_record(latency_us);
    }

    /// Counts a message that did not arrive.
    pub fn count_lost(&self) {
        self.tally.lock().counts.lost += 1;
    }

    /// Counts a request whose instance crashed after `busy`.
    pub fn count_failed(&self, busy: Duration) {
        let counts = &mut self.tally.lock().counts;
        counts.failed += 1;
        counts.busy += busy;
    }

    /// Reads everything.
    #[must_use]
    pub fn read(&self) -> Reading {
        let now = self.clock.now();
        let mut tally = self.tally.lock();
        tally.turn_over(now);
        let all = |share| at_share(&tally.latencies_us, share);
        let mut recent_us = tally.recent_us[0].clone();
        // Cannot fail: both have the same bounds.
        let _ = recent_us.add(&tally.recent_us[1]);
        let recent = |share| at_share(&recent_us, share);
        let counts = &tally.counts;
        Reading {
            requests: counts.served + counts.refused + counts.late + counts.failed,
            p50: all(0.5),
            p95: all(0.95),
            p99: all(0.99),
            max: all(1.0),
            mean: Duration::from_micros(tally.latencies_us.mean() as u64),
            recent_p50: recent(0.5),
            recent_p95: recent(0.95),
            recent_p99: recent(0.99),
            ..*counts
        }
    }
}

impl Tally {
    /// Begins a new half of the recent latencies when the present one is full.
    fn turn_over(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.recent_since);
        if passed < RECENT {
            return;
        }
        self.recent_us.swap(0, 1);
        self.recent_us[0].reset();
        if passed >= 2 * RECENT {
            self.recent_us[1].reset();
        }
        self.recent_since = now;
    }
}

fn at_share(latencies_us: &Histogram<u64>, share: f64) -> Duration {
    Duration::from_micros(latencies_us.value_at_quantile(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Within the one per cent that two digits leave.
    fn about(time: Duration, expected: Duration) -> bool {
        time.abs_diff(expected) <= expected / 100
    }

    #[test]
    fn a_reading_adds_up() {
        let meter = Meter::new(Clock::manual());
        meter.count(Outcome::Served, ms(1), ms(1));
        meter.count(Outcome::Refused, ms(2), ms(1));
        meter.count(Outcome::Unheard, ms(6), ms(0));
        meter.count_failed(ms(3));
        meter.count_lost();
        let reading = meter.read();
        let Reading {
            requests,
            served,
            refused,
            late,
            lost,
            failed,
            busy,
            ..
        } = reading;
        assert_eq!(
            [requests, served, refused, late, lost, failed],
            [4, 1, 1, 1, 1, 1]
        );
        assert_eq!(busy, ms(5));
        assert!(about(reading.p50, ms(2)) && about(reading.max, ms(6)));
        assert!(about(reading.mean, ms(3)));
    }

    #[test]
    fn a_hundred_latencies_have_their_percentiles() {
        let meter = Meter::new(Clock::manual());
        (1..=100).for_each(|nth| meter.count(Outcome::Served, ms(nth), ms(0)));
        let Reading {
            p50, p95, p99, max, ..
        } = meter.read();
        assert!(about(p50, ms(50)) && about(p95, ms(95)), "{p50:?} {p95:?}");
        assert!(about(p99, ms(99)) && about(max, ms(100)), "{p99:?} {max:?}");
    }

    #[test]
    fn what_was_slow_once_is_not_recent_for_ever() {
        let clock = Clock::manual();
        let meter = Meter::new(clock.clone());
        meter.count(Outcome::Served, ms(900), ms(0));
        clock.pause(RECENT);
        meter.count(Outcome::Served, ms(1), ms(0));
        assert!(about(meter.read().recent_p99, ms(900)));
        clock.pause(RECENT);
        assert!(about(meter.read().recent_p99, ms(1)));
        clock.pause(2 * RECENT);
        assert_eq!(meter.read().recent_p99, ms(0));
        assert!(about(meter.read().p99, ms(900)));
    }

    #[test]
    fn a_meter_that_counted_nothing_can_be_read() {
        assert_eq!(Meter::new(Clock::manual()).read(), Reading::default());
    }
}
