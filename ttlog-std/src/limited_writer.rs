//! Writes a snapshot within a time limit, even if the directory never responds.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{
    cause::SnapshotCause, encode_buffers::EncodeBuffers, error::SnapshotError,
    limited_thread::LimitedThread, os::signal_mask::BlockedSignals, snapshot_store::SnapshotStore,
    ticket::SnapshotResult,
};

/// Writes each snapshot on a thread of its own, and abandons that thread after the time limit.
#[derive(Debug)]
pub(crate) struct LimitedWriter {
    /// The name of the threads.
    name: &'static str,
    store: Arc<SnapshotStore>,
    directory: DirectoryWriter,
    fallback: Option<DirectoryWriter>,
    /// `true` if a directory did not respond to the last snapshot.
    is_stuck: AtomicBool,
}

/// A directory, and the buffers for its snapshots.
#[derive(Debug)]
struct DirectoryWriter {
    path: PathBuf,
    /// Locked while a thread writes to the directory. If that thread does not return, no second thread
    /// tries the same directory.
    buffers: Arc<Mutex<EncodeBuffers>>,
}

impl DirectoryWriter {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            buffers: Arc::new(Mutex::new(EncodeBuffers::new())),
        }
    }
}

impl LimitedWriter {
    pub(crate) fn new(name: &'static str, store: Arc<SnapshotStore>) -> Self {
        Self {
            name,
            directory: DirectoryWriter::new(&store.directory),
            fallback: store.fallback.as_deref().map(DirectoryWriter::new),
            store,
            is_stuck: AtomicBool::new(false),
        }
    }

    /// Writes a snapshot to the directory, or to the fallback directory if that fails. Waits for `limit`
    /// at most for each of them.
    pub(crate) fn write(&self, cause: &SnapshotCause, limit: Duration) -> SnapshotResult {
        self.is_stuck.store(false, Ordering::Relaxed);
        self.store.write_by(|path| {
            let fallback = self.fallback.as_ref().filter(|writer| writer.path == path);
            let written = self.write_in(fallback.unwrap_or(&self.directory), cause, limit);
            if matches!(written, Err(SnapshotError::TimedOut)) {
                self.is_stuck.store(true, Ordering::Relaxed);
            }
            written
        })
    }

    /// Returns `true` if a directory did not respond to the last snapshot.
    pub(crate) fn is_stuck(&self) -> bool {
        self.is_stuck.load(Ordering::Relaxed)
    }

    fn write_in(
        &self,
        writer: &DirectoryWriter,
        cause: &SnapshotCause,
        limit: Duration,
    ) -> SnapshotResult {
        let spawned = LimitedThread::spawn(self.name, {
            let (store, buffers) = (Arc::clone(&self.store), Arc::clone(&writer.buffers));
            let (path, cause) = (writer.path.clone(), cause.clone());
            move || write(&store, &buffers, &path, &cause)
        });
        match spawned.map(|thread| thread.join_within(limit)) {
            Ok(Some(Ok(written))) => written,
            Ok(_) => Err(SnapshotError::TimedOut),
            // There are too many threads. Writing without a limit is better than not writing.
            Err(_) => {
                let signals = BlockedSignals::new();
                let written = write(&self.store, &writer.buffers, &writer.path, cause);
                signals.discard_file_size_signal();
                written
            }
        }
    }
}

fn write(
    store: &SnapshotStore,
    buffers: &Mutex<EncodeBuffers>,
    path: &Path,
    cause: &SnapshotCause,
) -> SnapshotResult {
    let mut buffers = match buffers.try_lock() {
        Ok(buffers) => buffers,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(SnapshotError::TimedOut),
    };
    store.write_in(path, &mut buffers, cause)
}
