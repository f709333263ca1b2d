//! Follows the ring: hands on each event once, in the order of time.

use std::collections::HashMap;

use ttlog_core::{CallsiteInfo, Event, Level, decode::Cursor, registry, ring::Position};

use crate::{event::OpenSpans, recorder::Recorder};

/// How far the ring has been followed.
#[derive(Debug)]
pub(crate) struct Tail {
    recorder: &'static Recorder,
    positions: Vec<Position>,
    /// Descriptions that have been needed so far.
    callsites: HashMap<u32, CallsiteInfo<'static>>,
    /// A page's bytes.
    buffer: Vec<u8>,
    /// What was read ahead of time: records, and what holds before them.
    ahead: Vec<(Cursor, Vec<u8>)>,
    open: OpenSpans,
}

impl Tail {
    /// Follows from the start of the ring.
    pub(crate) fn new(recorder: &'static Recorder) -> Self {
        let ring = &recorder.ring;
        Self {
            recorder,
            positions: vec![Position::default(); ring.page_count()],
            callsites: HashMap::new(),
            buffer: vec![0; ring.page_words() * 4],
            ahead: Vec::new(),
            open: OpenSpans::default(),
        }
    }

    /// Hands on what has come since the last time, from `level` on, and for how many ticks a span
    /// was open that is left; answers how many events were overwritten before they could be read.
    pub(crate) fn poll(
        &mut self,
        level: Level,
        mut show: impl FnMut(&Event<'_>, Option<u64>),
    ) -> u64 {
        // What comes while the pages are read waits for the next time: the pages that were read
        // first may have got something earlier by then.
        let until = self.recorder.clock.ticks();
        let mut bytes = Vec::new();
        let mut news = Vec::new();
        let mut missed = 0;
        for (cursor, records) in self.ahead.drain(..) {
            let start = bytes.len();
            bytes.extend_from_slice(&records);
            news.push((start..bytes.len(), cursor));
        }
        for (index, position) in self.positions.iter_mut().enumerate() {
            if let Some(new) = self.recorder.ring.follow(index, position, &mut self.buffer) {
                let start = bytes.len();
                bytes.extend_from_slice(new.records);
                news.push((start..bytes.len(), new.cursor));
                missed += new.missed;
            }
        }
        // So that events of one moment are in the order of their thread.
        news.sort_by_key(|(_, cursor)| cursor.ticks);
        let mut records = Vec::new();
        for (range, mut cursor) in news {
            let mut rest = &bytes[range];
            let mut before = (cursor, rest);
            while let Some(record) = cursor.next(&mut rest) {
                if record.ticks > until {
                    let (cursor, rest) = before;
                    self.ahead.push((cursor, rest.to_vec()));
                    break;
                }
                if record.level >= level {
                    records.push(record);
                }
                before = (cursor, rest);
            }
        }
        records.sort_by_key(|record| record.ticks);
        for record in &records {
            learn(&mut self.callsites, record.callsite);
        }
        for record in records {
            let event = Event::new(record, self.callsites.get(&record.callsite));
            let open_ticks = self.open.follow(&event);
            show(&event, open_ticks);
        }
        missed
    }
}

/// Looks a description up, once its arguments are known.
pub(crate) fn learn(callsites: &mut HashMap<u32, CallsiteInfo<'static>>, id: u32) {
    if !callsites.get(&id).is_some_and(CallsiteInfo::is_complete)
        && let Some(info) = registry::get(id).and_then(CallsiteInfo::of)
    {
        callsites.insert(id, info);
    }
}
