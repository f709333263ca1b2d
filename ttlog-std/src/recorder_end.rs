//! The end of a recorder: what is pending is written, within a limit.
//!
//! ```text
//! close            requests are refused from now on, and everything that is left is due
//!   │
//! stop             the writer thread writes it, and ends
//!   │
//! wait_for_panics  panicking threads write their files; again after each file below
//!   │
//! writer           this thread writes what is still left: there is no writer thread, it has panicked,
//!   │              or its directory does not respond
//! abandon          the rest is stated on stderr
//! ```

use std::time::Duration;

use crate::{
    clock, error::SnapshotError, limited_writer::LimitedWriter,
    pending_snapshots::PendingSnapshots, reason, schedule::Unserved, stderr,
};

/// Maximum time that the end waits for the writer thread if a directory did not respond to the last
/// panic.
const STUCK_LIMIT: Duration = Duration::from_millis(100);

/// The threads that the end of a recorder waits for.
pub(crate) trait EndingThreads<'a> {
    /// Waits until the writer thread has ended. Returns at once if there is none.
    fn stop(&mut self, limit: Duration) -> Result<(), SnapshotError>;

    /// Waits until no thread is in the panic hook.
    fn wait_for_panics(&mut self, limit: Duration);

    /// Returns the writer for what the writer thread leaves.
    fn writer(&mut self) -> &'a LimitedWriter;
}

/// The end of a recorder.
pub(crate) struct RecorderEnd<'p> {
    pub(crate) pending: &'p PendingSnapshots,
    /// Maximum time.
    pub(crate) limit: Duration,
    /// Whether a directory did not respond to the last panic.
    pub(crate) is_stuck: bool,
}

impl RecorderEnd<'_> {
    /// Writes what is pending, and stops the threads. States on stderr what could not be written, and
    /// returns it. The result is that of the writer thread.
    pub(crate) fn run<'a>(
        self,
        threads: &mut impl EndingThreads<'a>,
    ) -> (Result<(), SnapshotError>, Unserved) {
        let Self { pending, limit, .. } = self;
        let start = clock::now();
        let left = || limit.saturating_sub(clock::now().saturating_duration_since(start));
        pending.close();
        let ended = threads.stop(self.writer_limit());
        let is_stuck = matches!(ended, Err(SnapshotError::TimedOut)) && !left().is_zero();
        if is_stuck && pending.store.fallback.is_some() {
            pending.store.directory.set_stuck(true);
            pending.rescue(threads.writer(), left());
        }
        loop {
            // A panicking thread may be writing. The process must not end before its file is complete.
            // Another one may have begun while this thread wrote.
            threads.wait_for_panics(left());
            let is_written = pending.next_due(clock::now()).is_some()
                && pending.write_next(threads.writer(), left());
            if !is_written || left().is_zero() {
                break;
            }
        }
        let unserved = pending.abandon();
        if unserved.requests > 0 {
            self.print(&unserved);
        }
        // An open directory would keep its file system from being unmounted.
        pending.store.close();
        (ended, unserved)
    }

    /// Returns the time within which the writer thread must end. What is left is for another attempt.
    fn writer_limit(&self) -> Duration {
        // A panic has waited already for a directory that does not respond.
        if self.is_stuck {
            self.limit.min(STUCK_LIMIT)
        } else if self.pending.store.fallback.is_some() {
            self.limit / 2
        } else {
            self.limit
        }
    }

    fn print(&self, unserved: &Unserved) {
        let service = &self.pending.store.process.service;
        let reasons = reason::listed(&unserved.reasons);
        stderr::write_line(&format!(
            "{service}: {} snapshot requests were not served before the end: {reasons}",
            unserved.requests
        ));
    }
}
