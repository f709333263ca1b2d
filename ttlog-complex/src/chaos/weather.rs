//! The weather: which faults are about at the moment.

use core::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};
use std::sync::Arc;

use super::fault::{Fault, Trouble};
use crate::shared::Shared;

/// The faults that are about. Whoever can be struck asks; while there are none, an answer costs one
/// relaxed load.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    count: Arc<AtomicUsize>,
    faults: Shared<Vec<Fault>>,
}

impl Weather {
    /// Lets a fault begin.
    pub fn begin(&self, fault: Fault) {
        let mut faults = self.faults.lock();
        faults.push(fault);
        self.count.store(faults.len(), Relaxed);
    }

    /// Lets a fault end. Says whether it was still about: a crash ends where it strikes.
    pub fn end(&self, fault: &Fault) -> bool {
        self.take(|it| (it == fault).then_some(())).is_some()
    }

    /// The faults that are about, in the order in which they began.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.faults.lock().clone()
    }

    /// Whether an instance of `service` is to crash; whoever is told so is the one, and does.
    #[must_use]
    pub fn crashes(&self, service: &str) -> bool {
        let strikes =
            |fault: &Fault| matches!(fault, Fault::Crash { service: it } if it == service);
        self.take(|fault| strikes(fault).then_some(())).is_some()
    }

    /// How much later requests to `service` are handled.
    #[must_use]
    pub fn latency(&self, service: &str) -> Option<Duration> {
        self.find(|fault| match fault {
            Fault::Latency { service: it, by } if it == service => Some(*by),
            _ => None,
        })
    }

    /// Whether nothing gets through between two services.
    #[must_use]
    pub fn parts(&self, caller: &str, callee: &str) -> bool {
        self.find(|fault| match fault {
            Fault::Partition { one, other } => ((one == caller && other == callee)
                || (one == callee && other == caller))
                .then_some(()),
            _ => None,
        })
        .is_some()
    }

    /// What is wrong with the database behind `pool`.
    #[must_use]
    pub fn database(&self, pool: &str) -> Option<Trouble> {
        self.find(|fault| match fault {
            Fault::Database { pool: it, trouble } if it == pool => Some(*trouble),
            _ => None,
        })
    }

    /// How much later the payment gateway answers.
    #[must_use]
    pub fn gateway(&self) -> Option<Duration> {
        self.find(|fault| match fault {
            Fault::SlowGateway { by } => Some(*by),
            _ => None,
        })
    }

    fn find<T>(&self, strikes: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        if self.count.load(Relaxed) == 0 {
            return None;
        }
        self.faults.lock().iter().find_map(strikes)
    }

    fn take<T>(&self, strikes: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        if self.count.load(Relaxed) == 0 {
            return None;
        }
        let mut faults = self.faults.lock();
        let (at, found) = faults
            .iter()
            .enumerate()
            .find_map(|(at, fault)| Some((at, strikes(fault)?)))?;
        faults.remove(at);
        self.count.store(faults.len(), Relaxed);
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_strikes_once_and_only_whom_it_is_meant_for() {
        let weather = Weather::default();
        weather.begin(Fault::Crash {
            service: "search".into(),
        });
        assert!(!weather.crashes("order"));
        assert!(weather.crashes("search"));
        assert!(!weather.crashes("search"));
        assert_eq!(weather.faults(), []);
    }

    #[test]
    fn a_partition_holds_either_way_until_it_ends() {
        let weather = Weather::default();
        let partition = Fault::Partition {
            one: "order".into(),
            other: "payment".into(),
        };
        weather.begin(partition.clone());
        assert!(weather.parts("order", "payment") && weather.parts("payment", "order"));
        assert!(!weather.parts("order", "user"));
        assert!(weather.end(&partition));
        assert!(!weather.end(&partition));
        assert!(!weather.parts("order", "payment"));
    }
}
