//! The pulse: how busy it is outside at the moment, for whoever watches.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

/// Shared by the load, which beats it, and those who watch. It never blocks.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    time_bits: AtomicU64,
    multiplier_bits: AtomicU64,
    arrivals: AtomicU64,
    attacks: AtomicU64,
}

/// How busy it was at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Beat {
    /// The time of day, from 0 to below 24; 19.5 is half past seven in the evening.
    pub time: f64,
    /// How many times as many customers come as on average.
    pub multiplier: f64,
    /// How many have come, attackers included.
    pub arrivals: u64,
    /// How many of them came to do harm.
    pub attacks: u64,
}

impl Beat {
    /// The hour of the day, from 0 to 23.
    #[must_use]
    pub fn hour(&self) -> u32 {
        self.time as u32
    }
}

impl Pulse {
    /// What time of day it is, and how busy.
    #[must_use]
    pub fn read(&self) -> Beat {
        let [time, multiplier, arrivals, attacks] = [
            &self.0.time_bits,
            &self.0.multiplier_bits,
            &self.0.arrivals,
            &self.0.attacks,
        ]
        .map(|it| it.load(Relaxed));
        Beat {
            time: f64::from_bits(time),
            multiplier: f64::from_bits(multiplier),
            arrivals,
            attacks,
        }
    }

    /// Sets the time of day, and how busy it is.
    pub(super) fn set(&self, time: f64, multiplier: f64) {
        self.0.time_bits.store(time.to_bits(), Relaxed);
        self.0.multiplier_bits.store(multiplier.to_bits(), Relaxed);
    }

    /// Counts somebody who has come.
    pub(super) fn count(&self) {
        self.0.arrivals.fetch_add(1, Relaxed);
    }

    /// Notes that somebody who has come is up to no good.
    pub(super) fn count_attack(&self) {
        self.0.attacks.fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_and_counted_is_read_by_every_clone() {
        let pulse = Pulse::default();
        assert_eq!(pulse.read(), Beat::default());
        let watcher = pulse.clone();
        pulse.set(19.5, 2.75);
        pulse.count();
        pulse.count();
        pulse.count_attack();
        let beat = watcher.read();
        assert_eq!((beat.hour(), beat.multiplier), (19, 2.75));
        assert_eq!((beat.arrivals, beat.attacks), (2, 1));
    }
}
