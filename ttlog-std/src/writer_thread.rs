//! The thread that writes snapshots.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    clock,
    debts::RequestTime,
    limited_writer::{LimitedWriter, WriteLimit},
    pending_snapshots::PendingSnapshots,
    reason::Reason,
    stall_monitor::StallMonitor,
};

/// The thread's name.
pub(crate) const NAME: &str = "ttlog-writer";

/// The name of the thread that writes to the directories.
const WRITE_NAME: &str = "ttlog-snapshot";
/// Maximum time for each directory. A network or a failing disk may never respond.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// Minimum time between two updates of the run's clock.
const CLOCK_INTERVAL_MIN: Duration = Duration::from_millis(10);

/// The thread's state.
pub(crate) struct WriterThread {
    pending: Arc<PendingSnapshots>,
    writer: LimitedWriter,
    /// Watches the heartbeats, if the program sets a limit.
    stalls: Option<StallMonitor>,
    /// The time of the next update of the run's clock.
    clock_due: Instant,
}

/// The next action of the thread.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WriterStep {
    /// Another step.
    Continue,
    /// Waits for a message, until this time at the latest.
    WaitUntil(Instant),
    /// All snapshots are written, and the recorder ends.
    End,
}

impl WriterThread {
    pub(crate) fn new(pending: Arc<PendingSnapshots>, stall_after: Option<Duration>) -> Self {
        let monitor = |limit| {
            let heartbeats = Arc::clone(&pending.heartbeats);
            StallMonitor::new(heartbeats, pending.store.recorder.ring, limit)
        };
        Self {
            stalls: stall_after.map(monitor),
            writer: LimitedWriter::new(WRITE_NAME, Arc::clone(&pending.store)),
            pending,
            clock_due: clock::now(),
        }
    }

    /// Creates the state of a writer thread that writes with `writer` and watches no heartbeats.
    #[cfg(test)]
    pub(crate) fn with_writer(pending: Arc<PendingSnapshots>, writer: LimitedWriter) -> Self {
        Self {
            stalls: None,
            writer,
            pending,
            clock_due: clock::now(),
        }
    }

    /// Runs until the pending snapshots are closed, and all of them are written.
    pub(crate) fn run(mut self) {
        #[cfg(test)]
        tests::panic_if_asked();
        loop {
            match self.step() {
                WriterStep::Continue => {}
                // A timeout and a message are equal: there may be something to do.
                WriterStep::WaitUntil(due) => drop(self.pending.woken.recv_deadline(due)),
                WriterStep::End => return,
            }
        }
    }

    /// Writes the next snapshot if one is due. Returns what the thread does next.
    pub(crate) fn step(&mut self) -> WriterStep {
        // Read first: what was requested before the end is then written.
        let is_closed = self.pending.is_closed();
        if self
            .pending
            .write_next(&self.writer, WriteLimit::each(WRITE_LIMIT))
        {
            if let Some(stalls) = &mut self.stalls {
                stalls.resume(clock::now());
            }
            WriterStep::Continue
        } else if is_closed {
            WriterStep::End
        } else {
            WriterStep::WaitUntil(self.next_due())
        }
    }

    /// Returns the time until which the thread waits for a message. Updates the run's clock, so that times
    /// stay exact in a program that takes no snapshots.
    fn next_due(&mut self) -> Instant {
        let now = clock::now();
        if self.clock_due <= now {
            let clock = &self.pending.store.recorder.clock;
            self.clock_due = now + clock.update().max(CLOCK_INTERVAL_MIN);
        }
        let pending = &self.pending;
        let stalls = self.stalls.as_mut();
        let check = stalls.and_then(|stalls| {
            stalls.check(now, |reason| {
                drop(pending.request(&Reason::new(&reason), RequestTime::Now));
            })
        });
        let due = pending.next_due(now).into_iter().chain(check).min();
        due.map_or(self.clock_due, |due| due.min(self.clock_due))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        env, fs,
        process::Command,
        sync::atomic::{AtomicBool, Ordering},
    };

    use crate::{PanicHook, SnapshotError, Trace, info};

    /// The variable that states the snapshot directory of the child process.
    const DIRECTORY: &str = "TTLOG_TEST_WRITER_PANIC";

    static PANICS: AtomicBool = AtomicBool::new(false);

    /// Panics in a test that asks for it.
    pub(super) fn panic_if_asked() {
        assert!(!PANICS.swap(false, Ordering::Relaxed), "asked to");
    }

    /// A panic hook is installed for a whole process, so the test runs again in a child process.
    #[test]
    fn a_panic_in_the_writer_thread_is_saved_and_the_end_serves_its_requests() {
        if let Some(directory) = env::var_os(DIRECTORY) {
            let trace = Trace::builder().directory(&directory).build().unwrap();
            PanicHook::install(trace.get_sender());
            drop(trace);
            info!("before the panic");
            PANICS.store(true, Ordering::Relaxed);
            let trace = Trace::builder().directory(&directory).build().unwrap();
            let ticket = trace.request_snapshot("asked");
            assert!(matches!(
                trace.shutdown(core::time::Duration::from_secs(20)),
                Err(SnapshotError::WriterPanicked)
            ));
            assert!(ticket.wait().unwrap().exists());
            return;
        }
        let directory = tempfile::tempdir().unwrap();
        let name = "writer_thread::tests::a_panic_in_the_writer_thread_is_saved_and_the_end_serves_its_requests";
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(DIRECTORY, directory.path())
            .output()
            .unwrap();
        assert!(
            child.status.success(),
            "{}",
            String::from_utf8_lossy(&child.stderr)
        );
        // The previous hook ran too.
        assert!(String::from_utf8_lossy(&child.stderr).contains("asked to"));
        let mut files: Vec<_> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.rsplit('-').next().unwrap().to_owned())
            .collect();
        files.sort();
        assert_eq!(files, ["asked.bin", "panic.bin"]);
    }
}
