//! Writes a snapshot within a time limit, even if the directory never responds.

use std::{
    fmt::Debug,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    cause::SnapshotCause,
    clock,
    encode_buffers::EncodeBuffers,
    error::{self, BuildError, SnapshotError},
    os::signal_mask::BlockedSignals,
    snapshot_store::{Attempt, Place, SnapshotStore},
    standby_thread::StandbyThread,
    stderr,
    ticket::SnapshotResult,
};

/// Minimum limit after which a directory that has not responded is taken for stuck.
const STUCK_MIN: Duration = Duration::from_secs(1);

/// The time limits of a snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteLimit {
    /// Maximum time for each directory.
    each: Duration,
    /// The end of the time for all directories. `None` if there is no such end.
    end: Option<Instant>,
}

impl WriteLimit {
    /// Limits the time for each directory.
    pub(crate) const fn each(each: Duration) -> Self {
        Self { each, end: None }
    }

    /// Limits the time for each directory, and the time for all of them if there is an end.
    pub(crate) const fn until(each: Duration, end: Option<Instant>) -> Self {
        Self { each, end }
    }

    /// Limits the time for each directory further.
    pub(crate) fn min_each(self, each: Duration) -> Self {
        let each = self.each.min(each);
        Self { each, ..self }
    }

    /// Returns the maximum time for the next directory.
    fn left(self, now: Instant) -> Duration {
        let left = self.end.map(|end| end.saturating_duration_since(now));
        left.map_or(self.each, |left| left.min(self.each))
    }
}

/// Writes each snapshot on a thread that waits for that, and abandons the thread after the time limit.
#[derive(Debug)]
pub(crate) struct LimitedWriter {
    store: Arc<SnapshotStore>,
    /// Locked while a thread writes to the directory. If that thread does not return, no second thread
    /// tries the same directory.
    buffers: Arc<Mutex<EncodeBuffers>>,
    /// The same for the fallback directory, if there is one.
    fallback_buffers: Option<Arc<Mutex<EncodeBuffers>>>,
    /// `true` if a directory did not respond to the last snapshot.
    is_stuck: AtomicBool,
    runner: Box<dyn LimitedRunner>,
}

/// The writing of a snapshot to a directory.
pub(crate) type WriteWork = Box<dyn FnOnce() -> SnapshotResult + Send>;

/// Runs work beside the calling thread.
pub(crate) trait LimitedRunner: Debug + Send + Sync {
    /// Runs `work`, and waits for its result for at most `limit`. Returns an error if it cannot be started.
    fn run(&self, work: WriteWork, limit: Duration) -> Result<SnapshotResult, BuildError>;

    /// Runs `work` on the calling thread, without a limit.
    fn run_here(&self, work: WriteWork) -> SnapshotResult {
        let signals = BlockedSignals::new();
        let written = work();
        signals.discard_file_size_signal();
        written
    }
}

/// Runs each work on a thread that is started before there is one.
#[derive(Debug)]
struct ThreadRunner {
    /// The name of the threads.
    name: &'static str,
    /// The thread that waits for work. `None` while it has one, and after it did not return in time.
    idle: Mutex<Option<StandbyThread<SnapshotResult>>>,
}

impl ThreadRunner {
    /// Starts the thread. If that fails, states so once for the process on stderr.
    fn start(name: &'static str) -> Self {
        static IS_STATED: AtomicBool = AtomicBool::new(false);
        let idle = match StandbyThread::start(name) {
            Ok(thread) => Some(thread),
            Err(error) => {
                if !IS_STATED.swap(true, Ordering::Relaxed) {
                    stderr::write_line(&format!(
                        "{}: until it can be, snapshots are written without a time limit",
                        error::chain(&error)
                    ));
                }
                None
            }
        };
        Self {
            name,
            idle: Mutex::new(idle),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Option<StandbyThread<SnapshotResult>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LimitedRunner for ThreadRunner {
    fn run(&self, work: WriteWork, limit: Duration) -> Result<SnapshotResult, BuildError> {
        let idle = self.idle().take();
        let thread = match idle {
            Some(thread) => thread,
            None => StandbyThread::start(self.name)?,
        };
        let Some((thread, written)) = thread.run(work, limit) else {
            return Ok(Err(SnapshotError::TimedOut));
        };
        *self.idle() = Some(thread);
        Ok(written.unwrap_or(Err(SnapshotError::WriterPanicked)))
    }
}

impl LimitedWriter {
    /// Creates a writer whose threads have the name `name`, and starts the first of them.
    pub(crate) fn new(name: &'static str, store: Arc<SnapshotStore>) -> Self {
        Self::with_runner(
            store,
            Box::new(ThreadRunner::start(name)),
            EncodeBuffers::new,
        )
    }

    pub(crate) fn with_runner(
        store: Arc<SnapshotStore>,
        runner: Box<dyn LimitedRunner>,
        buffers: impl Fn() -> EncodeBuffers,
    ) -> Self {
        let buffers = || Arc::new(Mutex::new(buffers()));
        Self {
            buffers: buffers(),
            fallback_buffers: store.fallback.as_ref().map(|_| buffers()),
            store,
            is_stuck: AtomicBool::new(false),
            runner,
        }
    }

    /// Writes a snapshot to the directory, or to the fallback directory if that fails. Waits for `limit`
    /// at most.
    pub(crate) fn write(&self, cause: &SnapshotCause, limit: WriteLimit) -> SnapshotResult {
        self.is_stuck.store(false, Ordering::Relaxed);
        self.store.write_by(|attempt| {
            let limit = limit.left(clock::now());
            let written = self.write_in(attempt, cause, limit);
            if matches!(written, Err(SnapshotError::TimedOut)) {
                // After a short limit, the directory may only be slow.
                self.store.at(attempt.place).set_stuck(limit >= STUCK_MIN);
                self.is_stuck.store(true, Ordering::Relaxed);
            }
            written
        })
    }

    /// Returns `true` if a directory did not respond to the last snapshot.
    pub(crate) fn is_stuck(&self) -> bool {
        self.is_stuck.load(Ordering::Relaxed)
    }

    fn write_in(&self, attempt: Attempt, cause: &SnapshotCause, limit: Duration) -> SnapshotResult {
        let buffers = match (attempt.place, &self.fallback_buffers) {
            (Place::Fallback, Some(buffers)) => buffers,
            _ => &self.buffers,
        };
        let work = || -> WriteWork {
            let (store, buffers) = (Arc::clone(&self.store), Arc::clone(buffers));
            let cause = cause.clone();
            Box::new(move || write(&store, &buffers, attempt, &cause))
        };
        match self.runner.run(work(), limit) {
            Ok(written) => written,
            // There are too many threads. Writing without a limit is better than not writing.
            Err(_) => self.runner.run_here(work()),
        }
    }
}

fn write(
    store: &SnapshotStore,
    buffers: &Mutex<EncodeBuffers>,
    attempt: Attempt,
    cause: &SnapshotCause,
) -> SnapshotResult {
    let mut buffers = match buffers.try_lock() {
        Ok(buffers) => buffers,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return Err(SnapshotError::TimedOut),
    };
    let written = store.write_in(attempt, &mut buffers, cause);
    // It has responded, whatever the result.
    store.at(attempt.place).set_stuck(false);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_directories_that_do_not_respond_take_no_longer_than_the_end_allows() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let limit = WriteLimit::until(4 * second, Some(start + 5 * second));
        let first = limit.left(start);
        assert_eq!(first, 4 * second);
        assert_eq!(limit.left(start + first), second);
        assert_eq!(limit.left(start + 6 * second), Duration::ZERO);
        assert_eq!(limit.min_each(second).left(start), second);
        assert_eq!(WriteLimit::each(second).left(start), second);
    }
}
