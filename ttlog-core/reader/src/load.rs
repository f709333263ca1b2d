//! Reading one snapshot. Each block is decompressed once, and each record is decoded once.

use std::collections::HashMap;

use ttlog_core::{
    SpanId,
    decode::{self, Block, Content, DamageKind, Snapshot},
    snapshot::BLOCK_MAX_BYTES,
};

use crate::{
    accounting::{Accounting, total},
    budget::Budget,
    chunks::{Chunks, Taken},
    clock::Clock,
    damage::{Damages, Flaw},
    file_header::FileHeader,
    open_error::OpenError,
    snapshot_file::SnapshotFile,
    source::Source,
    statement::Statement,
    stored_chunk::StoredChunk,
    trim,
};

/// The content of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Still without its path and its run.
    pub(crate) file: SnapshotFile,
    /// The run id is the one that the blocks state; `None` in format version 1, and if it is not known.
    pub(crate) source: Source,
    /// The descriptions of callsites, by the id in records.
    pub(crate) statements: HashMap<u32, Statement>,
    /// Chunks in their order, each record once.
    pub(crate) chunks: Vec<StoredChunk>,
    /// The spans that were open when the first kept event was recorded, with the times at which they
    /// were entered. Only in format version 1, because its exit records do not state these times.
    pub(crate) open_spans: HashMap<SpanId, u64>,
}

/// Reads the snapshot at the start of `bytes`, which is at `offset` in the file. Notes and skips damage.
/// Ignores the sequence numbers unless `has_seq` is set.
///
/// Also returns the length of the snapshot, because another snapshot may follow it.
///
/// # Errors
///
/// Returns [`OpenError::NotASnapshot`] or [`OpenError::NoBlock`].
pub(crate) fn load(
    bytes: &[u8],
    offset: usize,
    has_seq: bool,
    budget: &mut Budget,
) -> Result<(Loaded, usize), OpenError> {
    let snapshot = Snapshot::new(bytes).map_err(OpenError::NotASnapshot)?;
    let mut loaded = Loaded::default();
    loaded.file.offset = offset;
    let mut loader = Loader {
        has_seq,
        budget,
        has_block: false,
        chunks: Chunks::default(),
        loaded,
    };
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        match block {
            Ok(block) => loader.take(block),
            Err(damage) => loader.note(damage),
        }
    }
    let loaded = loader.finish(blocks.offset())?;
    Ok((loaded, blocks.offset()))
}

struct Loader<'b> {
    has_seq: bool,
    budget: &'b mut Budget,
    has_block: bool,
    chunks: Chunks,
    loaded: Loaded,
}

impl Loader<'_> {
    fn note(&mut self, damage: decode::Damage) {
        // The next chunk does not continue the chunk before the damage.
        self.chunks.before = None;
        let offset = self.loaded.file.offset + damage.offset;
        self.loaded
            .file
            .damages
            .note(offset, Flaw::Block(damage.kind));
    }

    fn take(&mut self, block: Block<'_>) {
        self.has_block = true;
        let run_id = &mut self.loaded.source.run_id;
        *run_id = run_id.or(block.run_id).filter(|id| *id != 0);
        let offset = self.loaded.file.offset + block.offset;
        if let Err(flaw) = self.take_content(offset, block.content) {
            self.chunks.before = None;
            self.loaded.file.damages.note_once(offset, flaw);
        }
    }

    /// Keeps the content of a block. Returns the flaw because of which the rest is not kept: there is no
    /// memory left for it, or it cannot be read.
    fn take_content(&mut self, offset: usize, content: Content<'_>) -> Result<(), Flaw> {
        let loaded = &mut self.loaded;
        match content {
            Content::Header(header) if loaded.file.header.is_lost() => {
                loaded.file.header = FileHeader::new(&header);
                let run_id = loaded.source.run_id;
                loaded.source = Source::new(run_id, &loaded.file.header, Clock::of(&header));
            }
            Content::Callsites(mut callsites) => {
                for info in callsites.by_ref() {
                    self.budget.take(Statement::cost_bytes(&info))?;
                    // A later description of a callsite states more kinds.
                    loaded.statements.insert(info.id, Statement::new(&info));
                }
                if callsites.is_damaged() {
                    return Err(Flaw::Block(DamageKind::Content));
                }
            }
            Content::Pages(mut chunks) => {
                let moment_ticks = loaded.file.header.moment_ticks.unwrap_or(u64::MAX);
                for mut chunk in chunks.by_ref() {
                    self.budget
                        .take(StoredChunk::cost_bytes(chunk.records.len()))?;
                    if !self.has_seq {
                        chunk.first_seq = None;
                    }
                    let page = chunk.page;
                    let Taken {
                        unread_bytes,
                        skipped,
                        is_new,
                    } = self.chunks.take(&chunk, moment_ticks);
                    let damages = &mut loaded.file.damages;
                    if unread_bytes != 0 || skipped != 0 {
                        let flaw = Flaw::Records {
                            page,
                            unread_bytes,
                            skipped,
                        };
                        damages.note(offset, flaw);
                    } else if !is_new && damages.count() == 0 {
                        damages.note(offset, Flaw::Doubled { page });
                    }
                }
                if chunks.is_damaged() {
                    return Err(Flaw::Block(DamageKind::Content));
                }
            }
            Content::OpenSpans(mut spans) => {
                self.budget
                    .take(SnapshotFile::open_spans_cost_bytes(spans.content()))?;
                loaded.file.missing_open_spans = spans.missing();
                loaded.file.open_spans.push(spans.content().into());
                spans.by_ref().for_each(drop);
                if spans.is_damaged() {
                    return Err(Flaw::Block(DamageKind::Content));
                }
            }
            Content::End(totals) => self.chunks.accounting.totals = Some(totals),
            // A second header, or a kind of block that a later version has added.
            _ => {}
        }
        Ok(())
    }

    fn finish(self, end: usize) -> Result<Loaded, OpenError> {
        let mut loaded = self.loaded;
        if !self.has_block {
            let damage = loaded.file.damages.places().first().copied();
            return Err(OpenError::NoBlock { damage });
        }
        loaded.chunks = self.chunks.stored;
        loaded.chunks.sort_by_key(|chunk| chunk.order);
        loaded.file.accounting = self.chunks.accounting;
        let moment_ticks = loaded.file.header.moment_ticks;
        loaded.file.end_ticks = moment_ticks.unwrap_or(self.chunks.last_ticks);
        let max = loaded.file.header.events_max.unwrap_or(u64::MAX);
        let surplus = total(&loaded.file.accounting.kept).saturating_sub(max);
        loaded.open_spans = trim::trim(&mut loaded.chunks, surplus, &mut loaded.file.accounting);
        let file = &mut loaded.file;
        check(&file.accounting, file.offset + end, &mut file.damages);
        Ok(loaded)
    }
}

/// Compares the number of events with the end block. Does nothing if the file has damage, because that
/// explains a difference.
fn check(accounting: &Accounting, offset: usize, damages: &mut Damages) {
    if damages.count() != 0 {
        return;
    }
    let events = accounting.unreadable().map_or(0, |counts| total(&counts));
    if events != 0 {
        damages.note(offset, Flaw::Missing { events });
    }
    let events = accounting.surplus();
    if events != 0 {
        damages.note(offset, Flaw::Surplus { events });
    }
}
