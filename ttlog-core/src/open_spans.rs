//! Recording which spans are open.

use core::{error::Error, fmt};

use crate::{
    snapshot::open_spans,
    span_table::{self, SpanTable},
};

/// Makes `table` the program's table of open spans, and begins a run in it. From then on, snapshots of this
/// run contain the spans that are open.
///
/// Call it again with the same table when another recorder starts: spans of the run before are not in the
/// snapshots of the new run.
///
/// # Errors
///
/// [`SpanTableInstalled`] if the program has another table.
///
/// # Examples
///
/// See [`SpanTable`].
pub fn record_open_spans(
    table: &'static SpanTable<'static>,
    run_id: u64,
) -> Result<(), SpanTableInstalled> {
    if !span_table::install(table) {
        return Err(SpanTableInstalled);
    }
    table.begin_run(run_id);
    open_spans::link();
    Ok(())
}

/// The program has a table of open spans already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SpanTableInstalled;

impl fmt::Display for SpanTableInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a table of open spans is installed already: install one, at the program's start",
        )
    }
}

impl Error for SpanTableInstalled {}
