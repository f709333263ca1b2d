//! The exchange: what all lines of one crew have in common.

use std::sync::Arc;

use super::{
    crash::Crashes,
    dead_letters::{Cause, DeadLetters},
    message::Stub,
    setting::Setting,
};
use crate::{
    resilience::{
        breaker::Limits,
        fuse::{BreakerReading, Fuse},
    },
    shared::Shared,
};

/// The setting, the dead letters, the crashes and the breakers of a crew.
#[derive(Debug, Default)]
pub struct Exchange {
    /// What it was given from outside.
    pub setting: Setting,
    /// What was not delivered or not answered.
    pub dead_letters: Shared<DeadLetters>,
    /// The instances that panicked.
    pub crashes: Shared<Crashes>,
    fuses: Shared<Vec<(BreakerKey, Arc<Fuse>)>>,
}

type BreakerKey = [&'static str; 2];

impl Exchange {
    /// One without any lines.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        Self {
            setting,
            ..Self::default()
        }
    }

    /// The breaker between two: whoever asks again gets the same one.
    pub fn fuse(&self, caller: &'static str, callee: &'static str) -> Arc<Fuse> {
        let key = [caller, callee];
        let mut fuses = self.fuses.lock();
        if let Some((_, fuse)) = fuses.iter().find(|(it, _)| *it == key) {
            return Arc::clone(fuse);
        }
        let fuse = self.unlisted_fuse(caller, callee);
        fuses.push((key, Arc::clone(&fuse)));
        fuse
    }

    /// A breaker that is nobody else's, and not among the readings.
    pub fn unlisted_fuse(&self, caller: &'static str, callee: &'static str) -> Arc<Fuse> {
        let snapshots = self.setting.snapshots.clone();
        Arc::new(Fuse::new(caller, callee, Limits::default(), snapshots))
    }

    /// Counts and keeps a message of which nothing came.
    pub fn bury(&self, service: &'static str, stub: Stub, cause: Cause) {
        let letter = stub.dead(service, cause, self.setting.clock.now());
        self.dead_letters.lock().add(letter);
    }

    /// What all breakers show, in the order in which they were made.
    #[must_use]
    pub fn breakers(&self) -> Vec<BreakerReading> {
        let fuses = self.fuses.lock();
        fuses.iter().map(|(_, fuse)| fuse.reading()).collect()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn whoever_asks_for_a_breaker_again_gets_the_same_one() {
        let exchange = Exchange::default();
        for _ in 0..5 {
            let fuse = exchange.fuse("order", "payment");
            let pass = fuse.admit(Duration::ZERO).unwrap();
            fuse.record(pass, Duration::ZERO, false);
        }
        let _ = exchange.fuse("payment", "order");
        let _ = exchange.unlisted_fuse("order", "payment");
        let readings = exchange.breakers();
        let opened = |at: usize| {
            (
                readings[at].caller,
                readings[at].callee,
                readings[at].opened,
            )
        };
        assert_eq!(opened(0), ("order", "payment", 1));
        assert_eq!(opened(1), ("payment", "order", 0));
        assert_eq!(readings.len(), 2);
    }
}
