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
    /// Page and generation of the last chunk, and where it ended.
    before: Option<((u32, u32), Cursor)>,
}

impl Runs {
    /// Takes a chunk's records. Answers how many bytes at its end are none.
    pub(crate) fn take(&mut self, chunk: &Chunk<'_>, budget: &mut Budget) -> Result<usize, Full> {
        budget.take(Run::COST_BYTES + chunk.records.len())?;
        let page = (chunk.page, chunk.generation);
        let before = self.before.filter(|(before, _)| *before == page);
        let start = chunk.cursor(before.map(|(_, cursor)| cursor));
        let mut cursor = start;
        let mut rest = chunk.records;
        let mut first_ticks = None;
        while let Some(record) = cursor.next(&mut rest) {
            first_ticks = first_ticks.or(Some(record.ticks));
            self.kept[record.level as usize] += 1;
        }
        self.before = Some((page, cursor));
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
                records: chunk.records.into(),
                start,
                first_ticks,
                begun,
            });
        }
        Ok(rest.len())
    }

    /// The next chunk does not follow the one before.
    pub(crate) fn interrupt(&mut self) {
        self.before = None;
    }

    /// All runs in the order in which they were begun, and how many events are in them.
    pub(crate) fn finish(mut self) -> (Vec<Run>, PerLevel) {
        // Chunks of one page and moment stay in the order of the file.
        self.runs.sort_by_key(|run| run.begun);
        (self.runs, self.kept)
    }
}
