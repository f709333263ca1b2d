//! The fuse: a breaker between two, that says what it does and keeps the moment at which it opens.

use core::time::Duration;

use ttlog_std::{error, info, warn};

use super::breaker::{Breaker, Limits, Pass, State, Transition};
use crate::{shared::Shared, snapshots::Snapshots};

/// The breaker before one callee, for one caller.
#[derive(Debug)]
pub struct Fuse {
    caller: &'static str,
    callee: &'static str,
    inside: Shared<Inside>,
    snapshots: Snapshots,
}

#[derive(Debug)]
struct Inside {
    breaker: Breaker,
    opened: u64,
    refused: u64,
}

/// What a fuse showed at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerReading {
    /// Who calls.
    pub caller: &'static str,
    /// Who is called.
    pub callee: &'static str,
    /// Whether calls go through.
    pub state: State,
    /// How often it has opened.
    pub opened: u64,
    /// How many calls it has refused.
    pub refused: u64,
}

impl Fuse {
    /// A closed one.
    #[must_use]
    pub fn new(
        caller: &'static str,
        callee: &'static str,
        limits: Limits,
        snapshots: Snapshots,
    ) -> Self {
        Self {
            caller,
            callee,
            inside: Shared::new(Inside {
                breaker: Breaker::new(limits),
                opened: 0,
                refused: 0,
            }),
            snapshots,
        }
    }

    /// Lets a call through, or not. How it went is to be recorded.
    #[must_use]
    pub fn admit(&self, now: Duration) -> Option<Pass> {
        let pass = self.pass(now);
        if pass.is_none() {
            self.inside.lock().refused += 1;
        }
        pass
    }

    /// As [`admit`](Self::admit), for a call that will be made in any case: none is counted as
    /// refused.
    #[must_use]
    pub fn pass(&self, now: Duration) -> Option<Pass> {
        let (pass, transition) = self.inside.lock().breaker.admit(now);
        self.tell(transition);
        pass
    }

    /// Learns how a call went that was let through.
    pub fn record(&self, pass: Pass, now: Duration, ok: bool) {
        let mut inside = self.inside.lock();
        let transition = inside.breaker.record(pass, now, ok);
        inside.opened += u64::from(matches!(transition, Some(Transition::Opened { .. })));
        drop(inside);
        self.tell(transition);
    }

    /// Learns that a call that was let through says nothing about the callee.
    pub fn waive(&self, pass: Pass) {
        self.inside.lock().breaker.waive(pass);
    }

    /// What it shows.
    #[must_use]
    pub fn reading(&self) -> BreakerReading {
        let inside = self.inside.lock();
        BreakerReading {
            caller: self.caller,
            callee: self.callee,
            state: inside.breaker.state(),
            opened: inside.opened,
            refused: inside.refused,
        }
    }

    fn tell(&self, transition: Option<Transition>) {
        let (caller, callee) = (self.caller, self.callee);
        match transition {
            None => {}
            Some(Transition::Opened {
                wait,
                failures,
                calls,
            }) => {
                let wait_ms = wait.as_millis() as u64;
                error!(
                    "breaker.opened caller={caller} callee={callee} failures={failures} calls={calls} wait_ms={wait_ms}"
                );
                self.snapshots
                    .take(&format!("breaker_open_{caller}_{callee}"));
            }
            Some(Transition::HalfOpened) => {
                warn!("breaker.half_open caller={caller} callee={callee}");
            }
            Some(Transition::Closed) => info!("breaker.closed caller={caller} callee={callee}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fuse_counts_how_often_it_opened_and_what_it_refused() {
        let limits = Limits {
            min_calls: 2,
            ..Limits::default()
        };
        let fuse = Fuse::new("order", "bank", limits, Snapshots::default());
        let zero = Duration::ZERO;
        for _ in 0..2 {
            let pass = fuse.admit(zero).unwrap();
            fuse.record(pass, zero, false);
        }
        assert_eq!(fuse.admit(zero), None);
        let expected = BreakerReading {
            caller: "order",
            callee: "bank",
            state: State::Open,
            opened: 1,
            refused: 1,
        };
        assert_eq!(fuse.reading(), expected);
    }
}
