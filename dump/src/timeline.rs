//! Events in the order of time, with all that is known of them.

mod message;
mod spans;

use std::collections::HashMap;

use ttlog_core::{
    CallsiteInfo, Context, Event, SpanId, TraceId,
    decode::{EventKind, Record},
};

pub(crate) use self::message::Message;
use self::spans::OpenSpans;
use crate::{
    load::Loaded,
    merge::{Found, Merge},
    time::Time,
};

/// Files that are shown together.
#[derive(Debug)]
pub(crate) struct Files<'a> {
    pub(crate) loaded: &'a [Loaded],
    /// The log statements of each file.
    statements: Vec<HashMap<u32, CallsiteInfo<'a>>>,
}

impl<'a> Files<'a> {
    pub(crate) fn new(loaded: &'a [Loaded]) -> Self {
        let statements = loaded.iter().map(|file| {
            file.statements
                .iter()
                .map(|(&id, statement)| (id, statement.info(id)))
                .collect()
        });
        Self {
            loaded,
            statements: statements.collect(),
        }
    }

    /// The events of all files, oldest first; the same ones each time.
    pub(crate) fn timeline(&'a self) -> Timeline<'a> {
        Timeline {
            files: self,
            merge: Merge::new(self.loaded),
            to_skip: self
                .loaded
                .iter()
                .map(|file| file.accounting.trimmed())
                .collect(),
            open: OpenSpans::default(),
        }
    }
}

/// Runs through the events of all files.
#[derive(Debug)]
pub(crate) struct Timeline<'a> {
    files: &'a Files<'a>,
    merge: Merge<'a>,
    /// How many of each file's oldest events are still to be left out.
    to_skip: Vec<u64>,
    open: OpenSpans,
}

/// An event, its arguments not yet looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) file: &'a Loaded,
    /// The file's number.
    pub(crate) file_number: usize,
    /// The time on the file's clock.
    pub(crate) ns: u64,
    pub(crate) kind: EventKind,
    pub(crate) record: Record<'a>,
    /// `None` where its description is lost.
    pub(crate) statement: Option<&'a CallsiteInfo<'a>>,
    /// For an exit, how long it is since the entering, where that is in the file.
    pub(crate) duration_ns: Option<u64>,
}

impl<'a> Entry<'a> {
    /// Fields, and what [`Message`] shows.
    pub(crate) fn event(&self) -> Event<'a> {
        Event::new(self.record, self.statement)
    }

    /// When it was, where that is known.
    pub(crate) fn time(&self) -> Option<Time> {
        self.file.clock.time_of_ns(self.ns)
    }

    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        self.record
            .context
            .map(|context| context.trace_id)
            .filter(|id| id.0 != 0)
    }

    /// The span that was entered or left, or in which the event was.
    pub(crate) fn span_id(&self) -> Option<SpanId> {
        let own = Some(self.record.span).filter(|id| id.0 != 0);
        let current = self.record.context.map(|Context { span_id, .. }| span_id);
        own.or(current).filter(|id| id.0 != 0)
    }

    /// For an entering, the span around.
    pub(crate) fn parent_span_id(&self) -> Option<SpanId> {
        Some(self.record.parent).filter(|id| id.0 != 0)
    }
}

impl<'a> Iterator for Timeline<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        loop {
            let Found {
                file: file_number,
                ns,
                record,
            } = self.merge.next()?;
            let file = self.files.loaded.get(file_number)?;
            let kind = kind(record);
            // Of what is left out too, because it may be what a later exit is the end of.
            let duration_ns = self.open.follow(file_number, file.clock, kind, &record);
            let to_skip = self.to_skip.get_mut(file_number)?;
            if *to_skip > 0 {
                *to_skip -= 1;
                continue;
            }
            let statements = self.files.statements.get(file_number)?;
            let statement = statements.get(&record.callsite);
            return Some(Entry {
                file,
                file_number,
                ns,
                kind,
                record,
                statement,
                duration_ns,
            });
        }
    }
}

fn kind(record: Record<'_>) -> EventKind {
    if record.span.0 == 0 {
        EventKind::Event
    } else {
        Event::new(record, None).kind()
    }
}
