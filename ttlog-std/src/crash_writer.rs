//! Writes the snapshot of a crash, in the handler of its signal.
//!
//! ```text
//! handler     records the crash, and holds the ring
//!   ▼
//! process     shares the memory, encodes the ring and writes the file: within a time limit, and a fault in it
//!   │         does not reach the program
//! process     another one, if the first is stuck in a directory: writes to the fallback directory
//!   ▼
//! handler     goes on to the action of before
//! ```
//!
//! Nothing here allocates or takes a lock that another thread may hold for long.

use std::{
    fmt, io,
    os::fd::AsFd,
    process,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use ttlog_core::{
    FILTER_MAX_BYTES, Modules, SnapshotHeader, filter_in_force,
    ring::Hold,
    snapshot::{EncodeError, Encoder, SnapshotKind},
};

use crate::{
    crash_context::{self, CrashContext, CrashDirectory, DIRECTORIES},
    crash_event,
    crash_file::{self, CrashFileName, CrashFileNames, CrashOutput, CrashPlace},
    crash_site::CrashSite,
    crash_time::CrashTime,
    encode_buffers::EncodeBuffers,
    file_system::is_too_large,
    fixed_text::FixedText,
    os::crash_handler::{self, Helper, ProcessEnd},
    recorder::{Freeze, Recorder, RecorderUse},
};

/// Maximum time for the file. With a fallback directory, each directory has half of it.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// Maximum time for a line on stderr that states that there is no file.
const PRINT_LIMIT: Duration = Duration::from_millis(500);

/// Number of times that the number of events is halved, in the attempts at a file that does not fit.
const HALVINGS: [u32; 6] = [0, 2, 4, 7, 11, 16];

/// Records a crash of the calling thread, and writes a snapshot. The handler of the signal calls this.
pub(crate) fn save(site: &CrashSite) {
    let Some(recorder) = Recorder::in_use() else {
        return;
    };
    // A recorder that starts meanwhile must not take the memory.
    let in_use = RecorderUse::new(recorder);
    // Other threads record no more, so the ring stays as it is even if another snapshot holds it.
    let _frozen = Freeze::new();
    let moment_ticks = crash_event::record(recorder, site);
    let hold = recorder.hold_alone(moment_ticks);
    let Some(mut guard) = crash_context::lock_within_limit() else {
        return;
    };
    let Some(context) = &mut *guard else {
        return;
    };
    let snapshot = CrashSnapshot {
        recorder,
        hold: hold.as_ref(),
        moment_ticks,
        site,
        // The process that writes has another id.
        pid: process::id(),
    };
    if write_in_processes(&snapshot, context) == ProcessEnd::TimedOut {
        // A process may still use all of this.
        std::mem::forget(in_use);
        std::mem::forget(guard);
    }
}

/// The directories that are tried, one after the other, and how far that is.
struct Attempts {
    places: [usize; DIRECTORIES],
    count: usize,
    /// The number of the directory that is being tried.
    current: AtomicUsize,
    /// `true` once the result is on stderr.
    is_stated: AtomicBool,
}

impl Attempts {
    fn new(context: &CrashContext) -> Self {
        let mut places = [0; DIRECTORIES];
        let mut count = 0;
        for (to, place) in places.iter_mut().zip(context.places()) {
            *to = place;
            count += 1;
        }
        Self {
            places,
            count,
            current: AtomicUsize::new(0),
            is_stated: AtomicBool::new(false),
        }
    }

    /// Returns the directories from a number on, each with its number.
    fn places_from(&self, first: usize) -> impl Iterator<Item = (usize, usize)> {
        let places = self.places.iter().copied().take(self.count);
        places.enumerate().skip(first)
    }
}

/// Writes the file in a process. If that is stuck in one directory, another process tries the next one.
fn write_in_processes(snapshot: &CrashSnapshot<'_>, context: &mut CrashContext) -> ProcessEnd {
    let attempts = Attempts::new(context);
    let limit = WRITE_LIMIT / (attempts.count.max(1) as u32);
    let mut first = 0;
    let mut last_end = ProcessEnd::Ended;
    for writer in Helper::WRITERS {
        let mut write = || snapshot.write(context, &attempts, first);
        match crash_handler::in_process(writer, &mut write, limit) {
            Some(ProcessEnd::Ended) => break,
            Some(ProcessEnd::TimedOut) => last_end = ProcessEnd::TimedOut,
            // There are too many processes, or a sandbox refuses them.
            None => {
                let _limit = crash_handler::EndTimer::start(snapshot.site.signal.number(), limit);
                write();
                break;
            }
        }
        first = attempts.current.load(Ordering::Acquire) + 1;
        if first >= attempts.count {
            break;
        }
    }
    if !attempts.is_stated.load(Ordering::Acquire) {
        let problem = match last_end {
            ProcessEnd::Ended => "the process that wrote it was ended by a fault, or killed",
            ProcessEnd::TimedOut => "no directory has responded in time",
        };
        let mut print = || snapshot.print_failed(context, format_args!("{problem}"));
        let _ = crash_handler::in_process(Helper::Printer, &mut print, PRINT_LIMIT);
    }
    last_end
}

/// A snapshot of a crash.
struct CrashSnapshot<'a> {
    recorder: &'static Recorder,
    hold: Option<&'a Hold<'static>>,
    moment_ticks: u64,
    site: &'a CrashSite,
    pid: u32,
}

impl CrashSnapshot<'_> {
    /// Writes the file into the first directory that takes it, from the attempt `first` on. If none does because
    /// the file is too large, tries again with fewer events. States the file on stderr.
    fn write(&self, context: &mut CrashContext, attempts: &Attempts, first: usize) {
        let names = CrashFileNames {
            process: context.process_name(self.pid),
            time: CrashTime::now(),
            reason: self.site.signal.reason(),
        };
        let mut error = Errno::NOENT;
        for halvings in HALVINGS {
            for (number, place) in attempts.places_from(first) {
                attempts.current.store(number, Ordering::Release);
                match self.write_in(context, place, &names, halvings) {
                    Some(Ok((name, events))) => {
                        // First: the file is complete even if stderr is stuck.
                        attempts.is_stated.store(true, Ordering::Release);
                        self.print_saved(context, place, &name, events);
                        return;
                    }
                    Some(Err(failed)) => error = failed,
                    None => {}
                }
            }
            if !is_too_large(error) {
                break;
            }
        }
        attempts.is_stated.store(true, Ordering::Release);
        let error = error.raw_os_error();
        self.print_failed(context, format_args!("error {error} of the system"));
    }

    /// Writes the file into a directory. Returns its name and its number of events, or `None` if there is no
    /// such directory.
    fn write_in(
        &self,
        context: &mut CrashContext,
        place: usize,
        names: &CrashFileNames,
        halvings: u32,
    ) -> Option<Result<(CrashFileName, u64), Errno>> {
        let CrashContext {
            buffers,
            process,
            directories,
            reserve,
            ..
        } = context;
        let buffers = buffers.as_mut()?;
        let directory = directories.get(place)?.as_ref()?;
        let opened = match (directory.open(), directory.held()) {
            // The descriptor in reserve is for the file, if possible.
            (Err(_), None) => crash_file::with_descriptor(reserve, || directory.open()),
            (opened, _) => opened,
        };
        let handle = match (&opened, directory.held()) {
            (Ok(opened), _) => opened.as_fd(),
            (Err(_), Some(held)) => held.as_fd(),
            (Err(error), None) => return Some(Err(*error)),
        };
        let EncodeBuffers {
            scratch,
            table,
            segments,
            file,
        } = buffers;
        let Recorder { ring, clock, .. } = self.recorder;
        let segments = clock.segments(ring.oldest_ticks().unwrap_or(0), segments);
        let mut filter = [0; FILTER_MAX_BYTES];
        let header = SnapshotHeader {
            kind: SnapshotKind::Signal,
            service: &process.service,
            host: &process.host,
            pid: self.pid,
            reason: self.site.signal.reason(),
            target: &process.target,
            build_id: &process.build_id,
            filter: filter_in_force(&mut filter),
            segments,
            modules: Modules(process.modules),
            events_max: self.recorder.halved_events_max(halvings),
            ..SnapshotHeader::of(ring, self.moment_ticks)
        };
        let mut events = 0;
        let mut encode = |output: &mut CrashOutput<'_>| {
            let mut encoder = Encoder::lz4(scratch, table);
            let totals = match self.hold {
                Some(hold) => encoder.encode_held(hold, &header, output),
                None => encoder.encode(ring, &header, output),
            };
            let totals = totals.map_err(|error| match error {
                EncodeError::Sink(error) => error,
                _ => Errno::NOBUFS,
            })?;
            events = totals.kept.iter().sum();
            Ok(())
        };
        let place = CrashPlace {
            handle,
            room: &directory.room,
        };
        let written = crash_file::write(place, names, file, reserve, &mut encode);
        Some(written.map(|(name, _)| (name, events)))
    }

    /// States the file on stderr.
    fn print_saved(&self, context: &CrashContext, place: usize, name: &CrashFileName, events: u64) {
        let service = &context.process.service;
        let directory = context.directories.get(place).and_then(Option::as_ref);
        let path = directory
            .map(CrashDirectory::path)
            .and_then(|path| path.to_str().ok())
            .unwrap_or_default();
        let (signal, name) = (self.site.signal.name(), name.as_str());
        let noun = if events == 1 { "event" } else { "events" };
        print(format_args!(
            "{service}: the crash by {signal} is saved with {events} {noun}: {path}/{name}"
        ));
    }

    /// States on stderr that there is no file.
    fn print_failed(&self, context: &CrashContext, problem: fmt::Arguments<'_>) {
        let (service, signal) = (&context.process.service, self.site.signal.name());
        print(format_args!(
            "{service}: the crash by {signal} could not be saved: {problem}"
        ));
    }
}

/// Writes a line to stderr, if that takes bytes now. Control characters are left out.
fn print(text: fmt::Arguments<'_>) {
    const LINE_MAX_BYTES: usize = 1_024;
    let mut line = [0; LINE_MAX_BYTES];
    let text = FixedText::<{ LINE_MAX_BYTES - 8 }>::new(text);
    let mut length = 0;
    let shown = text
        .as_str()
        .bytes()
        .filter(|byte| !byte.is_ascii_control());
    for (to, byte) in line.iter_mut().zip(b"ttlog: ".iter().copied().chain(shown)) {
        *to = byte;
        length += 1;
    }
    if let Some(end) = line.get_mut(length) {
        *end = b'\n';
        length += 1;
    }
    let stderr = io::stderr();
    let stderr = stderr.as_fd();
    let mut polled = [PollFd::new(&stderr, PollFlags::OUT)];
    let is_ready = poll(&mut polled, Some(&Timespec::default())).is_ok_and(|ready| ready > 0);
    let [polled] = &polled;
    if is_ready && polled.revents() == PollFlags::OUT {
        let _ = rustix::io::write(stderr, &line[..length]);
    }
}
