//! Writes the snapshot of a panic within a time limit, even if the directory never responds.

use std::{
    sync::{Arc, Mutex, TryLockError},
    time::Duration,
};

use crate::{
    encode_buffers::EncodeBuffers,
    error::SnapshotError,
    limited_thread::LimitedThread,
    snapshot_store::{Attempt, Place, SnapshotCause, SnapshotStore},
    ticket::SnapshotResult,
};

/// Maximum time for each directory. A network or a failing disk may never respond.
pub(crate) const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// The threads' name.
const NAME: &str = "ttlog-panic";

/// Writes each snapshot on a thread of its own, and abandons that thread after the time limit.
pub(crate) struct PanicWriter {
    pub(crate) store: Arc<SnapshotStore>,
    /// Locked while a thread writes to the directory. If that thread does not return, no second thread
    /// tries the same directory.
    buffers: Arc<Mutex<EncodeBuffers>>,
    /// The same for the fallback directory.
    fallback_buffers: Arc<Mutex<EncodeBuffers>>,
}

impl PanicWriter {
    pub(crate) fn new(store: Arc<SnapshotStore>) -> Self {
        Self {
            store,
            buffers: Arc::new(Mutex::new(EncodeBuffers::new())),
            fallback_buffers: Arc::new(Mutex::new(EncodeBuffers::new())),
        }
    }

    /// Writes a snapshot to the directory, or to the fallback directory if that fails.
    pub(crate) fn write(&self, cause: &SnapshotCause) -> SnapshotResult {
        self.store.write_by(|attempt| self.write_in(attempt, cause))
    }

    fn write_in(&self, attempt: Attempt, cause: &SnapshotCause) -> SnapshotResult {
        let buffers = match attempt.place {
            Place::Directory => &self.buffers,
            Place::Fallback => &self.fallback_buffers,
        };
        let spawned = LimitedThread::spawn(NAME, {
            let (store, buffers) = (Arc::clone(&self.store), Arc::clone(buffers));
            let cause = cause.clone();
            move || write(&store, &buffers, attempt, &cause)
        });
        match spawned.map(|thread| thread.join_within(WRITE_LIMIT)) {
            Ok(Some(Ok(written))) => written,
            Ok(_) => Err(SnapshotError::TimedOut),
            // There are too many threads. Writing without a limit is better than not writing.
            Err(_) => write(&self.store, buffers, attempt, cause),
        }
    }
}

fn write(
    store: &SnapshotStore,
    buffers: &Mutex<EncodeBuffers>,
    attempt: Attempt,
    cause: &SnapshotCause,
) -> SnapshotResult {
    let mut buffers = match buffers.try_lock() {
        Ok(buffers) => buffers,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(SnapshotError::TimedOut),
    };
    store.write_in(attempt, &mut buffers, cause)
}
