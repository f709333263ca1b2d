//! The handle of the process's recorder.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crate::{
    current::Handle, error::SnapshotError, instance::Instance, schedule::RequestTime,
    sender::SnapshotSender, stats::Stats, ticket::Ticket, view::LiveView,
};

/// A handle of this process's recorder. Clones are handles of the same recorder.
///
/// Dropping the last handle writes the requested snapshots and ends the recorder's threads.
/// [`Builder::shutdown_limit`](crate::Builder::shutdown_limit) limits the time that this takes.
///
/// # Examples
///
/// ```
/// use ttlog_std::{Trace, info};
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
///
/// let trace = Trace::builder().service("shop").directory(dir).build()?;
/// info!("order.place order_id={} total={:.2}", 7, 99.99);
/// let path = trace.request_snapshot("order_placed").wait()?;
/// println!("see `dump {}`", path.display());
/// # assert!(path.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trace {
    handle: Arc<Handle>,
}

impl Trace {
    pub(crate) fn new(handle: Arc<Handle>) -> Self {
        Self { handle }
    }

    fn request(&self, reason: &str, time: RequestTime) -> Ticket {
        self.handle.instance().request(reason, time)
    }

    fn instance(&self) -> Arc<Instance> {
        self.handle.instance()
    }

    /// Requests a snapshot. Never blocks. See [`SnapshotSender::request_snapshot`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{Trace, error};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// error!("payment.charge fail");
    /// let ticket = trace.request_snapshot("payment_failed"); // returns at once
    /// assert!(ticket.wait()?.starts_with(dir));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_snapshot(&self, reason: impl AsRef<str>) -> Ticket {
        self.request(reason.as_ref(), RequestTime::Now)
    }

    /// Requests a snapshot after a delay. Never blocks. See [`SnapshotSender::request_snapshot_after`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::time::Duration;
    /// use ttlog_std::{Trace, info};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let ticket = trace.request_snapshot_after("slow", Duration::from_millis(50));
    /// info!("in the snapshot too");
    /// assert!(ticket.wait()?.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_snapshot_after(&self, reason: impl AsRef<str>, delay: Duration) -> Ticket {
        self.request(reason.as_ref(), RequestTime::After(delay))
    }

    /// Returns a sender, which requests snapshots and does not keep the recorder running.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{SnapshotError, Trace};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let sender = trace.get_sender();
    /// drop(trace); // the last handle: the recorder ends
    /// let error = sender.request_snapshot("late").wait().unwrap_err();
    /// assert!(matches!(error, SnapshotError::ShutDown));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn get_sender(&self) -> SnapshotSender {
        SnapshotSender(())
    }

    /// Returns a view of the events in the ring. See [`LiveView`] for an example.
    #[must_use]
    pub fn get_buffer(&self) -> LiveView {
        LiveView {
            store: Arc::clone(self.instance().store()),
        }
    }

    /// Returns the absolute path of the directory of the snapshots.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// assert_eq!(trace.directory(), dir);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.instance().store().directory.path().to_owned()
    }

    /// Returns the numbers of events and snapshots so far. See [`Stats`] for an example.
    ///
    /// # Cost
    ///
    /// Some tens of nanoseconds for each page of the ring.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let instance = self.instance();
        let store = instance.store();
        let events = store.recorder.ring.count();
        let snapshots = &store.counts;
        Stats {
            recorded: events.recorded().iter().sum(),
            kept: events.kept.iter().sum(),
            overwritten: events.overwritten.iter().sum(),
            dropped: events.dropped.iter().sum(),
            shared: store.recorder.ring.shared().into(),
            snapshots_written: snapshots.written.load(Ordering::Relaxed),
            snapshots_merged: snapshots.merged.load(Ordering::Relaxed),
            snapshots_failed: snapshots.failed.load(Ordering::Relaxed),
            snapshots_removed: snapshots.removed.load(Ordering::Relaxed),
        }
    }

    /// Writes the requested snapshots, and ends the recorder's threads. Returns after `limit` at the
    /// latest. Later events are still recorded, and a later panic is still saved. Later requests fail with
    /// [`SnapshotError::ShutDown`]. A second call returns `Ok(())` at once.
    ///
    /// # Errors
    ///
    /// - [`SnapshotError::TimedOut`] if the writer thread has not ended within `limit`. It continues
    ///   without this handle.
    /// - [`SnapshotError::WriterPanicked`] if the writer thread has panicked.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::time::Duration;
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// trace.request_snapshot("shutdown");
    /// trace.shutdown(Duration::from_secs(2))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown(&self, limit: Duration) -> Result<(), SnapshotError> {
        self.instance().end(limit)
    }
}
