//! Writing the spans that are open.

use once_cell::race::OnceRef;

use super::{
    block::BlockKind,
    blocks::{Blocks, Incomplete},
    header::SnapshotHeader,
};
use crate::span_table::{self, ENTRY_MAX_WORDS, SpanTable};

type Write = fn(&mut Blocks<'_>, &SnapshotHeader<'_>, &SpanTable<'_>) -> Result<(), Incomplete>;

/// Set with the program's table. So only a program with a table links the code.
static WRITE: OnceRef<'static, Write> = OnceRef::new();

/// Lets snapshots contain the spans that are open.
pub(crate) fn link() {
    // There is only one value to set.
    let _ = WRITE.set(&(write_table as Write));
}

/// Writes the spans of the run that are open.
pub(super) fn write(
    blocks: &mut Blocks<'_>,
    header: &SnapshotHeader<'_>,
) -> Result<(), Incomplete> {
    match (WRITE.get(), span_table::installed()) {
        (Some(write), Some(table)) => write(blocks, header, table),
        _ => Ok(()),
    }
}

fn write_table(
    blocks: &mut Blocks<'_>,
    header: &SnapshotHeader<'_>,
    table: &SpanTable<'_>,
) -> Result<(), Incomplete> {
    if !table.is_of_run(header.run_id) {
        return Ok(());
    }
    let missing = table.missing();
    let mut words = [0; ENTRY_MAX_WORDS];
    for index in 0..table.slot_count() {
        if let Some(entry) = table.copy(index, &mut words)
            && is_before(header.moment_ticks, entry)
        {
            if blocks.rest().len() < (1 + entry.len()) * 4 {
                blocks.flush(BlockKind::OpenSpans)?;
            }
            if blocks.is_empty() {
                put(blocks, &[missing]);
            }
            put(blocks, entry);
        }
    }
    if missing != 0 && blocks.is_empty() {
        put(blocks, &[missing]);
    }
    blocks.flush(BlockKind::OpenSpans)
}

/// Returns whether a span was entered before the moment of the snapshot, or the moment is not known.
fn is_before(moment_ticks: u64, entry: &[u32]) -> bool {
    let &[_, low, high, ..] = entry else {
        return false;
    };
    moment_ticks == 0 || u64::from(high) << 32 | u64::from(low) <= moment_ticks
}

/// Appends words, if there is room for all of them.
fn put(blocks: &mut Blocks<'_>, words: &[u32]) {
    let Some(room) = blocks.rest().get_mut(..words.len() * 4) else {
        return;
    };
    for (to, word) in room.as_chunks_mut().0.iter_mut().zip(words) {
        *to = word.to_le_bytes();
    }
    blocks.take(words.len() * 4);
}
