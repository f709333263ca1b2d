//! The handle of the process's recorder.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::{Duration, SystemTime},
};

use ttlog_core::{FILTER_MAX_BYTES, filter_in_force};
use ttlog_reader::Check;

use crate::{
    clock,
    current::Handle,
    debts::RequestTime,
    error::SnapshotError,
    heartbeat::{Heartbeat, ThreadHeartbeat},
    instance::Instance,
    os::crash_handler,
    panic_hook,
    reason::Reason,
    recorder, self_test,
    sender::SnapshotSender,
    stats::Stats,
    thread_lane,
    ticket::Ticket,
    view::LiveView,
};

/// A handle of this process's recorder. Clones are handles of the same recorder.
///
/// Dropping the last handle writes the requested snapshots and ends the recorder's threads.
/// [`Builder::shutdown_limit`](crate::Builder::shutdown_limit) limits the time that this takes.
///
/// # Examples
///
/// ```
/// use ttlog_std::{Trace, info};
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
///
/// let trace = Trace::builder().service("shop").directory(dir).build()?;
/// info!("order.place order_id={} total={:.2}", 7, 99.99);
/// let path = trace.request_snapshot("order_placed").wait()?;
/// println!("see `dump {}`", path.display());
/// # assert!(path.exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trace {
    handle: Arc<Handle>,
}

impl Trace {
    pub(crate) fn new(handle: Arc<Handle>) -> Self {
        Self { handle }
    }

    fn request(&self, reason: &str, time: RequestTime) -> Ticket {
        self.handle.instance().request(reason, time)
    }

    fn instance(&self) -> Arc<Instance> {
        self.handle.instance()
    }

    /// Requests a snapshot. Never blocks. See [`SnapshotSender::request_snapshot`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{Trace, error};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// error!("payment.charge fail");
    /// let ticket = trace.request_snapshot("payment_failed"); // returns at once
    /// assert!(ticket.wait()?.starts_with(dir));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_snapshot(&self, reason: impl AsRef<str>) -> Ticket {
        self.request(reason.as_ref(), RequestTime::Now)
    }

    /// Requests a snapshot after a delay. Never blocks. See [`SnapshotSender::request_snapshot_after`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::time::Duration;
    /// use ttlog_std::{Trace, info};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let ticket = trace.request_snapshot_after("slow", Duration::from_millis(50));
    /// info!("in the snapshot too");
    /// assert!(ticket.wait()?.exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_snapshot_after(&self, reason: impl AsRef<str>, delay: Duration) -> Ticket {
        self.request(reason.as_ref(), RequestTime::After(delay))
    }

    /// Returns a sender, which requests snapshots and does not keep the recorder running.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{SnapshotError, Trace};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let sender = trace.get_sender();
    /// drop(trace); // the last handle: the recorder ends
    /// let error = sender.request_snapshot("late").wait().unwrap_err();
    /// assert!(matches!(error, SnapshotError::ShutDown));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn get_sender(&self) -> SnapshotSender {
        SnapshotSender(())
    }

    /// Returns a view of the events in the ring. See [`LiveView`] for an example.
    #[must_use]
    pub fn get_buffer(&self) -> LiveView {
        LiveView {
            store: Arc::clone(self.instance().store()),
        }
    }

    /// Returns the absolute path of the directory of the snapshots.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// assert_eq!(trace.directory(), dir);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.instance().store().directory.path().to_owned()
    }

    /// Returns the numbers of events and snapshots so far. See [`Stats`] for an example.
    ///
    /// # Cost
    ///
    /// Some tens of nanoseconds for each page of the ring.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let instance = self.instance();
        let store = instance.store();
        let events = store.recorder.ring.count();
        let snapshots = &store.counts;
        Stats {
            recorded: events.recorded().iter().sum(),
            kept: events.kept.iter().sum(),
            overwritten: events.overwritten.iter().sum(),
            dropped: events.dropped.iter().sum(),
            shared: store.recorder.ring.shared().into(),
            snapshots_written: snapshots.written.load(Ordering::Relaxed),
            snapshots_merged: snapshots.merged.load(Ordering::Relaxed),
            snapshots_failed: snapshots.failed.load(Ordering::Relaxed),
            snapshots_removed: snapshots.removed.load(Ordering::Relaxed),
        }
    }

    /// Writes everything that is pending now, also within the cool-down and before the end of a delay. Call
    /// this before the process is replaced (`exec`), or ends without the exit handlers of the C library
    /// (`_exit`, `abort`), because nothing else can save requests then.
    ///
    /// # Errors
    ///
    /// - [`SnapshotError::TimedOut`] if a snapshot was not written within `limit`. It stays pending.
    /// - The error of a snapshot that failed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::time::Duration;
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let ticket = trace.request_snapshot_after("reload", Duration::from_secs(60));
    /// trace.flush(Duration::from_secs(2))?;
    /// assert!(ticket.result().is_some_and(|result| result.is_ok()));
    /// // … std::os::unix::process::CommandExt::exec
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flush(&self, limit: Duration) -> Result<(), SnapshotError> {
        self.instance().pending.flush(limit)
    }

    /// Returns a heartbeat: the program calls [`Heartbeat::beat`] regularly, and the recorder takes a
    /// snapshot if it does not. See [`Builder::stall_after`](crate::Builder::stall_after), which sets the
    /// limit and has an example. Cuts `name` to 48 bytes.
    pub fn heartbeat(&self, name: &str) -> Heartbeat {
        let instance = self.instance();
        let heartbeat = instance.pending.heartbeats.register(name);
        instance.start_writer();
        instance.pending.wake();
        heartbeat
    }

    /// As [`heartbeat`](Self::heartbeat) for the calling thread: each event that the thread records is a
    /// beat. Returns `None` if the call comes from a signal handler that interrupts the thread's first
    /// event.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::time::Duration;
    /// use ttlog_std::{Trace, info};
    ///
    /// let limit = Duration::from_secs(2);
    /// let trace = Trace::builder().directory(dir).stall_after(limit).build()?;
    /// let _watched = trace.heartbeat_of_thread("worker");
    /// for job in 0..3 {
    ///     info!("job.begin", job); // a beat
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn heartbeat_of_thread(&self, name: &str) -> Option<ThreadHeartbeat> {
        let instance = self.instance();
        let thread = thread_lane::thread_number()?;
        let heartbeat = instance.pending.heartbeats.register_thread(name, thread);
        instance.start_writer();
        instance.pending.wake();
        Some(heartbeat)
    }

    /// Checks that the recorder can do its work here: sends an event through ring, file and reader, and
    /// checks directory, space, threads, memory, descriptors, limits, clock, filter, panic hook and signals.
    /// Each problem names its cure. Call this at the start of a program, or from its health check.
    ///
    /// For a moment, the process has only the standard library's panic hook.
    ///
    /// # Cost
    ///
    /// Reads all snapshots in the directories. Writes a snapshot, which is removed afterwards. Waits for at most
    /// five seconds for a directory that does not respond, and ten seconds for the snapshot.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{PanicHook, Trace};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// PanicHook::install(trace.get_sender());
    /// for check in trace.self_test() {
    ///     println!("{check}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn self_test(&self) -> Vec<Check> {
        const LIMIT: Duration = Duration::from_secs(10);
        let instance = self.instance();
        let store = instance.store();
        let mut checks = self_test::check_directory(store.directory.path());
        if let Some(fallback) = &store.fallback {
            checks.extend(self_test::check_directory(fallback.path()));
        }
        checks.push(self_test::check_threads());
        checks.push(self_test::check_memory());
        let before = clock::ticks();
        checks.push(self_test::check_clock(
            clock::hz(),
            clock::is_counter(),
            before,
            clock::ticks(),
        ));
        checks.push(ttlog_reader::check_wall_clock(SystemTime::now()));
        let mut filter = [0; FILTER_MAX_BYTES];
        checks.push(self_test::check_filter(filter_in_force(&mut filter)));
        checks.push(self_test::check_descriptors());
        let ring = &store.recorder.ring;
        let ring_bytes = ring.page_count() as u64 * ring.page_words() as u64 * 4;
        checks.extend(self_test::check_limits(ring_bytes));
        checks.push(self_test::check_signals());
        checks.push(self_test::check_crash_handler(crash_handler::state()));
        checks.push(panic_hook::check());
        let number = recorder::random_number(before);
        checks.push(self_test::check_round_trip(number, |reason| {
            let path = self.request(reason, RequestTime::Now).wait_timeout(LIMIT);
            path.map_err(|error| {
                let waits = matches!(error, SnapshotError::TimedOut)
                    .then(|| instance.pending.wait_of(&Reason::new(reason)));
                (error, waits.flatten())
            })
        }));
        checks
    }

    /// Writes the requested snapshots, and ends the recorder's threads. Returns after `limit` at the
    /// latest. Later events are still recorded, and a later panic is still saved. Later requests fail with
    /// [`SnapshotError::ShutDown`]. A second call returns `Ok(())` at once.
    ///
    /// # Errors
    ///
    /// - [`SnapshotError::TimedOut`] if the writer thread has not ended within `limit`. It continues
    ///   without this handle.
    /// - [`SnapshotError::WriterPanicked`] if the writer thread has panicked.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::time::Duration;
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// trace.request_snapshot("shutdown");
    /// trace.shutdown(Duration::from_secs(2))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown(&self, limit: Duration) -> Result<(), SnapshotError> {
        self.instance().end(limit)
    }
}
