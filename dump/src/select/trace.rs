//! The trace that `--trace` names.

use ttlog_reader::{Snapshots, TraceId};

use crate::{options::TracePrefix, status::Failure};

/// Returns the trace that starts with `prefix`. If there is none, returns an id that no event has.
pub(super) fn find(prefix: &TracePrefix, snapshots: &Snapshots) -> Result<TraceId, Failure> {
    /// Maximum number of traces that the error names.
    const NAMED_MAX: usize = 4;

    let mut ids = snapshots.traces();
    ids.retain(|id| prefix.fits(*id));
    match *ids {
        [] => Ok(TraceId(0)),
        [id] => Ok(id),
        _ => {
            let ids = ids.iter().take(NAMED_MAX).map(TraceId::to_string);
            let ids = ids.collect::<Vec<_>>().join(" ");
            let TracePrefix(prefix) = prefix;
            Err(Failure::Options(format!(
                "more than one trace starts with {prefix}: give more digits, for example of {ids}"
            )))
        }
    }
}
