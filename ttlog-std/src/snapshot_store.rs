//! Writes snapshots: encodes the ring into a file of the directory, or of the fallback directory.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use rustix::io::Errno;
use ttlog_core::{
    FILTER_MAX_BYTES, Modules, SnapshotHeader, Totals, filter_in_force,
    snapshot::{EncodeError, Encoder},
};
use ttlog_reader::{Clock, Time};

use crate::{
    cause::SnapshotCause,
    clock,
    encode_buffers::EncodeBuffers,
    error::{self, SnapshotError},
    file_names::SnapshotNames,
    process_id,
    process_info::ProcessInfo,
    receipt::Receipt,
    recorder::{Recorder, RecorderUse},
    retention::Retention,
    snapshot_directory::SnapshotDirectory,
    snapshot_file::{Room, SnapshotFile, WrittenFile},
    snapshot_output::SnapshotOutput,
    stderr,
    ticket::SnapshotResult,
    worth::{OwnFile, Worth},
};

/// Counters for [`Stats`](crate::Stats).
#[derive(Debug, Default)]
pub(crate) struct SnapshotCounts {
    pub(crate) written: AtomicU64,
    pub(crate) merged: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) removed: AtomicU64,
}

/// One of the directories of a store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Directory,
    Fallback,
}

/// An attempt at writing a snapshot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Attempt {
    pub(crate) place: Place,
    /// Whether all directories have failed already. Then any snapshot of the service may be removed to
    /// make room, and a snapshot that does not fit is written with fewer events.
    pub(crate) is_last_resort: bool,
}

/// A recorder, its requests for snapshots, and the directories of the files.
#[derive(Debug)]
pub(crate) struct SnapshotStore {
    pub(crate) recorder: RecorderUse,
    pub(crate) process: ProcessInfo,
    pub(crate) directory: SnapshotDirectory,
    pub(crate) fallback: Option<SnapshotDirectory>,
    pub(crate) retention: Retention,
    pub(crate) counts: SnapshotCounts,
}

impl SnapshotStore {
    /// Opens the directories.
    pub(crate) fn prepare(&self) {
        for directory in self.fallback.iter().chain([&self.directory]) {
            directory.prepare();
        }
    }

    /// Closes the directories, until the next snapshot opens them.
    pub(crate) fn close(&self) {
        for directory in self.fallback.iter().chain([&self.directory]) {
            directory.close();
        }
    }

    /// Lists the directories, and removes temporary files that ended processes have left in them.
    pub(crate) fn scan(&self) {
        self.directory.scan();
        if let Some(fallback) = &self.fallback {
            fallback.scan();
        }
    }

    /// Calls `write_in` for the directory, and for the fallback directory if that fails. If both fail,
    /// calls it for both as a last resort. Counts the result, and prints errors on stderr.
    pub(crate) fn write_by(
        &self,
        mut write_in: impl FnMut(Attempt) -> SnapshotResult,
    ) -> SnapshotResult {
        let mut places = [
            (Place::Directory, Some(&self.directory)),
            (Place::Fallback, self.fallback.as_ref()),
        ];
        if self.directory.is_stuck() {
            places.reverse();
        }
        let mut errors = [None, None];
        let mut written = None;
        'attempts: for is_last_resort in [false, true] {
            for ((place, directory), error) in places.iter().zip(&mut errors) {
                // A directory that did not respond is not waited for again.
                if directory.is_none() || matches!(error, Some(SnapshotError::TimedOut)) {
                    continue;
                }
                match write_in(Attempt {
                    place: *place,
                    is_last_resort,
                }) {
                    Ok(path) => {
                        *error = None;
                        written = Some(path);
                        break 'attempts;
                    }
                    Err(failed) => *error = Some(failed),
                }
            }
        }
        for ((_, directory), error) in places.iter().zip(&errors) {
            if let (Some(directory), Some(error)) = (directory, error) {
                self.print_failure(directory, error);
            }
        }
        let counts = &self.counts;
        let (count, result) = match (written, errors) {
            (Some(path), _) => (&counts.written, Ok(path)),
            (None, [first, second]) => (
                &counts.failed,
                Err(second.or(first).unwrap_or(SnapshotError::TimedOut)),
            ),
        };
        count.fetch_add(1, Ordering::Relaxed);
        result
    }

    /// Returns the directory at a place.
    pub(crate) fn at(&self, place: Place) -> &SnapshotDirectory {
        match (place, &self.fallback) {
            (Place::Fallback, Some(fallback)) => fallback,
            _ => &self.directory,
        }
    }

    /// Writes a snapshot to a directory, on this thread. Returns the path of the file.
    pub(crate) fn write_in(
        &self,
        attempt: Attempt,
        buffers: &mut EncodeBuffers,
        cause: &SnapshotCause,
    ) -> SnapshotResult {
        let directory = self.at(attempt.place);
        let result = self.write_to(directory, attempt, buffers, cause);
        directory.fill_reserve();
        result
    }

    fn write_to(
        &self,
        directory: &SnapshotDirectory,
        attempt: Attempt,
        buffers: &mut EncodeBuffers,
        cause: &SnapshotCause,
    ) -> SnapshotResult {
        let file_error = |error| SnapshotError::File {
            path: directory.path().to_owned(),
            error: Arc::new(error),
        };
        let open = directory
            .open()
            .map_err(|error| file_error(open_error(error)))?;
        let Recorder { ring, clock, .. } = self.recorder.recorder();
        let EncodeBuffers {
            scratch,
            table,
            segments,
            file: file_buffers,
        } = buffers;
        let segments = clock.segments(ring.oldest_ticks().unwrap_or(0), segments);
        let mut filter = [0; FILTER_MAX_BYTES];
        let header = SnapshotHeader {
            kind: cause.kind,
            service: &self.process.service,
            host: &self.process.host,
            pid: process_id::get(),
            reason: &cause.reason.0,
            merged: cause.merged,
            target: &self.process.target,
            build_id: &self.process.build_id,
            filter: filter_in_force(&mut filter),
            segments,
            modules: Modules(self.process.modules),
            events_max: self.recorder.events_max(),
            ..SnapshotHeader::of(ring, cause.moment_ticks)
        };
        let mut totals = Totals::default();
        let mut events_max = 0;
        let mut encode = |output: &mut SnapshotOutput<'_>, halvings| {
            events_max = self.recorder.halved_events_max(halvings);
            let header = SnapshotHeader {
                events_max,
                ..header
            };
            let length = scratch_bytes(&header, halvings).min(scratch.len());
            let mut encoder = Encoder::lz4(&mut scratch[..length], table);
            let encoded = match &cause.hold {
                Some(hold) => encoder.encode_held(hold, &header, output),
                None => encoder.encode(ring, &header, output),
            };
            totals = encoded.map_err(|error| match error {
                EncodeError::Sink(error) => error,
                other => {
                    debug_assert!(false, "{other}");
                    Errno::NOBUFS
                }
            })?;
            Ok(())
        };
        let mut file = SnapshotFile {
            names: SnapshotNames::new(process_id::get(), directory.now(), &cause.reason),
            room: room(directory, attempt, &header),
            directory,
            open: &open,
            buffers: file_buffers,
        };
        let written = if attempt.is_last_resort {
            file.write_last_resort(&mut encode)
        } else {
            file.write(&mut encode)
        };
        let removed = file.room.removed;
        self.counts.removed.fetch_add(removed, Ordering::Relaxed);
        let WrittenFile {
            name,
            bytes,
            file,
            unsynced,
        } = written.map_err(file_error)?;
        let path = open.path.join(name);
        if let Some(error) = unsynced {
            self.print_unsynced(directory, &path, error);
        }
        if let Some(file) = file {
            let removed = directory.note_written(&open, file, &self.retention);
            self.counts.removed.fetch_add(removed, Ordering::Relaxed);
        }
        let header = SnapshotHeader {
            events_max,
            ..header
        };
        Ok(receipt(path, bytes, &header, &totals))
    }

    /// States a panic's file on stderr.
    pub(crate) fn print_saved_panic(&self, receipt: &Receipt) {
        let (service, path, events) = (&self.process.service, &receipt.path, receipt.events);
        let path = path.display();
        let noun = if events == 1 { "event" } else { "events" };
        stderr::write_line(&format!(
            "{service}: the panic is saved with {events} {noun}: {path}"
        ));
    }

    /// Prints an error on stderr, because the program may not read the ticket. Prints at most one line a
    /// minute for each directory.
    fn print_failure(&self, directory: &SnapshotDirectory, error: &SnapshotError) {
        if let Some(others) = directory.failures.note(clock::now()) {
            let (service, text) = (&self.process.service, error::chain(error));
            let others = match others {
                0 => String::new(),
                others => format!(" ({others} more snapshots failed)"),
            };
            stderr::write_line(&format!("{service}: {text}{others}"));
        }
    }

    fn print_unsynced(&self, directory: &SnapshotDirectory, path: &Path, error: Errno) {
        if directory.unsynced.note(clock::now()).is_some() {
            let (service, path) = (&self.process.service, path.display());
            stderr::write_line(&format!(
                "{service}: {path} is complete, but may not survive a crash of the machine: {error}"
            ));
        }
    }
}

/// Returns the length of the scratch buffer. A snapshot with fewer events than usual may be cut by a full
/// disk all the same. Short blocks then leave more of it readable.
fn scratch_bytes(header: &SnapshotHeader<'_>, halvings: u32) -> usize {
    const SHORT_BYTES: usize = 4 << 10;
    /// A block holds a little less than half of the scratch buffer, and has to hold the header.
    const HEADER_MAX_BYTES: usize = 1 << 10;
    let texts = [header.service, header.host, header.reason, header.target];
    let texts = texts.into_iter().chain([header.build_id, header.filter]);
    let header_bytes =
        texts.map(str::len).sum::<usize>() + header.segments.0.len() + header.modules.0.len();
    if halvings == 0 || header_bytes > HEADER_MAX_BYTES {
        usize::MAX
    } else {
        SHORT_BYTES
    }
}

fn receipt(path: PathBuf, bytes: u64, header: &SnapshotHeader<'_>, totals: &Totals) -> Receipt {
    let clock = Clock::new(header.clock_hz, header.start_ticks, &header.segments);
    let time = |ticks| match clock.time(ticks)? {
        Time::Wall { unix_ns, .. } => Some(UNIX_EPOCH + Duration::from_nanos(unix_ns)),
        _ => None,
    };
    let lost_until = totals.complete_since_ticks;
    // A reader shows neither events after the moment, nor more than `events_max`.
    let kept = totals.kept.iter().sum::<u64>().saturating_sub(totals.late);
    let events = match header.events_max {
        0 => kept,
        events_max => kept.min(events_max),
    };
    Receipt {
        path,
        bytes,
        events,
        complete_since: (lost_until > header.start_ticks)
            .then(|| time(lost_until))
            .flatten(),
        moment: time(header.moment_ticks),
    }
}

/// Returns the files that a snapshot may remove if the disk is full.
fn room(directory: &SnapshotDirectory, attempt: Attempt, header: &SnapshotHeader<'_>) -> Room {
    let next = OwnFile {
        name: String::new(),
        run: (header.run_id != 0).then_some(header.run_id),
        reason: header.reason.to_owned(),
        kind: Some(header.kind),
        moment_ns: 0,
        bytes: 0,
    };
    let ring_bytes = u64::from(header.page_count) * u64::from(header.page_words) * 4;
    Room {
        worth_max: if attempt.is_last_resort {
            Worth::FirstCrash
        } else {
            directory.worth_of_next(&next)
        },
        left_bytes: ring_bytes.saturating_mul(4),
        removed: 0,
    }
}

/// Returns the error of opening a directory.
fn open_error(error: Errno) -> io::Error {
    match error {
        Errno::LOOP | Errno::NOTDIR => io::Error::new(
            io::ErrorKind::NotADirectory,
            "the path is not a directory, or it is a link: give the path of the directory itself",
        ),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests;
