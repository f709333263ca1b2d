//! The chunks of a snapshot, during reading.

use ttlog_core::{
    LevelCounts,
    decode::{Chunk, Cursor},
};

use crate::{
    accounting::{Accounting, add},
    coverage::Coverage,
    stored_chunk::{Extent, StoredChunk},
};

/// The chunks of a snapshot, during reading.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    pub(crate) stored: Vec<StoredChunk>,
    /// The sequence numbers that have been read. A damaged file may contain a block twice.
    coverage: Coverage,
    /// The numbers of events so far.
    pub(crate) accounting: Accounting,
    /// The latest time of an event.
    pub(crate) last_ticks: u64,
    /// The state at the end of the previous chunk.
    pub(crate) before: Option<Cursor>,
}

/// The parts of a chunk that were not kept.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Number of bytes at the end of the chunk that are not records.
    pub(crate) unread_bytes: usize,
    /// Number of records that no writer writes.
    pub(crate) skipped: u32,
    /// Set if no record of the chunk has been read before.
    pub(crate) is_new: bool,
}

impl Chunks {
    /// Keeps the records of a chunk up to `moment_ticks`, except records that have been read before.
    pub(crate) fn take(&mut self, chunk: &Chunk<'_>, moment_ticks: u64) -> Taken {
        let start = chunk.cursor(self.before);
        let mut cursor = start;
        let mut rest = chunk.records;
        let mut extent = Extent::default();
        let (mut kept, mut late) = (LevelCounts::default(), LevelCounts::default());
        while let Some(record) = cursor.next(&mut rest) {
            let level = record.level as usize;
            // The records of a page are in the order of time.
            if record.ticks > moment_ticks || late != LevelCounts::default() {
                late[level] += 1;
                continue;
            }
            kept[level] += 1;
            extent.bytes = chunk.records.len() - rest.len();
            extent.first_ticks.get_or_insert(record.ticks);
            extent.events += 1;
            extent.end_seq = cursor.seq;
            self.last_ticks = self.last_ticks.max(record.ticks);
        }
        self.before = Some(cursor);
        let words = (chunk.records.len() / 4) as u64;
        let (key, range) = match (chunk.first_seq, cursor.seq) {
            (Some(first), Some(end)) => (chunk.writer.into(), first..end.max(first)),
            // Without sequence numbers, the place in the page identifies a record.
            _ => (
                u64::from(chunk.generation) << 32 | u64::from(chunk.page),
                chunk.from.into()..u64::from(chunk.from) + words,
            ),
        };
        let uncovered = self.coverage.uncovered(key, range.clone());
        self.coverage.insert(key, range.clone());
        let stored = StoredChunk::new(chunk, start, &extent);
        let accounting = &mut self.accounting;
        let is_new = range.is_empty() || uncovered == [range.clone()];
        if is_new {
            add(&mut accounting.kept, &kept);
            add(&mut accounting.late, &late);
            self.stored.extend(stored);
        } else if let Some(stored) = stored.filter(|_| chunk.first_seq.is_some()) {
            for part in uncovered {
                let positions = part.start - range.start..part.end - range.start;
                if let Some(part) = stored.part(positions) {
                    add(&mut accounting.kept, &part.level_counts());
                    self.stored.push(part);
                }
            }
        }
        Taken {
            unread_bytes: rest.len(),
            skipped: cursor.skipped,
            is_new,
        }
    }
}
