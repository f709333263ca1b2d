//! The audit service: who did what, and when, in the order in which it was heard of.

use core::time::Duration;
use std::collections::VecDeque;

use ttlog_std::{Level, debug, span};

use crate::{
    bus::{Deadline, Outcome, Service},
    clock::Clock,
    protocol::audit::{Deed, Request},
    shared::Shared,
};

/// How many entries are kept.
const TRAIL_ENTRIES: usize = 10_000;

/// The trail, with a clock to date it.
pub struct Audit {
    trail: Shared<Trail>,
    clock: Clock,
}

/// Numbered entries, the latest of which are kept.
#[derive(Debug, Default)]
pub struct Trail {
    entries: VecDeque<Entry>,
    written: u64,
}

/// One deed on the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// When it was written, by the shop's clock.
    pub at: Duration,
    /// The deed.
    pub deed: Deed,
}

impl Trail {
    /// Writes a deed down; answers with the number of its entry.
    pub fn write(&mut self, deed: Deed, at: Duration) -> u64 {
        if self.entries.len() == TRAIL_ENTRIES {
            self.entries.pop_front();
        }
        self.written += 1;
        self.entries.push_back(Entry {
            number: self.written,
            at,
            deed,
        });
        self.written
    }
}

impl Audit {
    /// An empty trail.
    pub fn new(clock: Clock) -> Self {
        Self {
            trail: Shared::default(),
            clock,
        }
    }

    fn record(&self, deed: Deed) {
        let _span = span!(Level::Debug, "audit.record");
        let number = self.trail.lock().write(deed, self.clock.now());
        debug!("audit.record number={number} deed={deed:?}");
    }
}

impl Service for Audit {
    const NAME: &'static str = "audit";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Record(deed) => {
                self.record(deed);
                Outcome::Served
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrderId;

    #[test]
    fn numbers_have_no_gaps_when_old_entries_go() {
        let mut trail = Trail::default();
        for order in 0..=TRAIL_ENTRIES as u64 {
            let number = trail.write(Deed::OrderConfirmed(OrderId(order)), Duration::ZERO);
            assert_eq!(number, order + 1);
        }
        let numbers: Vec<u64> = trail.entries.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers.len(), TRAIL_ENTRIES);
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1));
        assert_eq!(numbers[0], 2);
    }
}
