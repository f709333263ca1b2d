//! Removal of the oldest events, if there are more than the snapshot shows.

use core::mem;
use std::collections::HashMap;

use ttlog_core::SpanId;

use crate::{
    accounting::Accounting, merge::Merge, open_spans::OpenSpans, stored_chunk::StoredChunk,
};

/// Removes the `surplus` oldest events from `chunks`, and counts them as trimmed. In format version 1,
/// returns the spans that were open after the last removed event, with the times at which they were
/// entered.
pub(crate) fn trim(
    chunks: &mut Vec<StoredChunk>,
    surplus: u64,
    accounting: &mut Accounting,
) -> HashMap<SpanId, u64> {
    let mut open = OpenSpans::default();
    if surplus == 0 {
        return open.0;
    }
    // By chunk: the position after the last removed event.
    let mut ends = HashMap::new();
    let oldest = Merge::new(chunks.iter()).take(usize::try_from(surplus).unwrap_or(usize::MAX));
    for (record, chunk) in oldest {
        accounting.trim(&record);
        open.entered_ticks(&record);
        let end = ends.entry(chunk.order).or_insert(0);
        *end = match (record.seq, chunk.identity()) {
            (Some(seq), Some((_, seqs))) => seq.wrapping_sub(seqs.start) + 1,
            _ => *end + 1,
        };
    }
    let left = mem::take(chunks)
        .into_iter()
        .filter_map(|chunk| match ends.get(&chunk.order) {
            Some(end) => chunk.part(*end..u64::MAX),
            None => Some(chunk),
        });
    *chunks = left.collect();
    open.0
}
