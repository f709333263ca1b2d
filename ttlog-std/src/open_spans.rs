//! The memory for the table of open spans.

use std::sync::OnceLock;

use ttlog_core::{SpanTable, record_open_spans};

use crate::memory;

/// Number of spans that may be in the table at the same time. The table takes 192 KiB.
const SLOTS: usize = 1_024;

/// Lets the snapshots of a run contain the spans that are open. Spans of a run before are not in them.
///
/// There is one table for all recorders of the process. Without the memory for it, or if the program has a
/// table of its own, snapshots contain no open spans, or those of the program's table.
pub(crate) fn begin_run(run_id: u64) {
    static TABLE: OnceLock<Option<SpanTable<'static>>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let memory = memory::allocate(SpanTable::memory_words(SLOTS)).ok()?;
        Some(SpanTable::new(memory.leak()))
    });
    if let Some(table) = table {
        let _ = record_open_spans(table, run_id);
    }
}
