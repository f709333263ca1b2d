//! Numbers of events and snapshots.

/// Numbers of events and snapshots since the recorder started. [`Trace::stats`](crate::Trace::stats)
/// returns them.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use ttlog_std::{Trace, info};
///
/// let trace = Trace::builder().directory(dir).build()?;
/// info!("order.place");
/// let stats = trace.stats();
/// assert_eq!((stats.recorded, stats.dropped), (1, 0));
/// assert_eq!(stats.recorded, stats.kept + stats.overwritten + stats.dropped);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Logged events: the sum of `kept`, `overwritten` and `dropped`.
    pub recorded: u64,
    /// Events in the ring now.
    pub kept: u64,
    /// Events that were recorded, and whose pages were reused since.
    pub overwritten: u64,
    /// Events that were not recorded.
    pub dropped: u64,
    /// Events that were recorded in a shared page, because too many threads log.
    pub shared: u64,
    /// Snapshots that were written.
    pub snapshots_written: u64,
    /// Requests that were merged into the snapshot of another request.
    pub snapshots_merged: u64,
    /// Requests that failed.
    pub snapshots_failed: u64,
    /// Old snapshots that were removed.
    pub snapshots_removed: u64,
}
