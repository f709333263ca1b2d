//! The shelf: what all snapshots of the run have shown together.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::SystemTime,
};

use super::Picture;

/// How many of the latest snapshots are named.
const LATEST: usize = 24;

/// What the snapshots have shown.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// How many were read.
    pub read: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Those that could not be read, and why.
    pub unreadable: Vec<String>,
    /// Those whose accounting is not exact, or that are damaged, and how.
    pub inexact: Vec<String>,
    /// How many there were of each reason.
    pub reasons: BTreeMap<String, u64>,
    /// Orders whose failing is in a snapshot.
    pub failed_orders: BTreeSet<u64>,
    /// Numbers of the injections that are in a snapshot.
    pub injections: BTreeSet<u64>,
    /// The most events that any of them says have been recorded.
    pub recorded_max: u64,
    /// The latest, the last one last.
    pub latest: VecDeque<Shot>,
}

/// A snapshot in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shot {
    /// Why it was taken.
    pub reason: String,
    /// When.
    pub taken: SystemTime,
    /// How many bytes the file has.
    pub bytes: u64,
    /// How many events are in it.
    pub events: u64,
}

impl Shelf {
    /// The counts and the latest, without the evidence.
    #[must_use]
    pub fn at_a_glance(&self) -> Self {
        Self {
            read: self.read,
            bytes: self.bytes,
            recorded_max: self.recorded_max,
            latest: self.latest.clone(),
            ..Self::default()
        }
    }

    /// Adds what the snapshot in `file` shows.
    pub fn add(&mut self, picture: Picture, file: &str) {
        let Picture {
            reason,
            taken,
            bytes,
            recorded,
            kept,
            flaw,
            failed_orders,
            injections,
        } = picture;
        self.read += 1;
        self.bytes += bytes;
        self.inexact
            .extend(flaw.map(|flaw| format!("{file}: {flaw}")));
        *self.reasons.entry(reason.clone()).or_default() += 1;
        self.failed_orders.extend(failed_orders);
        self.injections.extend(injections);
        self.recorded_max = self.recorded_max.max(recorded);
        if self.latest.len() == LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(Shot {
            reason,
            taken,
            bytes,
            events: kept,
        });
    }
}
