//! The dead letters: what was not delivered, or not answered.

use core::{fmt, time::Duration};
use std::collections::{BTreeMap, VecDeque};

use ttlog_std::{Context, debug};

/// How many are kept; all are counted.
const LETTERS: usize = 256;

/// Why nothing came of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// No inbox had room for it.
    NoRoom,
    /// Nobody waited for the answer any more.
    Late,
    /// The instance that had it in hand crashed.
    Crashed,
    /// Nothing gets through from the caller to the callee.
    Partition,
    /// Every instance had ended.
    Closed,
}

/// One message of which nothing came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// When that was, by the shop's clock.
    pub at: Duration,
    /// Who sent it.
    pub caller: &'static str,
    /// Who was to get it.
    pub service: &'static str,
    /// Why nothing came of it.
    pub cause: Cause,
    /// The place in the source that sent it.
    pub what: String,
    /// The trace that it belonged to.
    pub context: Option<Context>,
}

/// All of them counted, the latest kept.
#[derive(Debug, Default)]
pub struct DeadLetters {
    counts: BTreeMap<(&'static str, Cause), u64>,
    latest: VecDeque<DeadLetter>,
}

impl DeadLetters {
    /// Counts and keeps one.
    pub fn add(&mut self, letter: DeadLetter) {
        let DeadLetter {
            caller,
            service,
            cause,
            ref what,
            ..
        } = letter;
        debug!("dead_letter service={service} caller={caller} cause={cause} what={what}");
        *self.counts.entry((service, cause)).or_default() += 1;
        if self.latest.len() == LETTERS {
            self.latest.pop_front();
        }
        self.latest.push_back(letter);
    }

    /// How many there were for each service and cause.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<(&'static str, Cause), u64> {
        &self.counts
    }

    /// How many there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The latest, the oldest of them first.
    pub fn latest(&self) -> impl DoubleEndedIterator<Item = &DeadLetter> {
        self.latest.iter()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::NoRoom => "no_room",
            Self::Late => "late",
            Self::Crashed => "crashed",
            Self::Partition => "partition",
            Self::Closed => "closed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_latest_are_kept() {
        let mut letters = DeadLetters::default();
        for secs in 0..=LETTERS as u64 {
            letters.add(DeadLetter {
                at: Duration::from_secs(secs),
                caller: "order",
                service: "payment",
                cause: if secs == 0 {
                    Cause::Late
                } else {
                    Cause::NoRoom
                },
                what: "saga.rs:1".into(),
                context: None,
            });
        }
        assert_eq!(letters.total(), LETTERS as u64 + 1);
        assert_eq!(letters.counts()[&("payment", Cause::Late)], 1);
        assert_eq!(letters.latest().count(), LETTERS);
        assert_eq!(letters.latest().next().unwrap().at.as_secs(), 1);
    }
}
