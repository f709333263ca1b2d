//! The sample: what a service had done by one moment, as far as the monitor judges it.

use core::time::Duration;

/// Sums since the shop opened, and what holds at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// When, since the shop opened.
    pub at: Duration,
    /// Requests that came to an end, however.
    pub ended: u64,
    /// Of these, the ones that the service owes: late, lost or failed. A no is an answer.
    pub bad: u64,
    /// Time that all instances together spent on requests.
    pub busy: Duration,
    /// 95 of a hundred requests of late were answered within this.
    pub p95: Duration,
    /// Requests that wait.
    pub queue: usize,
    /// Instances that are there.
    pub instances: usize,
}

impl Sample {
    /// Requests that ended since an earlier sample, and the bad ones of them.
    #[must_use]
    pub fn since(&self, before: &Self) -> (u64, u64) {
        (
            self.ended.saturating_sub(before.ended),
            self.bad.saturating_sub(before.bad),
        )
    }

    /// Requests for each second since an earlier sample.
    #[must_use]
    pub fn rate(&self, before: &Self) -> f64 {
        let seconds = self.at.saturating_sub(before.at).as_secs_f64();
        if seconds > 0.0 {
            self.since(before).0 as f64 / seconds
        } else {
            0.0
        }
    }

    /// Which part of their time the instances were busy since an earlier sample, from 0 to 1.
    #[must_use]
    pub fn busy_share(&self, before: &Self) -> f64 {
        let time = self.at.saturating_sub(before.at).as_secs_f64() * self.instances as f64;
        if time > 0.0 {
            let busy = self.busy.saturating_sub(before.busy).as_secs_f64();
            (busy / time).min(1.0)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_the_difference() {
        let before = Sample {
            at: Duration::from_secs(1),
            ended: 10,
            bad: 1,
            busy: Duration::from_secs(1),
            instances: 2,
            ..Sample::default()
        };
        let now = Sample {
            at: Duration::from_secs(3),
            ended: 30,
            bad: 4,
            busy: Duration::from_secs(3),
            ..before
        };
        assert_eq!(now.since(&before), (20, 3));
        assert_eq!((now.rate(&before), now.busy_share(&before)), (10.0, 0.5));
        assert_eq!((now.rate(&now), now.busy_share(&now)), (0.0, 0.0));
    }
}
