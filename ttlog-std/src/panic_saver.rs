//! Writes a panic's snapshot within a time limit, whatever the directory does.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, TryLockError},
    thread,
    time::Duration,
};

use crate::{
    error::SnapshotError,
    saver::{Buffers, Saver, Wanted},
};

/// How long a directory may take: a network's or a failing disk's may never answer.
pub(crate) const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// The name of a thread that writes.
const NAME: &str = "ttlog-panic";

/// Writes snapshots, each on a thread of its own, which can be left behind.
#[derive(Debug)]
pub(crate) struct PanicSaver {
    pub(crate) saver: Arc<Saver>,
    /// Locked while a thread writes to the directory. One that is stuck there is not joined by
    /// a second one.
    buffers: Arc<Mutex<Buffers>>,
    /// The same for the fallback directory.
    fallback_buffers: Arc<Mutex<Buffers>>,
}

impl PanicSaver {
    pub(crate) fn new(saver: Arc<Saver>) -> Self {
        Self {
            saver,
            buffers: Arc::new(Mutex::new(Buffers::new())),
            fallback_buffers: Arc::new(Mutex::new(Buffers::new())),
        }
    }

    /// Writes a snapshot to the directory, else to the fallback.
    pub(crate) fn save(&self, wanted: &Wanted) -> Result<PathBuf, SnapshotError> {
        self.saver.save_by(|path| self.save_in(path, wanted))
    }

    fn save_in(&self, path: &Path, wanted: &Wanted) -> Result<PathBuf, SnapshotError> {
        let buffers = if path == self.saver.directory {
            &self.buffers
        } else {
            &self.fallback_buffers
        };
        let (answer, answered) = crossbeam_channel::bounded(1);
        let thread = thread::Builder::new().name(NAME.to_owned());
        let spawned = thread.spawn({
            let (saver, buffers) = (Arc::clone(&self.saver), Arc::clone(buffers));
            let (path, wanted) = (path.to_owned(), wanted.clone());
            move || {
                // Nobody may be waiting any more.
                let _ = answer.send(write(&saver, &buffers, &path, &wanted));
            }
        });
        match spawned {
            Ok(_) => answered
                .recv_timeout(WRITE_LIMIT)
                .unwrap_or(Err(SnapshotError::TimedOut)),
            // There are too many threads: better without a limit than not at all.
            Err(_) => write(&self.saver, buffers, path, wanted),
        }
    }
}

fn write(
    saver: &Saver,
    buffers: &Mutex<Buffers>,
    path: &Path,
    wanted: &Wanted,
) -> Result<PathBuf, SnapshotError> {
    let mut buffers = match buffers.try_lock() {
        Ok(buffers) => buffers,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(SnapshotError::TimedOut),
    };
    saver.save_in(path, &mut buffers, wanted)
}
