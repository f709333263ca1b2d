//! The end of a recorder: what is pending is written, within a limit.
//!
//! ```text
//! close            requests are refused from now on, and everything that is left is due
//!   │
//! stop             the writer thread writes it, and ends
//!   │
//! wait             other threads complete the files that they are writing; again after each file below
//!   │
//! writer           this thread writes what is still left: there is no writer thread, it has panicked,
//!   │              or its directory does not respond
//! abandon          the rest is stated on stderr
//! ```

use std::time::Duration;

use crate::{
    clock,
    error::SnapshotError,
    limited_writer::{LimitedWriter, WriteLimit},
    pending_snapshots::PendingSnapshots,
    reason,
    schedule::Unserved,
    stderr,
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

    /// Waits until no snapshot is being written.
    fn wait_for_files(&mut self, limit: Duration);

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
        let hangs = matches!(ended, Err(SnapshotError::TimedOut));
        let is_stuck = hangs && !left().is_zero() && pending.store.fallback.is_some();
        if is_stuck {
            pending.store.directory.set_stuck(true);
        }
        if is_stuck || matches!(ended, Err(SnapshotError::WriterPanicked)) {
            pending.rescue(threads.writer(), self.write_limit(left()));
        }
        loop {
            // Another thread may be writing: one that panics, the writer thread if another end waits for
            // it, or another end. The process must not end before the file is complete. Another one may
            // have begun while this thread wrote.
            threads.wait_for_panics(left());
            if !hangs {
                threads.wait_for_files(left());
            }
            let is_written = pending.next_due(clock::now()).is_some()
                && pending.write_next(threads.writer(), self.write_limit(left()));
            if left().is_zero() || !(is_written || !hangs && pending.is_writing()) {
                break;
            }
        }
        let unserved = pending.abandon();
        if let Some(text) = unserved_text(&unserved) {
            let service = &pending.store.process.service;
            stderr::write_line(&format!("{service}: {text}"));
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

    /// Returns the limits of a snapshot that must be written within `left`. A directory that may not respond
    /// leaves time for the other one.
    fn write_limit(&self, left: Duration) -> WriteLimit {
        let store = &self.pending.store;
        let each = if store.fallback.is_some() && !store.directory.is_stuck() {
            left / 2
        } else {
            left
        };
        WriteLimit::until(each, clock::now().checked_add(left))
    }
}

/// Returns the line that states what was not served, or `None` if everything was.
fn unserved_text(unserved: &Unserved) -> Option<String> {
    let count = |number: u32, one: &str, more: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{number} {more}"),
    };
    let mut parts = Vec::new();
    if unserved.panics > 0 {
        let panics = count(unserved.panics, "panic is", "panics are");
        parts.push(format!("{panics} in no file at the end"));
    }
    if unserved.requests > 0 {
        let requests = count(
            unserved.requests,
            "snapshot request was",
            "snapshot requests were",
        );
        let reasons = reason::listed(unserved.reasons.iter());
        parts.push(format!("{requests} not served before the end: {reasons}"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, sync::Arc, thread};

    use super::*;
    use crate::{
        debts::RequestTime,
        encode_buffers::EncodeBuffers,
        error::BuildError,
        instance::Instance,
        limited_writer::{LimitedRunner, WriteWork},
        reason::Reason,
        settings::Settings,
        ticket::{SnapshotResult, Ticket},
    };

    const LIMIT: Duration = Duration::from_secs(60);

    /// Writes slowly.
    #[derive(Debug)]
    struct SlowRunner;

    impl LimitedRunner for SlowRunner {
        fn run(&self, work: WriteWork, _: Duration) -> Result<SnapshotResult, BuildError> {
            thread::sleep(Duration::from_millis(200));
            Ok(work())
        }
    }

    /// Panics instead of writing.
    #[derive(Debug)]
    struct PanickingRunner;

    impl LimitedRunner for PanickingRunner {
        fn run(&self, _: WriteWork, _: Duration) -> Result<SnapshotResult, BuildError> {
            panic!("as the test asks for");
        }
    }

    /// Returns an instance without threads, which has one request, and a writer that uses `runner`.
    fn requested(
        directory: &Path,
        runner: impl LimitedRunner + 'static,
    ) -> (Arc<Instance>, Ticket, LimitedWriter) {
        let settings = Settings {
            directory: Some(directory.to_owned()),
            ..Settings::default()
        };
        let instance = Instance::start_in_child(settings).unwrap();
        let pending = &instance.pending;
        let ticket = pending.request(&Reason::new("wanted"), RequestTime::Now);
        let store = Arc::clone(instance.store());
        let writer = LimitedWriter::with_runner(store, Box::new(runner), EncodeBuffers::new);
        (instance, ticket, writer)
    }

    fn end(instance: &Instance, stopped: Result<(), SnapshotError>) -> Unserved {
        let end = RecorderEnd {
            pending: &instance.pending,
            limit: LIMIT,
            is_stuck: false,
        };
        end.run(&mut NoThreads { instance, stopped }).1
    }

    /// There is no writer thread, or it has ended with this result.
    struct NoThreads<'a> {
        instance: &'a Instance,
        stopped: Result<(), SnapshotError>,
    }

    impl<'a> EndingThreads<'a> for NoThreads<'a> {
        fn stop(&mut self, _: Duration) -> Result<(), SnapshotError> {
            self.stopped.clone()
        }

        fn wait_for_panics(&mut self, _: Duration) {}

        fn wait_for_files(&mut self, limit: Duration) {
            self.instance.wait_for_files(limit);
        }

        fn writer(&mut self) -> &'a LimitedWriter {
            self.instance.panic_writer()
        }
    }

    #[test]
    fn what_another_end_has_begun_to_write_is_waited_for_and_not_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let (instance, ticket, slow) = requested(directory.path(), SlowRunner);
        let pending = &instance.pending;
        let unserved = thread::scope(|scope| {
            scope.spawn(|| assert!(pending.write_next(&slow, WriteLimit::each(LIMIT))));
            while !pending.is_writing() {
                thread::yield_now();
            }
            end(&instance, Ok(()))
        });
        assert_eq!(unserved.requests, 0);
        assert!(ticket.wait().unwrap().exists());
    }

    #[test]
    fn the_snapshot_in_which_the_writer_thread_has_panicked_is_written_by_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let (instance, ticket, panicking) = requested(directory.path(), PanickingRunner);
        let pending = &instance.pending;
        let write = || pending.write_next(&panicking, WriteLimit::each(LIMIT));
        let panicked = thread::scope(|scope| scope.spawn(write).join().is_err());
        assert!(panicked && pending.is_writing());
        // Its promise was dropped with the work.
        assert!(ticket.wait().is_err());
        let unserved = end(&instance, Err(SnapshotError::WriterPanicked));
        assert_eq!(unserved.requests, 0);
        let files = fs::read_dir(directory.path()).unwrap();
        let mut names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        assert!(names.any(|name| name.ends_with("-wanted.bin")));
    }

    #[test]
    fn what_was_not_served_is_counted_and_named_by_its_kind() {
        let text = |requests, reasons: &[&str], panics| {
            unserved_text(&Unserved {
                requests,
                reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
                panics,
            })
        };
        assert_eq!(text(0, &[], 0), None);
        assert_eq!(text(0, &[], 1).unwrap(), "1 panic is in no file at the end");
        assert_eq!(
            text(3, &["a", "b"], 2).unwrap(),
            "2 panics are in no file at the end; 3 snapshot requests were not served before the \
             end: a, b"
        );
        let many: Vec<_> = (0..10).map(|number| number.to_string()).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let text = text(10, &many, 0).unwrap();
        assert!(
            text.ends_with("not served before the end: 0, 1, 2, 3, 4, 5, 6, 7 and 2 more"),
            "{text}"
        );
    }
}
