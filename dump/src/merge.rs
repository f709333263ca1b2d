//! The records of all files, oldest first.

use core::{cmp::Ordering, iter::Peekable};
use std::{
    collections::{BinaryHeap, binary_heap::PeekMut},
    vec,
};

use ttlog_core::decode::{Cursor, Record};

use crate::load::{Loaded, Run};

/// Merges the runs of files by time. Events of one moment come in the order of the files, and in
/// one file in the order of its clock, then of its runs; so the events of a thread keep their
/// order.
#[derive(Debug)]
pub(crate) struct Merge<'a> {
    files: &'a [Loaded],
    /// Runs whose first event has not come yet, so that only few are compared with each other.
    waiting: Peekable<vec::IntoIter<Key>>,
    reading: BinaryHeap<Reading<'a>>,
}

/// A record, and where it is from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    /// The number of the file.
    pub(crate) file: usize,
    /// The time on the file's clock, in nanoseconds.
    pub(crate) ns: u64,
    pub(crate) record: Record<'a>,
}

/// What events are sorted by.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    ns: u64,
    file: usize,
    ticks: u64,
    run: usize,
}

/// A run, as far as it has been read.
#[derive(Debug)]
struct Reading<'a> {
    /// Of the next record.
    key: Key,
    next: Record<'a>,
    cursor: Cursor,
    rest: &'a [u8],
}

impl<'a> Merge<'a> {
    pub(crate) fn new(files: &'a [Loaded]) -> Self {
        let mut waiting = Vec::with_capacity(files.iter().map(|file| file.runs.len()).sum());
        for (number, file) in files.iter().enumerate() {
            for (run, Run { first_ticks, .. }) in file.runs.iter().enumerate() {
                let ticks = *first_ticks;
                waiting.push(Key {
                    ns: file.clock.ns(ticks),
                    file: number,
                    ticks,
                    run,
                });
            }
        }
        waiting.sort_unstable();
        Self {
            files,
            waiting: waiting.into_iter().peekable(),
            reading: BinaryHeap::new(),
        }
    }

    /// Begins to read the runs that the next event may be in.
    fn begin_runs(&mut self) {
        while let Some(key) = self
            .waiting
            .next_if(|key| self.reading.peek().is_none_or(|reading| *key < reading.key))
        {
            let run = self
                .files
                .get(key.file)
                .and_then(|file| file.runs.get(key.run));
            let Some((mut cursor, mut rest)) = run.map(Run::start) else {
                continue;
            };
            if let Some(next) = cursor.next(&mut rest) {
                self.reading.push(Reading {
                    key,
                    next,
                    cursor,
                    rest,
                });
            }
        }
    }
}

impl<'a> Iterator for Merge<'a> {
    type Item = Found<'a>;

    fn next(&mut self) -> Option<Found<'a>> {
        self.begin_runs();
        let mut oldest = self.reading.peek_mut()?;
        let Reading {
            key, next: record, ..
        } = *oldest;
        let Reading { cursor, rest, .. } = &mut *oldest;
        if let Some(next) = cursor.next(rest) {
            let ns = self
                .files
                .get(key.file)
                .map_or(0, |file| file.clock.ns(next.ticks));
            oldest.key = Key {
                ns,
                ticks: next.ticks,
                ..key
            };
            oldest.next = next;
        } else {
            PeekMut::pop(oldest);
        }
        Some(Found {
            file: key.file,
            ns: key.ns,
            record,
        })
    }
}

/// By key, the oldest greatest, because a heap gives the greatest first.
impl Ord for Reading<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl PartialOrd for Reading<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Reading<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Reading<'_> {}
