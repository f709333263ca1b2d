//! The union of all snapshots of a run, each event once.

use core::{mem, ops::Range};
use std::collections::{HashMap, hash_map::Entry};

use ttlog_core::SpanId;

use crate::{
    budget::Budget, coverage::Coverage, load::Loaded, source::Source, statement::Statement,
    stored_chunk::StoredChunk,
};

/// The events of a run.
///
/// The run, the number of the writer and the sequence number in the writer identify an event. A run keeps
/// each event once, so the memory does not depend on the number of snapshots.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) source: Source,
    /// Set once a file with a header has been read, which states `source`.
    has_header: bool,
    pub(crate) statements: HashMap<u32, Statement>,
    /// Chunks in their order.
    chunks: Vec<StoredChunk>,
    coverage: Coverage,
    /// Chunks whose first events lack their thread and context. The same events of another file replace
    /// them.
    headless: Vec<StoredChunk>,
    pub(crate) open_spans: HashMap<SpanId, u64>,
}

impl Run {
    /// Creates a run for its first file, still without events.
    pub(crate) fn new(loaded: &Loaded) -> Self {
        Self {
            source: loaded.source.clone(),
            has_header: !loaded.file.header.is_lost(),
            statements: HashMap::new(),
            chunks: Vec::new(),
            coverage: Coverage::default(),
            headless: Vec::new(),
            open_spans: HashMap::new(),
        }
    }

    /// Returns all chunks.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &StoredChunk> {
        self.chunks.iter().chain(&self.headless)
    }

    /// Returns whether a file with the id of this run is of the same program. If a header is lost, the id
    /// decides.
    pub(crate) fn is_of_same_program(&self, loaded: &Loaded) -> bool {
        !self.has_header || loaded.file.header.is_lost() || self.source.key() == loaded.source.key()
    }

    /// Returns whether a file has the same callsites and events as this run, as far as both have them.
    pub(crate) fn agrees_with(&self, loaded: &Loaded) -> bool {
        self.has_same_statements(loaded) && self.has_same_events(loaded)
    }

    fn has_same_statements(&self, loaded: &Loaded) -> bool {
        loaded.statements.iter().all(|(id, statement)| {
            self.statements
                .get(id)
                .is_none_or(|own| own.is_of_same_callsite(statement))
        })
    }

    fn has_same_events(&self, loaded: &Loaded) -> bool {
        loaded.chunks.iter().all(|chunk| {
            let Some((writer, range)) = chunk.identity() else {
                return true;
            };
            [&self.chunks, &self.headless].into_iter().all(|own| {
                let place = |own: &StoredChunk| own.identity().map(|(own, seqs)| (own, seqs.start));
                let first = own.partition_point(|own| place(own) <= Some((writer, range.start)));
                let end = own.partition_point(|own| place(own) < Some((writer, range.end)));
                let overlapping = own.get(first.saturating_sub(1)..end).unwrap_or_default();
                overlapping
                    .iter()
                    .filter(|own| own.identity().is_some_and(|(own, _)| own == writer))
                    .all(|own| own.agrees_with(chunk))
            })
        })
    }

    /// Moves the events that are new to this run out of `loaded`. They belong to the file with this index.
    pub(crate) fn absorb(&mut self, loaded: &mut Loaded, file: usize, budget: &mut Budget) {
        if !self.has_header {
            self.has_header = !loaded.file.header.is_lost();
            self.source.clone_from(&loaded.source);
        }
        self.source.clock.extend(&loaded.source.clock);
        for (id, statement) in mem::take(&mut loaded.statements) {
            match self.statements.entry(id) {
                Entry::Vacant(own) => drop(own.insert(statement)),
                Entry::Occupied(mut own) if statement.is_better_than(own.get()) => {
                    own.insert(statement);
                }
                Entry::Occupied(_) => {}
            }
        }
        self.open_spans.extend(mem::take(&mut loaded.open_spans));
        let mut new = mem::take(&mut loaded.chunks);
        new.iter_mut().for_each(|chunk| chunk.file = file);
        let (headless, chunks): (Vec<_>, Vec<_>) = new.into_iter().partition(|it| it.is_headless);
        for chunk in chunks {
            let new = take_new(chunk, &mut self.coverage, budget);
            self.chunks.extend(new);
        }
        self.chunks.sort_by_key(|chunk| chunk.order);
        if self.headless.is_empty() && headless.is_empty() {
            return;
        }
        let mut coverage = self.coverage.clone();
        for chunk in mem::take(&mut self.headless).into_iter().chain(headless) {
            self.headless.extend(take_new(chunk, &mut coverage, budget));
        }
        self.headless.sort_by_key(|chunk| chunk.order);
    }
}

/// Returns the parts of a chunk that are not covered, and covers them. Returns the memory of the other
/// parts to the budget.
fn take_new(chunk: StoredChunk, coverage: &mut Coverage, budget: &mut Budget) -> Vec<StoredChunk> {
    let Some((writer, range)) = chunk.identity() else {
        return vec![chunk];
    };
    let uncovered = coverage.uncovered(writer, range.clone());
    let parts = if uncovered == [range.clone()] {
        vec![chunk]
    } else {
        let positions = |part: Range<u64>| part.start - range.start..part.end - range.start;
        let parts = uncovered.into_iter().map(positions);
        let parts: Vec<_> = parts.filter_map(|part| chunk.part(part)).collect();
        let left_bytes = parts.iter().map(StoredChunk::own_cost_bytes).sum();
        budget.give_back(chunk.own_cost_bytes().saturating_sub(left_bytes));
        parts
    };
    for (writer, range) in parts.iter().filter_map(StoredChunk::identity) {
        coverage.insert(writer, range);
    }
    parts
}
