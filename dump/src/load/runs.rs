//! The records, in runs that are in order.

use ttlog_core::{
    decode::{Chunk, Cursor},
    page::PerLevel,
};

use super::budget::{Budget, Full};

/// Records of one page that follow each other in time.
#[derive(Debug)]
pub(crate) struct Run {
    records: Box<[u8]>,
    start: Cursor,
    /// When the first event was.
    pub(crate) first_ticks: u64,
    begun: Begun,
}

/// When a run was begun, as far as that can be told. Pages of one moment, which there are where the
/// clock is coarse, were claimed in the order of generations and, in one generation, of numbers.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Begun {
    base_ticks: u64,
    generation: u32,
    page: u32,
}

impl Run {
    /// What a run takes in memory besides its records: itself, its allocation, and its part in a
    /// merge, twice each because tables grow by doubling.
    const COST_BYTES: usize = 1024;

    /// Where reading starts, and what is to be read.
    pub(crate) fn start(&self) -> (Cursor, &[u8]) {
        (self.start, &self.records)
    }
}

/// Collects runs.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    runs: Vec<Run>,
    kept: PerLevel,
    /// Events that came after the snapshot was taken.
    late: PerLevel,
    /// The latest moment of an event.
    last_ticks: u64,
    /// Where the last chunk ended.
    before: Option<Cursor>,
}

impl Runs {
    /// Takes a chunk's records until `taken_ticks`. Answers how many bytes at its end are none.
    pub(crate) fn take(
        &mut self,
        chunk: &Chunk<'_>,
        taken_ticks: u64,
        budget: &mut Budget,
    ) -> Result<usize, Full> {
        budget.take(Run::COST_BYTES + chunk.records.len())?;
        let start = chunk.cursor(self.before);
        let mut cursor = start;
        let mut rest = chunk.records;
        let mut first_ticks = None;
        let mut in_time_bytes = 0;
        let mut is_late = false;
        while let Some(record) = cursor.next(&mut rest) {
            // The records of a page are in the order of time.
            is_late |= record.ticks > taken_ticks;
            if is_late {
                self.late[record.level as usize] += 1;
                continue;
            }
            in_time_bytes = chunk.records.len() - rest.len();
            first_ticks = first_ticks.or(Some(record.ticks));
            self.last_ticks = self.last_ticks.max(record.ticks);
            self.kept[record.level as usize] += 1;
        }
        self.before = Some(cursor);
        if let Some(first_ticks) = first_ticks {
            let Chunk {
                base_ticks,
                generation,
                page,
                ..
            } = *chunk;
            let begun = Begun {
                base_ticks,
                generation,
                page,
            };
            self.runs.push(Run {
                records: chunk
                    .records
                    .get(..in_time_bytes)
                    .unwrap_or_default()
                    .into(),
                start,
                first_ticks,
                begun,
            });
        }
        Ok(rest.len())
    }

    /// The latest moment of an event.
    pub(crate) fn last_ticks(&self) -> u64 {
        self.last_ticks
    }

    /// The next chunk does not follow the one before.
    pub(crate) fn interrupt(&mut self) {
        self.before = None;
    }

    /// All runs in the order in which they were begun, how many events are in them, and how many
    /// came too late to be in them.
    pub(crate) fn finish(mut self) -> (Vec<Run>, PerLevel, PerLevel) {
        // Chunks of one page and moment stay in the order of the file.
        self.runs.sort_by_key(|run| run.begun);
        (self.runs, self.kept, self.late)
    }
}
