//! The result of a request. The writer thread has the promise, and the program has tickets.

use std::{
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    clock,
    error::SnapshotError,
    process_id,
    reason::Reason,
    receipt::Receipt,
    stderr::{self, RepeatedProblem},
};

/// The receipt of a snapshot, or the error.
pub(crate) type SnapshotResult = Result<Receipt, SnapshotError>;

/// A result that is not known yet.
#[derive(Debug)]
struct PendingResult {
    result: Mutex<Option<SnapshotResult>>,
    changed: Condvar,
    /// The process that requested the snapshot.
    pid: u32,
    /// Set for a request that was refused because the recorder has ended.
    refused: Option<RefusedRequest>,
}

/// A request that was refused because the recorder has ended. If it is dropped before the program has read
/// the error, a line on stderr states it, at most once a minute.
#[derive(Debug)]
struct RefusedRequest {
    line: String,
    is_read: AtomicBool,
}

impl Drop for RefusedRequest {
    fn drop(&mut self) {
        static PROBLEM: RepeatedProblem = RepeatedProblem::new();
        if *self.is_read.get_mut() {
            return;
        }
        match PROBLEM.note(clock::now()) {
            None => {}
            Some(0) => stderr::write_line(&self.line),
            Some(others) => stderr::write_line(&format!(
                "{} ({others} more requests were refused)",
                self.line
            )),
        }
    }
}

impl PendingResult {
    fn new(result: Option<SnapshotResult>, refused: Option<RefusedRequest>) -> Arc<Self> {
        Arc::new(Self {
            refused,
            result: Mutex::new(result),
            changed: Condvar::new(),
            pid: process_id::get(),
        })
    }

    /// Notes that the program has read the result.
    fn note_read(&self) {
        if let Some(refused) = &self.refused {
            refused.is_read.store(true, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<SnapshotResult>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the result in a child process after `fork`. The thread that would resolve it, or that
    /// holds the lock, does not exist in the child.
    fn in_child(&self) -> Option<SnapshotResult> {
        if self.pid == process_id::get() {
            return None;
        }
        let result = match self.result.try_lock() {
            Ok(result) => result.clone(),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().clone(),
            Err(TryLockError::WouldBlock) => None,
        };
        Some(result.unwrap_or(Err(SnapshotError::ShutDown)))
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
    /// Returns a ticket of a request that failed at once.
    pub(crate) fn failed(error: SnapshotError) -> Self {
        Self {
            pending: PendingResult::new(Some(Err(error)), None),
            merged: false,
        }
    }

    /// Returns a ticket of a request that was refused because the recorder of `service` has ended.
    pub(crate) fn refused(service: &str, reason: &Reason) -> Self {
        let error = SnapshotError::ShutDown;
        let refused = RefusedRequest {
            line: format!("{service}: no snapshot of {}: {error}", reason.0),
            is_read: AtomicBool::new(false),
        };
        Self {
            pending: PendingResult::new(Some(Err(error)), Some(refused)),
            merged: false,
        }
    }

    /// Resolves the request for its promise, whose holder does not respond. The first result holds.
    pub(crate) fn resolve(&self, result: SnapshotResult) {
        self.pending.resolve(result);
    }

    /// Returns a ticket of the same request, for a request that is merged into it.
    pub(crate) fn merge(&self) -> Self {
        Self {
            pending: Arc::clone(&self.pending),
            merged: true,
        }
    }

    /// Returns `true` if the request was merged into an earlier request with the same reason that no file
    /// covered yet. Both requests have the same result.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// trace.request_snapshot("checkout").wait()?;
    /// // Both wait until the cool-down has ended.
    /// let second = trace.request_snapshot("checkout");
    /// let third = trace.request_snapshot("checkout");
    /// assert!(!second.is_merged() && third.is_merged());
    /// assert_eq!(second.wait()?, third.wait()?); // one file
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.merged
    }

    /// Waits until a file covers the request, and returns its path. Ends when the recorder ends at the
    /// latest. If a file with this reason was written a short time ago, the request waits for the end of
    /// the cool-down ([`Builder::cool_down`](crate::Builder::cool_down)).
    ///
    /// # Errors
    ///
    /// - [`SnapshotError::QueueFull`] if the queue was full.
    /// - [`SnapshotError::ShutDown`] if the recorder ended before the file was written.
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
    pub fn wait(self) -> Result<PathBuf, SnapshotError> {
        self.receipt().map(|receipt| receipt.path)
    }

    /// As [`wait`](Self::wait), and returns the receipt: the file, and what it covers.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// See [`Receipt`].
    pub fn receipt(self) -> SnapshotResult {
        self.resolved_within(Duration::MAX)
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
    pub fn wait_timeout(&self, limit: Duration) -> Result<PathBuf, SnapshotError> {
        self.resolved_within(limit).map(|receipt| receipt.path)
    }

    pub(crate) fn resolved_within(&self, limit: Duration) -> SnapshotResult {
        self.pending.note_read();
        if let Some(result) = self.pending.in_child() {
            return result;
        }
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
    pub fn result(&self) -> Option<Result<PathBuf, SnapshotError>> {
        self.pending.note_read();
        let in_child = self.pending.in_child();
        let result = in_child.or_else(|| self.pending.lock().clone())?;
        Some(result.map(|receipt| receipt.path))
    }
}

/// The sending half of a request: resolves its tickets. If it is dropped, it resolves them to an error,
/// so no thread waits for ever.
#[derive(Debug)]
pub(crate) struct Promise(Arc<PendingResult>);

impl Promise {
    pub(crate) fn new() -> (Self, Ticket) {
        let ticket = Ticket {
            pending: PendingResult::new(None, None),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_request_is_stated_only_if_the_program_does_not_read_it() {
        stderr::simulated::collect(true);
        let refused = || Ticket::refused("shop", &Reason::new("late"));
        assert!(refused().result().is_some());
        assert!(refused().wait().is_err());
        let ignored = refused();
        drop(ignored.clone());
        drop(ignored);
        let lines = stderr::simulated::collect(false);
        let [line] = &*lines else {
            panic!("{lines:?}");
        };
        assert!(
            line.starts_with("shop: no snapshot of late: the recorder has ended"),
            "{line}"
        );
    }
}
