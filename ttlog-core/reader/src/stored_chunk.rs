//! Consecutive records of a page, copied from a block.

use core::ops::Range;

use ttlog_core::{
    LevelCounts,
    decode::{Chunk, Cursor, Record},
};

/// Consecutive records of a page, copied from a block.
#[derive(Debug)]
pub(crate) struct StoredChunk {
    records: Box<[u8]>,
    start: Cursor,
    /// The time of the first event.
    pub(crate) first_ticks: u64,
    /// Number of events.
    pub(crate) events: u64,
    /// Number of sequence numbers. Exceeds the number of events if some events cannot be read.
    length: u64,
    /// The place among the chunks whose events have the same time.
    pub(crate) order: Order,
    /// Set if the thread and the context of the first events are unknown, because the chunk that states
    /// them is lost.
    pub(crate) is_headless: bool,
    /// The index of the file that the events belong to.
    pub(crate) file: usize,
}

/// The order of chunks whose events have the same time. In this order, the events of a thread keep their
/// order, however the pages are cut into chunks.
///
/// With sequence numbers: the writer, and the number of the first event. Without: the base ticks, the
/// generation, the page and the word, because pages are claimed in the order of generations and pages.
pub(crate) type Order = [u64; 4];

/// The part of a chunk up to the moment of the snapshot.
#[derive(Debug, Default)]
pub(crate) struct Extent {
    pub(crate) bytes: usize,
    pub(crate) first_ticks: Option<u64>,
    pub(crate) events: u64,
    /// The sequence number after the last event.
    pub(crate) end_seq: Option<u64>,
}

impl StoredChunk {
    /// Memory of a chunk without its records, in bytes: the chunk, its allocation, and its state in a
    /// merge, twice each because vectors grow by doubling.
    const COST_BYTES: usize = 1024;

    /// Number of words in a page's header (section 8.1 of `FORMAT.md`). A chunk that starts after them
    /// continues another chunk.
    const PAGE_LEAD_WORDS: u32 = 26;

    /// Copies the records of `extent`, which reading from `start` returns. Returns `None` if there are
    /// none.
    pub(crate) fn new(chunk: &Chunk<'_>, start: Cursor, extent: &Extent) -> Option<Self> {
        let Chunk {
            base_ticks,
            generation,
            page,
            from,
            ..
        } = *chunk;
        let order = match chunk.first_seq {
            Some(seq) => [chunk.writer.into(), seq, 0, 0],
            None => [base_ticks, generation.into(), page.into(), from.into()],
        };
        let length = match (chunk.first_seq, extent.end_seq) {
            (Some(first), Some(end)) => end.wrapping_sub(first),
            _ => extent.events,
        };
        Some(Self {
            records: chunk.records.get(..extent.bytes)?.into(),
            start,
            first_ticks: extent.first_ticks?,
            events: extent.events,
            length,
            order,
            is_headless: chunk.from > Self::PAGE_LEAD_WORDS && start == chunk.cursor(None),
            file: 0,
        })
    }

    /// Returns the number of bytes of memory that a chunk with these records takes.
    pub(crate) fn cost_bytes(records: usize) -> usize {
        Self::COST_BYTES + records
    }

    /// Returns the number of bytes of memory that the chunk takes.
    pub(crate) fn own_cost_bytes(&self) -> usize {
        Self::cost_bytes(self.records.len())
    }

    /// Returns the state for reading the first record, and the bytes to read.
    pub(crate) fn start(&self) -> (Cursor, &[u8]) {
        (self.start, &self.records)
    }

    /// Returns the writer and the sequence numbers of the events. Returns `None` in format version 1.
    pub(crate) fn identity(&self) -> Option<(u64, Range<u64>)> {
        let first = self.start.seq?;
        Some((
            self.start.writer.into(),
            first..first.saturating_add(self.length),
        ))
    }

    fn events(&self) -> impl Iterator<Item = Record<'_>> {
        self.places().map(|place| place.record)
    }

    /// Returns the number of events by level.
    pub(crate) fn level_counts(&self) -> LevelCounts {
        let mut counts = LevelCounts::default();
        for event in self.events() {
            counts[event.level as usize] += 1;
        }
        counts
    }

    /// Returns the part of the chunk with the events at these positions. Returns `None` if there are none.
    pub(crate) fn part(&self, positions: Range<u64>) -> Option<Self> {
        let mut places = self
            .places()
            .skip_while(|place| place.position < positions.start)
            .take_while(|place| place.position < positions.end);
        let first = places.next()?;
        let (mut end, mut events) = (first.end, 1);
        for place in places {
            end = place.end;
            events += 1;
        }
        // There may be unreadable records before the first event.
        let skipped = match (first.before.seq, self.start.seq) {
            (Some(seq), Some(start)) => seq.wrapping_sub(start),
            _ => positions.start,
        };
        let length = positions.end.min(self.length).saturating_sub(skipped);
        Some(Self {
            records: self.records.get(first.start..end)?.into(),
            start: first.before,
            first_ticks: first.record.ticks,
            events,
            length,
            order: match first.before.seq {
                Some(seq) => [self.start.writer.into(), seq, 0, 0],
                None => self.order,
            },
            is_headless: self.is_headless,
            file: self.file,
        })
    }

    /// Returns whether the chunks have the same events at the sequence numbers that are in both.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        let is_same_start =
            self.start.seq == other.start.seq && self.start.ticks == other.start.ticks;
        if is_same_start
            && (self.records.starts_with(&other.records)
                || other.records.starts_with(&self.records))
        {
            return true;
        }
        let mut others = other.events().peekable();
        self.events().all(|record| {
            while others.next_if(|other| other.seq < record.seq).is_some() {}
            others
                .next_if(|other| other.seq == record.seq)
                .is_none_or(|other| {
                    let key = |record: &Record<'_>| {
                        (record.ticks, record.callsite, record.level, record.form)
                    };
                    key(&other) == key(&record) && other.body() == record.body()
                })
        })
    }

    fn places(&self) -> impl Iterator<Item = Place<'_>> {
        let (mut cursor, mut rest) = self.start();
        let mut count = 0;
        core::iter::from_fn(move || {
            let before = cursor;
            let start = self.records.len() - rest.len();
            let record = cursor.next(&mut rest)?;
            let position = match (record.seq, self.start.seq) {
                (Some(seq), Some(first)) => seq.wrapping_sub(first),
                _ => count,
            };
            count += 1;
            Some(Place {
                position,
                record,
                before,
                start,
                end: self.records.len() - rest.len(),
            })
        })
    }
}

/// An event in a chunk.
struct Place<'a> {
    /// Number of sequence numbers, or of events without them, from the start of the chunk.
    position: u64,
    record: Record<'a>,
    /// The state for reading the event and its marks.
    before: Cursor,
    /// The range of the event and its marks in the records.
    start: usize,
    end: usize,
}
