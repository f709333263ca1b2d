//! The result of a request. The writer thread has the promise, and the program has tickets.

use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::error::SnapshotError;

/// The path of a snapshot's file, or the error.
pub(crate) type SnapshotResult = Result<PathBuf, SnapshotError>;

/// A result that is not known yet.
#[derive(Debug, Default)]
struct PendingResult {
    result: Mutex<Option<SnapshotResult>>,
    changed: Condvar,
}

impl PendingResult {
    fn lock(&self) -> MutexGuard<'_, Option<SnapshotResult>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resolve(&self, result: SnapshotResult) {
        self.lock().get_or_insert(result);
        self.changed.notify_all();
    }
}

/// The result of a request for a snapshot. If the program drops the ticket, the snapshot is still
/// written.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use std::time::Duration;
/// use ttlog_std::{SnapshotError, Trace};
///
/// let trace = Trace::builder().directory(dir).build()?;
/// let ticket = trace.request_snapshot("payment_failed"); // returns at once
/// match ticket.wait_timeout(Duration::from_secs(10)) {
///     Ok(path) => println!("saved {}", path.display()),
///     Err(SnapshotError::TimedOut) => println!("not saved yet"),
///     Err(error) => println!("not saved: {error}"),
/// }
/// # assert!(ticket.wait()?.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Ticket {
    pending: Arc<PendingResult>,
    merged: bool,
}

impl Ticket {
    /// Returns a ticket of the same request, for a request that is merged into it.
    pub(crate) fn merge(&self) -> Self {
        Self {
            pending: Arc::clone(&self.pending),
            merged: true,
        }
    }

    /// Returns `true` if the request was merged into an earlier request with the same reason. The earlier
    /// request was pending, or was completed within the cool-down. Both requests have the same result.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let first = trace.request_snapshot("checkout");
    /// let second = trace.request_snapshot("checkout");
    /// assert!(!first.is_merged() && second.is_merged());
    /// assert_eq!(first.wait()?, second.wait()?); // one file
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.merged
    }

    /// Waits until the snapshot is written, and returns its path.
    ///
    /// # Errors
    ///
    /// - [`SnapshotError::QueueFull`] if the queue was full.
    /// - [`SnapshotError::ShutDown`] if the writer thread has ended.
    /// - [`SnapshotError::File`] if the file could not be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let path = trace.request_snapshot("payment_failed").wait()?;
    /// assert!(path.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(self) -> SnapshotResult {
        self.wait_timeout(Duration::MAX)
    }

    /// Waits until the snapshot is written, for at most `limit`, and returns its path.
    ///
    /// # Errors
    ///
    /// Returns [`SnapshotError::TimedOut`] if the snapshot is not written within `limit`. The request
    /// stays pending. The other errors are those of [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::time::Duration;
    /// use ttlog_std::{SnapshotError, Trace};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let ticket = trace.request_snapshot_after("checkout", Duration::from_secs(60));
    /// let result = ticket.wait_timeout(Duration::from_millis(1));
    /// assert!(matches!(result, Err(SnapshotError::TimedOut)));
    /// trace.shutdown(Duration::from_secs(5))?; // ends the delay
    /// assert!(ticket.wait()?.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_timeout(&self, limit: Duration) -> SnapshotResult {
        let (result, _) = (self.pending.changed)
            .wait_timeout_while(self.pending.lock(), limit, |result| result.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        result.clone().unwrap_or(Err(SnapshotError::TimedOut))
    }

    /// Returns the result, or `None` if the request is pending.
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
    /// let ticket = trace.request_snapshot_after("checkout", Duration::from_secs(60));
    /// assert!(ticket.result().is_none());
    /// trace.shutdown(Duration::from_secs(5))?; // ends the delay
    /// assert!(ticket.result().is_some_and(|result| result.is_ok()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn result(&self) -> Option<SnapshotResult> {
        self.pending.lock().clone()
    }
}

/// The sending half of a request: resolves its tickets. If it is dropped, it resolves them to an error,
/// so no thread waits for ever.
#[derive(Debug)]
pub(crate) struct Promise(Arc<PendingResult>);

impl Promise {
    pub(crate) fn new() -> (Self, Ticket) {
        let ticket = Ticket {
            pending: Arc::default(),
            merged: false,
        };
        (Self(Arc::clone(&ticket.pending)), ticket)
    }

    pub(crate) fn resolve(self, result: SnapshotResult) {
        self.0.resolve(result);
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.0.resolve(Err(SnapshotError::ShutDown));
    }
}
