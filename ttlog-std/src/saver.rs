//! Writes one snapshot: the ring, encoded, into a file.

use std::{
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::Utc;
use ttlog_core::snapshot::{CompressTable, EncodeError, Encoder, Sink, lz4_table};

use crate::{
    directory::Directory, error::SnapshotError, identity::Identity, reason::Reason,
    recorder::Recorder, retention::Retention,
};

/// Buffers for an encoder, made before they are needed.
pub(crate) struct Buffers {
    scratch: Vec<u8>,
    table: Box<CompressTable>,
}

impl Buffers {
    /// As much as the largest blocks take.
    const SCRATCH_BYTES: usize = 128 * 1024;

    pub(crate) fn new() -> Self {
        Self {
            scratch: vec![0; Self::SCRATCH_BYTES],
            table: Box::new(lz4_table()),
        }
    }
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Buffers")
    }
}

/// How many snapshots there have been.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) written: AtomicU64,
    pub(crate) merged: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) removed: AtomicU64,
}

/// What to write and where.
#[derive(Debug)]
pub(crate) struct Saver {
    pub(crate) recorder: &'static Recorder,
    pub(crate) identity: Identity,
    pub(crate) directory: PathBuf,
    pub(crate) fallback: Option<PathBuf>,
    pub(crate) retention: Retention,
    pub(crate) tally: Tally,
}

/// What a snapshot is to tell.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) reason: Reason,
    /// How many requests it answers besides the first.
    pub(crate) merged: u32,
    /// The moment up to which it shows events.
    pub(crate) taken_ticks: u64,
}

impl Saver {
    /// Writes a snapshot on this thread.
    pub(crate) fn save(
        &self,
        buffers: &mut Buffers,
        wanted: &Wanted,
    ) -> Result<PathBuf, SnapshotError> {
        self.save_by(|path| self.save_in(path, buffers, wanted))
    }

    /// Has a snapshot written to the directory, else to the fallback, and counts it.
    pub(crate) fn save_by(
        &self,
        mut save_in: impl FnMut(&Path) -> Result<PathBuf, SnapshotError>,
    ) -> Result<PathBuf, SnapshotError> {
        let saved = match (save_in(&self.directory), &self.fallback) {
            (Err(error), Some(fallback)) => {
                self.say(&error);
                save_in(fallback)
            }
            (saved, _) => saved,
        };
        let count = if saved.is_ok() {
            &self.tally.written
        } else {
            &self.tally.failed
        };
        count.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = &saved {
            self.say(error);
        }
        saved
    }

    /// Writes a snapshot to one directory.
    pub(crate) fn save_in(
        &self,
        path: &Path,
        buffers: &mut Buffers,
        wanted: &Wanted,
    ) -> Result<PathBuf, SnapshotError> {
        let Wanted {
            reason,
            merged,
            taken_ticks,
        } = wanted;
        let failed = |error| SnapshotError::File {
            path: path.to_owned(),
            error: Arc::new(error),
        };
        let directory = Directory::open(path).map_err(failed)?;
        let header = self
            .identity
            .header(self.recorder, reason.text(), *merged, *taken_ticks);
        let written = directory.write_snapshot(reason, Utc::now(), |out| {
            Encoder::lz4(&mut buffers.scratch, &mut buffers.table)
                .encode(&self.recorder.ring, &header, WriteSink(out))
                .map(drop)
                .map_err(|error| match error {
                    EncodeError::Sink(error) => error,
                    other => io::Error::other(other.to_string()),
                })
        });
        let written = written.map_err(failed)?;
        let removed = self.retention.apply(&directory, &self.identity.service);
        self.tally.removed.fetch_add(removed, Ordering::Relaxed);
        Ok(written)
    }

    /// The one line that the library prints: a snapshot is lost, and there may be nobody who
    /// looks at the ticket.
    fn say(&self, error: &SnapshotError) {
        let _ = writeln!(io::stderr(), "ttlog: {}: {error}", self.identity.service);
    }
}

/// A [`Sink`] that is a [`Write`].
///
/// ```
/// use ttlog_core::snapshot::Sink;
/// use ttlog_std::WriteSink;
///
/// let mut bytes = Vec::new();
/// WriteSink(&mut bytes).write(b"snapshot")?;
/// assert_eq!(bytes, b"snapshot");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct WriteSink<W>(pub W);

impl<W: Write> Sink for WriteSink<W> {
    type Error = io::Error;

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}
