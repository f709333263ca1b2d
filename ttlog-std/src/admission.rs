//! The admission of requests: decides which requests get a snapshot.
//!
//! Each reason has at most one pending request, and gets no snapshot within the cool-down after the last.
//! So an error that occurs a thousand times a second cannot fill the disk, and does not delay the
//! snapshots of other reasons.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    error::SnapshotError,
    reason::Reason,
    ticket::{Promise, SnapshotResult, Ticket},
};

/// Number of reasons in a full table. A new reason then removes the reasons that have cooled down.
const REASONS_MAX: usize = 256;

/// The last admitted request of a reason.
#[derive(Debug)]
struct ReasonState {
    ticket: Ticket,
    /// The time at which the cool-down ends. `None` while the request is pending, and if the cool-down
    /// never ends.
    open_from: Option<Instant>,
    /// Number of merged requests that no file states yet.
    merged: u32,
}

impl ReasonState {
    /// Returns whether a request is merged into this one.
    fn merges_at(&self, now: Instant) -> bool {
        self.open_from.is_none_or(|open_from| now < open_from)
    }
}

/// The states of all reasons.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) cool_down: Duration,
    states: Mutex<HashMap<Reason, ReasonState>>,
}

impl Admission {
    pub(crate) fn new(cool_down: Duration) -> Self {
        Self {
            cool_down,
            states: Mutex::default(),
        }
    }

    /// Decides on a request. Returns its ticket, and a promise if it gets a snapshot. Without a promise,
    /// the request is merged.
    pub(crate) fn admit(&self, reason: &Reason, now: Instant) -> (Ticket, Option<Promise>) {
        let mut states = self.lock();
        let mut merged = 0;
        if let Some(state) = states.get_mut(reason) {
            if state.merges_at(now) {
                state.merged = state.merged.saturating_add(1);
                return (state.ticket.merge(), None);
            }
            merged = state.merged;
        } else if states.len() >= REASONS_MAX {
            states.retain(|_, state| state.merges_at(now));
        }
        let (promise, ticket) = Promise::new();
        let state = ReasonState {
            ticket: ticket.clone(),
            open_from: None,
            merged,
        };
        states.insert(reason.clone(), state);
        (ticket, Some(promise))
    }

    /// Returns the number of requests that the next snapshot covers besides the first, and resets it.
    pub(crate) fn take_merged(&self, reason: &Reason) -> u32 {
        self.lock()
            .get_mut(reason)
            .map_or(0, |state| std::mem::take(&mut state.merged))
    }

    /// Completes the pending request of a reason. The cool-down begins, unless the request could not be
    /// queued.
    pub(crate) fn complete(
        &self,
        reason: &Reason,
        promise: Promise,
        result: SnapshotResult,
        now: Instant,
    ) {
        if let Some(state) = self.lock().get_mut(reason) {
            state.open_from = match result {
                Err(SnapshotError::QueueFull | SnapshotError::ShutDown) => Some(now),
                _ => now.checked_add(self.cool_down),
            };
        }
        promise.resolve(result);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Reason, ReasonState>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn reason(text: &str) -> Reason {
        Reason::new(text)
    }

    fn new((_, promise): (Ticket, Option<Promise>)) -> Promise {
        promise.expect("merged")
    }

    #[test]
    fn requests_are_merged_and_counted_while_one_is_pending_and_during_the_cool_down() {
        let admission = Admission::new(Duration::from_secs(10));
        let start = Instant::now();
        let (a, b) = (reason("a"), reason("b"));
        let first = new(admission.admit(&a, start));
        assert!(admission.admit(&a, start).0.is_merged());
        // Another reason is admitted.
        new(admission.admit(&b, start));
        assert_eq!(admission.take_merged(&a), 1);
        admission.complete(&a, first, Ok("a.bin".into()), start);
        let (ticket, promise) = admission.admit(&a, start + Duration::from_secs(9));
        assert!(ticket.is_merged() && promise.is_none());
        assert_eq!(ticket.wait().unwrap(), PathBuf::from("a.bin"));
        new(admission.admit(&a, start + Duration::from_secs(10)));
        assert_eq!(admission.take_merged(&a), 1);
    }

    #[test]
    fn after_a_request_that_could_not_be_queued_the_next_one_is_admitted() {
        let admission = Admission::new(Duration::from_secs(10));
        let now = Instant::now();
        let promise = new(admission.admit(&reason("a"), now));
        admission.complete(&reason("a"), promise, Err(SnapshotError::QueueFull), now);
        new(admission.admit(&reason("a"), now));
    }

    #[test]
    fn many_different_reasons_do_not_grow_the_table() {
        let admission = Admission::new(Duration::from_secs(10));
        let start = Instant::now();
        for number in 0..10_000_u32 {
            let now = start + Duration::from_secs(u64::from(number));
            let reason = reason(&number.to_string());
            let promise = new(admission.admit(&reason, now));
            admission.complete(&reason, promise, Ok(PathBuf::new()), now);
        }
        assert!(admission.states.lock().unwrap().len() <= REASONS_MAX);
    }
}
