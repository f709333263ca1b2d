//! Writes snapshots: encodes the ring into a file of the directory, or of the fallback directory.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use chrono::Utc;
use ttlog_core::{
    FILTER_MAX_BYTES, SnapshotHeader, Totals, filter_in_force,
    snapshot::{EncodeError, Encoder},
};
use ttlog_reader::{Clock, Time};

use crate::{
    cause::SnapshotCause,
    encode_buffers::EncodeBuffers,
    error::{self, SnapshotError},
    process_info::ProcessInfo,
    receipt::Receipt,
    recorder::{Recorder, RecorderUse},
    retention::Retention,
    snapshot_directory::SnapshotDirectory,
    ticket::SnapshotResult,
    write_sink::WriteSink,
};

/// Counters for [`Stats`](crate::Stats).
#[derive(Debug, Default)]
pub(crate) struct SnapshotCounts {
    pub(crate) written: AtomicU64,
    pub(crate) merged: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) removed: AtomicU64,
}

/// A recorder, its requests for snapshots, and the directories of the files.
#[derive(Debug)]
pub(crate) struct SnapshotStore {
    pub(crate) recorder: RecorderUse,
    pub(crate) process: ProcessInfo,
    pub(crate) directory: PathBuf,
    pub(crate) fallback: Option<PathBuf>,
    pub(crate) retention: Retention,
    pub(crate) counts: SnapshotCounts,
}

impl SnapshotStore {
    /// Calls `write_in` for the directory, and for the fallback directory if that fails. Counts the
    /// result, and prints errors.
    pub(crate) fn write_by(
        &self,
        mut write_in: impl FnMut(&Path) -> SnapshotResult,
    ) -> SnapshotResult {
        let mut attempt = |path: &Path| write_in(path).inspect_err(|error| self.print(error));
        let written = attempt(&self.directory);
        let written = match (written, &self.fallback) {
            (Err(_), Some(fallback)) => attempt(fallback),
            (written, _) => written,
        };
        let counts = &self.counts;
        let count = if written.is_ok() {
            &counts.written
        } else {
            &counts.failed
        };
        count.fetch_add(1, Ordering::Relaxed);
        written
    }

    /// Writes a snapshot to the directory `path`, on this thread. Returns the path of the file.
    pub(crate) fn write_in(
        &self,
        path: &Path,
        buffers: &mut EncodeBuffers,
        cause: &SnapshotCause,
    ) -> SnapshotResult {
        let file_error = |error| SnapshotError::File {
            path: path.to_owned(),
            error: Arc::new(error),
        };
        let directory = SnapshotDirectory::open(path).map_err(file_error)?;
        let Recorder { ring, clock, .. } = self.recorder.recorder();
        let segments = clock.segments(ring.oldest_ticks().unwrap_or(0), &mut buffers.segments);
        let mut filter = [0; FILTER_MAX_BYTES];
        let header = SnapshotHeader {
            kind: cause.kind,
            service: &self.process.service,
            host: &self.process.host,
            pid: process::id(),
            reason: &cause.reason.0,
            merged: cause.merged,
            target: &self.process.target,
            build_id: &self.process.build_id,
            filter: filter_in_force(&mut filter),
            segments,
            events_max: self.recorder.events_max(),
            ..SnapshotHeader::of(ring, cause.moment_ticks)
        };
        let mut totals = Totals::default();
        let written = directory.write_snapshot(&cause.reason, Utc::now(), |out| {
            totals = Encoder::lz4(&mut buffers.scratch, &mut buffers.table)
                .encode(ring, &header, WriteSink(out))
                .map_err(|error| match error {
                    EncodeError::Sink(error) => error,
                    other => io::Error::other(other.to_string()),
                })?;
            Ok(())
        });
        let (path, bytes) = written.map_err(file_error)?;
        let receipt = receipt(path, bytes, &header, &totals);
        let removed = self.retention.apply(&directory, &self.process.service);
        self.counts.removed.fetch_add(removed, Ordering::Relaxed);
        Ok(receipt)
    }

    /// States a panic's file on stderr.
    pub(crate) fn print_saved_panic(&self, receipt: &Receipt) {
        let (service, path, events) = (&self.process.service, &receipt.path, receipt.events);
        let _ = writeln!(
            io::stderr(),
            "ttlog: {service}: the panic is saved with {events} events: {}",
            path.display()
        );
    }

    /// Prints an error on stderr, because the program may not read the ticket. The library prints nothing
    /// else.
    fn print(&self, error: &SnapshotError) {
        let (service, text) = (&self.process.service, error::chain(error));
        let _ = writeln!(io::stderr(), "ttlog: {service}: {text}");
    }
}

fn receipt(path: PathBuf, bytes: u64, header: &SnapshotHeader<'_>, totals: &Totals) -> Receipt {
    let clock = Clock::new(header.clock_hz, header.start_ticks, &header.segments);
    let time = |ticks| match clock.time(ticks)? {
        Time::Wall { unix_ns, .. } => Some(UNIX_EPOCH + Duration::from_nanos(unix_ns)),
        _ => None,
    };
    let lost_until = totals.complete_since_ticks;
    Receipt {
        path,
        bytes,
        events: totals.kept.iter().sum(),
        complete_since_ticks: lost_until,
        complete_since: (lost_until > header.start_ticks)
            .then(|| time(lost_until))
            .flatten(),
        moment: time(header.moment_ticks),
    }
}
