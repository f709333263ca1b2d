//! What becomes of a request: a promise on one side, tickets on the other.

use std::{
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::error::SnapshotError;

type Result = std::result::Result<PathBuf, SnapshotError>;

#[derive(Debug, Default)]
struct Shared {
    result: Mutex<Option<Result>>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Result>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn resolve(&self, result: Result) {
        self.lock().get_or_insert(result);
        self.changed.notify_all();
    }
}

/// A request for a snapshot. It may be ignored: the snapshot is written all the same.
#[derive(Clone, Debug)]
pub struct Ticket {
    shared: Arc<Shared>,
    merged: bool,
}

impl Ticket {
    /// A ticket whose result is known.
    pub(crate) fn resolved(result: Result, merged: bool) -> Self {
        let shared = Arc::new(Shared::default());
        shared.resolve(result);
        Self { shared, merged }
    }

    /// The same request, for somebody whose request was merged into it.
    pub(crate) fn merge(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            merged: true,
        }
    }

    /// Whether the request was merged into an earlier one of the same reason, which was pending
    /// or had only just been answered. The path is then that one's.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.merged
    }

    /// Waits until the snapshot is written, and answers its path.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`], where it could not be written.
    pub fn wait(self) -> Result {
        let mut result = self.shared.lock();
        loop {
            if let Some(result) = &*result {
                return result.clone();
            }
            result = self
                .shared
                .changed
                .wait(result)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for at most so long.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::TimedOut`] where that was not enough; else as [`wait`](Self::wait).
    pub fn wait_timeout(&self, limit: Duration) -> Result {
        let end = Instant::now() + limit;
        let mut result = self.shared.lock();
        loop {
            if let Some(result) = &*result {
                return result.clone();
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(SnapshotError::TimedOut);
            }
            (result, _) = self
                .shared
                .changed
                .wait_timeout(result, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The result, if it is known by now.
    #[must_use]
    pub fn result(&self) -> Option<Result> {
        self.shared.lock().clone()
    }
}

/// The duty to resolve tickets. Dropped, it resolves them to an error, so nobody waits for ever.
#[derive(Debug)]
pub(crate) struct Promise(Arc<Shared>);

impl Promise {
    pub(crate) fn new() -> (Self, Ticket) {
        let shared = Arc::new(Shared::default());
        (
            Self(Arc::clone(&shared)),
            Ticket {
                shared,
                merged: false,
            },
        )
    }

    pub(crate) fn resolve(self, result: Result) {
        self.0.resolve(result);
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.0.resolve(Err(SnapshotError::ShutDown));
    }
}
