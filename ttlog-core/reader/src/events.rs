//! The events of all runs, oldest first.

use core::cmp::Reverse;
use std::{
    collections::{BinaryHeap, binary_heap::PeekMut},
    iter::Peekable,
};

use crate::{event_ref::EventRef, merge::Merge, open_spans::OpenSpans, run::Run};

/// An iterator over the events of all runs, oldest first. [`Snapshots::events`](crate::Snapshots::events)
/// returns it.
///
/// The events of a run are in the order of its ticks, even if the wall clock was set back. The events of
/// different runs are merged by time.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Events, Level};
///
/// fn count_errors(events: Events<'_>) -> usize {
///     events.filter(|event| event.level() >= Level::Error).count()
/// }
/// ```
#[derive(Debug)]
pub struct Events<'a> {
    runs: Vec<RunEvents<'a>>,
    /// The runs that have events left: the time of the next event, and the index of the run.
    heap: BinaryHeap<Reverse<(u64, usize)>>,
}

/// The events of a run.
#[derive(Debug)]
struct RunEvents<'a> {
    run: &'a Run,
    records: Peekable<Merge<'a>>,
    open: OpenSpans,
}

impl<'a> Events<'a> {
    pub(crate) fn new(runs: &'a [Run]) -> Self {
        let mut events = Self {
            runs: Vec::with_capacity(runs.len()),
            heap: BinaryHeap::with_capacity(runs.len()),
        };
        // So that the order of events of the same time does not depend on the order of the files.
        let mut runs: Vec<_> = runs.iter().collect();
        runs.sort_by_key(|run| run.source.key());
        for run in runs {
            let mut run = RunEvents {
                run,
                records: Merge::new(run.chunks()).peekable(),
                open: OpenSpans(run.open_spans.clone()),
            };
            if let Some(ns) = run.next_ns() {
                events.heap.push(Reverse((ns, events.runs.len())));
                events.runs.push(run);
            }
        }
        events
    }
}

impl RunEvents<'_> {
    /// Returns the time of the next event.
    fn next_ns(&mut self) -> Option<u64> {
        let (record, _) = self.records.peek()?;
        Some(self.run.source.clock.ns(record.ticks))
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = EventRef<'a>;

    fn next(&mut self) -> Option<EventRef<'a>> {
        let mut oldest = self.heap.peek_mut()?;
        let Reverse((ns, number)) = *oldest;
        let events = self.runs.get_mut(number)?;
        let (record, chunk) = events.records.next()?;
        match events.next_ns() {
            Some(ns) => *oldest = Reverse((ns, number)),
            None => drop(PeekMut::pop(oldest)),
        }
        Some(EventRef {
            source: &events.run.source,
            statement: events.run.statements.get(&record.callsite),
            ns,
            entered_ticks: events.open.entered_ticks(&record),
            file: chunk.file,
            record,
        })
    }
}
