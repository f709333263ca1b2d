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
    clock,
    error::SnapshotError,
    limited_writer::{LimitedWriter, WriteLimit},
    pending_snapshots::PendingSnapshots,
    schedule::Unserved,
    stderr,
};

/// Maximum time that the end waits for the writer thread if a directory did not respond to the last
/// panic.
const STUCK_LIMIT: Duration = Duration::from_millis(100);
/// Maximum number of reasons in the line that states the requests which were not served.
const REASONS_SHOWN_MAX: usize = 8;

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
        let Self { pending, limit, .. } = &self;
        let limit = *limit;
        let start = clock::now();
        let left = || limit.saturating_sub(clock::now().saturating_duration_since(start));
        pending.close();
        let ended = threads.stop(self.writer_limit());
        let is_stuck = matches!(ended, Err(SnapshotError::TimedOut)) && !left().is_zero();
        if is_stuck && pending.store.fallback.is_some() {
            pending.store.directory.set_stuck(true);
            pending.rescue(threads.writer(), self.write_limit(left()));
        }
        loop {
            // A panicking thread may be writing. The process must not end before its file is complete.
            // Another one may have begun while this thread wrote.
            threads.wait_for_panics(left());
            let is_written = pending.next_due(clock::now()).is_some()
                && pending.write_next(threads.writer(), self.write_limit(left()));
            // The writer thread of another end may have begun since that end was waited for.
            let is_waited_for = !is_written
                && ended.is_ok()
                && pending.is_writing()
                && pending.wait_until_written(left()).is_ok();
            if !(is_written || is_waited_for) || left().is_zero() {
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
        let reasons = unserved.reasons.iter().take(REASONS_SHOWN_MAX);
        let mut reasons = reasons.cloned().collect::<Vec<_>>().join(", ");
        if let Some(more) = unserved.reasons.len().checked_sub(REASONS_SHOWN_MAX + 1) {
            reasons += &format!(" and {} more", more + 1);
        }
        parts.push(format!("{requests} not served before the end: {reasons}"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

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
