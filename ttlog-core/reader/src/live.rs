//! Reading a ring of this process while other threads write to it.

use std::collections::HashMap;

use ttlog_core::{
    CallsiteInfo, Ring,
    decode::{Cursor, Record},
    registry,
    ring::Position,
};

use crate::{event_ref::EventRef, source::Source, statement::Statement};

/// Reads a ring of this process while other threads write to it, and passes each event once.
///
/// A follower takes no lock, does not delay the writers, and removes nothing from the ring.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Clock, Follower, Source};
/// use ttlog_core::{ClockSegments, Geometry, Memory, info};
/// use ttlog_core::lane::critical_section;
///
/// static MEMORY: Memory<1024> = Memory::new();
/// let clock = critical_section::Clock { ticks: || 7, hz: 1_000_000 };
/// let ring = critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
/// let mut source = Source::default();
/// source.clock = Clock::new(1_000_000, 0, &ClockSegments::default());
/// let mut follower = Follower::new(ring, source);
///
/// info!("pressure bar={:.1}", 2.5);
/// let mut messages = Vec::new();
/// let missed = follower.poll(7, usize::MAX, |event| messages.push(event.message().to_string()));
/// assert_eq!((missed, &*messages), (0, &["pressure bar=2.5".to_owned()][..]));
/// # Ok::<(), critical_section::InstallError>(())
/// ```
#[derive(Debug)]
pub struct Follower {
    ring: Ring<'static>,
    source: Source,
    positions: Vec<Position>,
    /// The descriptions of the callsites so far, by id.
    statements: HashMap<u32, Statement>,
    /// A buffer for a page.
    buffer: Vec<u8>,
    /// Records that have been read but are later than the last poll: the state for reading, and the bytes.
    ahead: Vec<(Cursor, Vec<u8>)>,
}

impl Follower {
    /// Creates a follower that starts at the oldest event of the ring. `source` describes the program.
    #[must_use]
    pub fn new(ring: Ring<'static>, source: Source) -> Self {
        Self {
            ring,
            source,
            positions: vec![Position::default(); ring.page_count()],
            statements: HashMap::new(),
            buffer: vec![0; ring.page_words() * 4],
            ahead: Vec::new(),
        }
    }

    /// Returns the run, the program and the clock. The caller replaces the clock when the recorder appends a
    /// segment to it.
    pub fn source_mut(&mut self) -> &mut Source {
        &mut self.source
    }

    /// Passes the events since the previous call to `show`, oldest first. If there are more than `max`
    /// events, passes only the newest `max`. Returns the number of events that were overwritten before
    /// this call could read them.
    ///
    /// `now_ticks` is the time on the ring's clock, read before this call. Later events are left for the
    /// next call, because threads may still write events with the same times to pages that were read
    /// before.
    ///
    /// # Cost
    ///
    /// Decodes and sorts the new records, and then calls `show` for each of the passed events.
    pub fn poll(&mut self, now_ticks: u64, max: usize, mut show: impl FnMut(&EventRef<'_>)) -> u64 {
        let mut missed = 0;
        let mut news = core::mem::take(&mut self.ahead);
        for (index, position) in self.positions.iter_mut().enumerate() {
            if let Some(new) = self.ring.follow(index, position, &mut self.buffer) {
                news.push((new.cursor, new.records.to_vec()));
                missed += new.missed;
            }
        }
        let mut records = Vec::new();
        for (start, bytes) in &news {
            let (mut cursor, mut rest) = (*start, &**bytes);
            let mut before = (cursor, rest);
            while let Some(record) = cursor.next(&mut rest) {
                if record.ticks > now_ticks {
                    self.ahead.push((before.0, before.1.to_vec()));
                    break;
                }
                records.push(record);
                before = (cursor, rest);
            }
        }
        // The order of a snapshot. Events of one tick and writer are in the order of their numbers.
        records.sort_unstable_by_key(|record| (record.ticks, record.writer, record.seq));
        let shown = records.split_off(records.len().saturating_sub(max));
        for record in &shown {
            self.learn(record.callsite);
        }
        for record in shown {
            show(&self.event(record));
        }
        missed
    }

    /// Copies the description of a callsite, unless a copy with the kinds of all arguments exists.
    fn learn(&mut self, id: u32) {
        let is_known = self.statements.get(&id).is_some_and(Statement::is_complete);
        if !is_known && let Some(info) = registry::get(id).and_then(CallsiteInfo::of) {
            self.statements.insert(id, Statement::new(&info));
        }
    }

    fn event<'e>(&'e self, record: Record<'e>) -> EventRef<'e> {
        EventRef {
            source: &self.source,
            statement: self.statements.get(&record.callsite),
            ns: self.source.clock.ns(record.ticks),
            entered_ticks: record.entered_ticks,
            file: 0,
            record,
        }
    }
}
