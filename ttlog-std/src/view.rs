//! The events in the ring, while the program runs.

use std::{collections::HashMap, convert::Infallible, ops::Deref, sync::Arc};

use ttlog_core::{SnapshotHeader, decode::TimeBase, ring::Position};

use crate::{
    event::{Event, OpenSpans},
    saver::Saver,
    tail::learn,
};

/// A view of the events in the ring. Looking takes no lock, holds nobody up and takes nothing out.
#[derive(Clone, Debug)]
pub struct LiveView {
    saver: Arc<Saver>,
}

/// The events that were in the ring at one moment, oldest first.
#[derive(Clone, Debug)]
pub struct LiveEvents(Vec<Event>);

impl LiveView {
    pub(crate) fn new(saver: Arc<Saver>) -> Self {
        Self { saver }
    }

    /// Reads the ring. The name and the `Result` are those of a mutex, for programs that are
    /// written so; it never fails and never waits.
    ///
    /// Costs about a microsecond for each event, most of it for making strings.
    pub fn lock(&self) -> Result<LiveEvents, Infallible> {
        Ok(LiveEvents(self.events()))
    }

    /// Reads the ring.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let saver = &*self.saver;
        let recorder = saver.recorder;
        let taken = recorder.clock.ticks();
        let header: SnapshotHeader<'_> = saver.identity.header(recorder, "", 0, taken);
        let time = TimeBase::new(&header);
        let mut bytes = Vec::new();
        let mut pages = Vec::new();
        let mut buffer = vec![0; recorder.ring.page_words() * 4];
        for index in 0..recorder.ring.page_count() {
            let mut position = Position::default();
            if let Some(page) = recorder.ring.follow(index, &mut position, &mut buffer) {
                let start = bytes.len();
                bytes.extend_from_slice(page.records);
                pages.push((start..bytes.len(), page.cursor));
            }
        }
        // So that events of one moment are in the order of their thread.
        pages.sort_by_key(|(_, cursor)| cursor.ticks);
        let mut records = Vec::new();
        for (range, mut cursor) in pages {
            let mut rest = &bytes[range];
            while let Some(record) = cursor.next(&mut rest) {
                if record.ticks <= taken {
                    records.push(record);
                }
            }
        }
        records.sort_by_key(|record| record.ticks);
        let max = usize::try_from(recorder.events_max).unwrap_or(usize::MAX);
        let over = if max == 0 {
            0
        } else {
            records.len().saturating_sub(max)
        };
        let mut callsites = HashMap::new();
        for record in &records {
            learn(&mut callsites, record.callsite);
        }
        let mut open = OpenSpans::default();
        let mut events = Vec::with_capacity(records.len() - over);
        for (number, record) in records.into_iter().enumerate() {
            let event = ttlog_core::Event::new(record, callsites.get(&record.callsite));
            // Of what is left out too, because it may be what a later exit is the end of.
            let open_ticks = open.follow(&event);
            if number >= over {
                events.push(Event::new(
                    &event,
                    &time,
                    &saver.identity.service,
                    open_ticks,
                ));
            }
        }
        events
    }
}

impl Deref for LiveEvents {
    type Target = Vec<Event>;

    fn deref(&self) -> &Vec<Event> {
        &self.0
    }
}

impl IntoIterator for LiveEvents {
    type Item = Event;
    type IntoIter = std::vec::IntoIter<Event>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
