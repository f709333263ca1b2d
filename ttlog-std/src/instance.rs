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
    debts::RequestTime,
    error::{BuildError, SnapshotError},
    limited_thread::LimitedThread,
    limited_writer::LimitedWriter,
    pending_snapshots::PendingSnapshots,
    process_info::ProcessInfo,
    reason::Reason,
    recorder::{self, Recorder, RecorderUse},
    recorder_end::{EndingThreads, RecorderEnd},
    settings::Settings,
    snapshot_directory::{self, SnapshotDirectory, Surroundings},
    snapshot_store::{SnapshotCounts, SnapshotStore},
    threads::Threads,
    ticket::Ticket,
    writer_thread::WriterThread,
};

/// The name of the thread that writes panics, and what is left at the end.
const PANIC_NAME: &str = "ttlog-panic";

/// Maximum time that a start waits for the directories. Later they are opened for each snapshot.
const OPEN_LIMIT: Duration = Duration::from_secs(1);

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
        let recorder = Recorder::ready(settings.capacity.layout()?)?;
        let instance = Self::new(settings, recorder);
        instance.open_directories(Some(OPEN_LIMIT));
        let threads = Threads::start(instance.writer(), console, &instance.pending.store)?;
        *instance.threads() = Some(threads);
        // Last: until then, a panic is in the ring of the recorder before.
        recorder.use_from_now();
        Ok(Arc::new(instance))
    }

    /// Starts the recorder of a child process after `fork`. It has no console, and no writer thread until
    /// the first request.
    pub(crate) fn start_in_child(settings: Settings) -> Result<Arc<Self>, BuildError> {
        let recorder = match Recorder::current() {
            Some(recorder) => recorder,
            None => Recorder::start(settings.capacity.layout()?)?,
        };
        let instance = Self::new(settings, recorder);
        instance.open_directories(None);
        Ok(Arc::new(instance))
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
        Self {
            pending: Arc::new(PendingSnapshots::new(store, &settings)),
            settings,
            panic_writer: OnceLock::new(),
            threads: Mutex::new(None),
            is_ended: AtomicBool::new(false),
            pid: process::id(),
        }
    }

    /// Opens the directories, and lists them. A thread does so, because a disk that does not respond must
    /// not keep the program from starting. Waits until they are open, for at most `limit`.
    fn open_directories(&self, limit: Option<Duration>) {
        let (opening, opened) = crossbeam_channel::bounded::<Infallible>(0);
        let store = Arc::clone(self.store());
        let thread = LimitedThread::spawn("ttlog-open", move || {
            store.prepare();
            drop(opening);
            store.scan();
        });
        // If there are too many threads, the first snapshot opens the directories.
        if let (Ok(_), Some(limit)) = (thread, limit) {
            // No message is ever sent, so this returns when the other end is dropped, or after the limit.
            let _ = opened.recv_timeout(limit);
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

    /// Returns the writer of panics. The first call allocates its buffers and starts its thread.
    pub(crate) fn panic_writer(&self) -> &LimitedWriter {
        self.panic_writer
            .get_or_init(|| LimitedWriter::new(PANIC_NAME, Arc::clone(self.store())))
    }

    /// Requests a snapshot.
    pub(crate) fn request(&self, reason: &str, time: RequestTime) -> Ticket {
        let reason = Reason::new(reason);
        let refused = || Ticket::refused(&self.store().process.service, &reason);
        if self.pid != process::id() {
            // A child process that has no recorder of its own.
            return refused();
        }
        self.start_writer();
        let ticket = self.pending.request(&reason, time);
        if matches!(ticket.result(), Some(Err(SnapshotError::ShutDown))) {
            return refused();
        }
        ticket
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
        recorder::note_end();
        if !self.is_ended.swap(true, Ordering::AcqRel)
            && let Some(reason) = &self.settings.exit_reason
        {
            drop((self.pending).request(&Reason::new(reason), RequestTime::Exit));
        }
        let end = RecorderEnd {
            pending: &self.pending,
            limit,
            is_stuck: self.panic_writer.get().is_some_and(LimitedWriter::is_stuck),
        };
        let (ended, _unserved) = end.run(&mut InstanceThreads(self));
        // An open directory would keep its file system from being unmounted.
        crash_context::close_directories();
        ended
    }

    /// Waits until no snapshot is being written, for at most `limit`.
    pub(crate) fn wait_for_files(&self, limit: Duration) {
        let start = Instant::now();
        self.pending.panics.wait_until_written(limit);
        let left = limit.saturating_sub(start.elapsed());
        let _ = self.pending.wait_until_written(left);
    }

    fn threads(&self) -> MutexGuard<'_, Option<Threads>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads of an instance that is ending.
struct InstanceThreads<'a>(&'a Instance);

impl<'a> EndingThreads<'a> for InstanceThreads<'a> {
    fn stop(&mut self, limit: Duration) -> Result<(), SnapshotError> {
        let threads = self.0.threads().take();
        match threads {
            Some(threads) => threads.stop(limit),
            // Another end waits for the writer thread, or has done so until its limit.
            None => self.0.pending.wait_until_written(limit),
        }
    }

    fn wait_for_panics(&mut self, limit: Duration) {
        self.0.pending.panics.wait(limit);
    }

    fn wait_for_files(&mut self, limit: Duration) {
        self.0.wait_for_files(limit);
    }

    fn writer(&mut self) -> &'a LimitedWriter {
        self.0.panic_writer()
    }
}
