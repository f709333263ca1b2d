//! The meter: what one service did, counted by its instances and its clients.

use core::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::Outcome;

/// Counters that all instances of a service share.
#[derive(Debug, Default)]
pub struct Meter {
    served: AtomicU64,
    refused: AtomicU64,
    late: AtomicU64,
    lost: AtomicU64,
    latency_sum_ns: AtomicU64,
    latency_max_ns: AtomicU64,
}

/// What a meter showed at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Requests that arrived.
    pub requests: u64,
    /// Requests that were answered with a no.
    pub refused: u64,
    /// Requests whose deadline passed before they were answered.
    pub late: u64,
    /// Messages that found no room in an inbox.
    pub lost: u64,
    /// Mean time from sent to answered, the wait in the inbox included.
    pub latency_mean: Duration,
    /// Longest such time.
    pub latency_max: Duration,
}

impl Meter {
    /// Counts a request that was answered `latency` after it was sent.
    pub fn count(&self, outcome: Outcome, latency: Duration) {
        let counter = match outcome {
            Outcome::Served => &self.served,
            Outcome::Refused => &self.refused,
            Outcome::Unheard => &self.late,
        };
        counter.fetch_add(1, Relaxed);
        let latency_ns = latency.as_nanos() as u64;
        self.latency_sum_ns.fetch_add(latency_ns, Relaxed);
        self.latency_max_ns.fetch_max(latency_ns, Relaxed);
    }

    /// Counts a message that no inbox had room for.
    pub fn count_lost(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    /// Reads all counters.
    #[must_use]
    pub fn read(&self) -> Reading {
        let [refused, late] = [&self.refused, &self.late].map(|counter| counter.load(Relaxed));
        let requests = self.served.load(Relaxed) + refused + late;
        let mean_ns = self
            .latency_sum_ns
            .load(Relaxed)
            .checked_div(requests)
            .unwrap_or(0);
        Reading {
            requests,
            refused,
            late,
            lost: self.lost.load(Relaxed),
            latency_mean: Duration::from_nanos(mean_ns),
            latency_max: Duration::from_nanos(self.latency_max_ns.load(Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_adds_up() {
        let meter = Meter::default();
        meter.count(Outcome::Served, Duration::from_millis(1));
        meter.count(Outcome::Refused, Duration::from_millis(2));
        meter.count(Outcome::Unheard, Duration::from_millis(6));
        meter.count_lost();
        let expected = Reading {
            requests: 3,
            refused: 1,
            late: 1,
            lost: 1,
            latency_mean: Duration::from_millis(3),
            latency_max: Duration::from_millis(6),
        };
        assert_eq!(meter.read(), expected);
    }

    #[test]
    fn a_meter_that_counted_nothing_can_be_read() {
        assert_eq!(Meter::default().read(), Reading::default());
    }
}
