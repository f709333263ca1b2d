//! One recorder of this process, from its start to its end.

use std::{
    convert::Infallible,
    process,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    console::Console,
    crash_context,
    error::{BuildError, SnapshotError},
    limited_thread::LimitedThread,
    limited_writer::LimitedWriter,
    pending_snapshots::PendingSnapshots,
    process_info::ProcessInfo,
    reason::Reason,
    recorder::{Recorder, RecorderUse},
    schedule::{RequestTime, Unserved},
    settings::Settings,
    snapshot_directory::{self, SnapshotDirectory, Surroundings},
    snapshot_store::{SnapshotCounts, SnapshotStore},
    stderr,
    threads::Threads,
    ticket::Ticket,
    writer_thread::WriterThread,
};

/// The name of the threads that write one panic each.
const PANIC_NAME: &str = "ttlog-panic";

/// Maximum time that the end waits for the writer thread if a directory did not respond to the last
/// panic.
const STUCK_LIMIT: Duration = Duration::from_millis(100);
/// Maximum time that a start waits for the directories. Later they are opened for each snapshot.
const OPEN_LIMIT: Duration = Duration::from_secs(1);
/// Maximum number of reasons in the line that states the requests which were not served.
const REASONS_SHOWN_MAX: usize = 8;

/// A recorder, its pending snapshots and its threads.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) pending: Arc<PendingSnapshots>,
    pub(crate) settings: Settings,
    panic_writer: OnceLock<LimitedWriter>,
    /// `None` before the first request in a child process, and after the end.
    threads: Mutex<Option<Threads>>,
    is_ended: AtomicBool,
    /// The process that the recorder belongs to.
    pid: u32,
}

impl Instance {
    /// Starts a recorder and its threads.
    pub(crate) fn start(
        settings: Settings,
        console: Option<Console>,
    ) -> Result<Arc<Self>, BuildError> {
        let recorder = Recorder::start(settings.capacity.layout()?)?;
        let instance = Self::new(settings, recorder);
        let threads = Threads::start(instance.writer(), console, &instance.pending.store)?;
        *instance.threads() = Some(threads);
        Ok(Arc::new(instance))
    }

    /// Starts the recorder of a child process after `fork`. It has no console, and no writer thread until
    /// the first request.
    pub(crate) fn start_in_child(settings: Settings) -> Result<Arc<Self>, BuildError> {
        let recorder = match Recorder::current() {
            Some(recorder) => recorder,
            None => Recorder::start(settings.capacity.layout()?)?,
        };
        Ok(Arc::new(Self::new(settings, recorder)))
    }

    fn new(mut settings: Settings, recorder: &'static Recorder) -> Self {
        let process = ProcessInfo::new(settings.service.clone(), settings.build_id.clone());
        let surroundings = Surroundings::of_system();
        let open = |path| SnapshotDirectory::new(path, &process.service, surroundings.clone());
        let fallback = settings.fallback_directory.as_deref();
        let store = Arc::new(SnapshotStore {
            recorder: RecorderUse::new(recorder),
            directory: open(snapshot_directory::path_or_default(
                settings.directory.clone(),
            )),
            fallback: fallback.map(|path| open(snapshot_directory::absolute(path))),
            process,
            retention: settings.retention,
            counts: SnapshotCounts::default(),
        });
        // A child process may have another current directory.
        settings.directory = Some(store.directory.path().to_owned());
        settings.fallback_directory = store.fallback.as_ref().map(|it| it.path().to_owned());
        open_directories(&store);
        Self {
            pending: Arc::new(PendingSnapshots::new(store, &settings)),
            settings,
            panic_writer: OnceLock::new(),
            threads: Mutex::new(None),
            is_ended: AtomicBool::new(false),
            pid: process::id(),
        }
    }

    fn writer(&self) -> WriterThread {
        WriterThread::new(Arc::clone(&self.pending), self.settings.stall_after)
    }

    pub(crate) fn store(&self) -> &Arc<SnapshotStore> {
        &self.pending.store
    }

    pub(crate) fn shutdown_limit(&self) -> Duration {
        self.settings.shutdown_limit
    }

    /// Returns the writer of panics. The first call allocates its buffers.
    pub(crate) fn panic_writer(&self) -> &LimitedWriter {
        self.panic_writer
            .get_or_init(|| LimitedWriter::new(PANIC_NAME, Arc::clone(self.store())))
    }

    /// Requests a snapshot.
    pub(crate) fn request(&self, reason: &str, time: RequestTime) -> Ticket {
        if self.pid != process::id() {
            // A child process that has no recorder of its own.
            return Ticket::failed(SnapshotError::ShutDown);
        }
        self.start_writer();
        self.pending.request(&Reason::new(reason), time)
    }

    /// Starts the writer thread of a child process. If there are too many threads, the end of the recorder
    /// writes the snapshots.
    pub(crate) fn start_writer(&self) {
        let mut threads = self.threads();
        if threads.is_none() && !self.is_ended() {
            *threads = Threads::start(self.writer(), None, self.store()).ok();
        }
    }

    /// Refuses requests from now on. Panics are still saved.
    pub(crate) fn refuse_requests(&self) {
        self.is_ended.store(true, Ordering::Release);
        self.pending.close();
    }

    /// Returns whether the recorder has ended, or is ending.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended.load(Ordering::Acquire)
    }

    /// Writes what is pending, and ends the threads. Returns after `limit` at the latest. States on stderr
    /// what could not be written. A later call only saves the panics that came after the end.
    pub(crate) fn end(&self, limit: Duration) -> Result<(), SnapshotError> {
        let start = Instant::now();
        let left = || limit.saturating_sub(start.elapsed());
        let pending = &self.pending;
        if !self.is_ended.swap(true, Ordering::AcqRel)
            && let Some(reason) = &self.settings.exit_reason
        {
            drop(pending.request(&Reason::new(reason), RequestTime::Exit));
        }
        pending.close();
        let threads = self.threads().take();
        let ended = threads.map_or(Ok(()), |threads| threads.stop(self.writer_limit(limit)));
        // A panicking thread may be writing. The process must not end before its file is complete.
        pending.panics.wait(left());
        // There is no writer thread, it has panicked, or its directory does not respond.
        while pending.next_due(Instant::now()).is_some()
            && pending.write_next(self.panic_writer(), left())
            && !left().is_zero()
        {}
        let unserved = pending.abandon();
        if unserved.requests > 0 {
            self.print(&unserved);
        }
        // An open directory would keep its file system from being unmounted.
        self.store().close();
        crash_context::close_directories();
        ended
    }

    /// Returns the time within which the writer thread must end. What is left is for another attempt.
    fn writer_limit(&self, limit: Duration) -> Duration {
        // A panic has waited already for a directory that does not respond.
        if self.panic_writer.get().is_some_and(LimitedWriter::is_stuck) {
            limit.min(STUCK_LIMIT)
        } else if self.store().fallback.is_some() {
            limit / 2
        } else {
            limit
        }
    }

    fn print(&self, unserved: &Unserved) {
        let service = &self.store().process.service;
        let shown = unserved.reasons.len().min(REASONS_SHOWN_MAX);
        let mut reasons = unserved.reasons[..shown].join(", ");
        if shown < unserved.reasons.len() {
            reasons += &format!(" and {} more", unserved.reasons.len() - shown);
        }
        stderr::write_line(&format!(
            "{service}: {} snapshot requests were not served before the end: {reasons}",
            unserved.requests
        ));
    }

    fn threads(&self) -> MutexGuard<'_, Option<Threads>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the directories, and lists them. A thread does so, and is waited for until the directories are
/// open: a disk that does not respond must not keep the program from starting.
fn open_directories(store: &Arc<SnapshotStore>) {
    let (opening, opened) = crossbeam_channel::bounded::<Infallible>(0);
    let store = Arc::clone(store);
    let thread = LimitedThread::spawn("ttlog-open", move || {
        store.prepare();
        drop(opening);
        store.scan();
    });
    // If there are too many threads, the first snapshot opens the directories.
    if thread.is_ok() {
        // No message is ever sent, so this returns when the other end is dropped, or after the limit.
        let _ = opened.recv_timeout(OPEN_LIMIT);
    }
}
