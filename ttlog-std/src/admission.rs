//! Which requests get a snapshot of their own: one for each reason at a time, and none while the
//! last one is fresh. So an error that comes a thousand times a second cannot fill the disk, and
//! one reason never keeps another from its snapshot.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    error::SnapshotError,
    outcome::{Promise, Ticket},
    reason::Reason,
};

/// How many reasons are remembered; beyond it, those that have cooled down are forgotten.
const REASONS_MAX: usize = 256;

#[derive(Debug)]
struct State {
    /// The request that is under way.
    pending: Option<Ticket>,
    /// The last answer, and when it was given.
    last: Option<(Instant, Result<PathBuf, SnapshotError>)>,
    /// Requests that were merged and are in no file yet.
    merged: u32,
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Admitted {
    /// It gets a snapshot of its own.
    New(Promise, Ticket),
    /// Another one answers it.
    Merged(Ticket),
}

/// The state of each reason.
#[derive(Debug)]
pub(crate) struct Admission {
    cool_down: Duration,
    states: Mutex<HashMap<Reason, State>>,
}

impl Admission {
    pub(crate) fn new(cool_down: Duration) -> Self {
        Self {
            cool_down,
            states: Mutex::default(),
        }
    }

    pub(crate) fn cool_down(&self) -> Duration {
        self.cool_down
    }

    pub(crate) fn admit(&self, reason: &Reason, now: Instant) -> Admitted {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = states.get_mut(reason) {
            if let Some(pending) = &state.pending {
                state.merged = state.merged.saturating_add(1);
                return Admitted::Merged(pending.merge());
            }
            if let Some((at, result)) = &state.last
                && now.saturating_duration_since(*at) < self.cool_down
            {
                state.merged = state.merged.saturating_add(1);
                return Admitted::Merged(Ticket::resolved(result.clone(), true));
            }
        } else if states.len() >= REASONS_MAX {
            states.retain(|_, state| {
                state.pending.is_some()
                    || state
                        .last
                        .as_ref()
                        .is_some_and(|(at, _)| now.saturating_duration_since(*at) < self.cool_down)
            });
        }
        let (promise, ticket) = Promise::new();
        let state = states.entry(reason.clone()).or_insert(State {
            pending: None,
            last: None,
            merged: 0,
        });
        state.pending = Some(ticket.clone());
        Admitted::New(promise, ticket)
    }

    /// How many requests the snapshot that is about to be written answers besides the first.
    pub(crate) fn take_merged(&self, reason: &Reason) -> u32 {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states
            .get_mut(reason)
            .map_or(0, |state| std::mem::take(&mut state.merged))
    }

    /// The pending request of a reason has been answered.
    pub(crate) fn answer(
        &self,
        reason: &Reason,
        promise: Promise,
        result: Result<PathBuf, SnapshotError>,
        now: Instant,
    ) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = states.get_mut(reason) {
            state.pending = None;
            state.last = Some((now, result.clone()));
        }
        drop(states);
        promise.resolve(result);
    }

    /// The request could not be queued: the next one starts afresh.
    pub(crate) fn withdraw(&self, reason: &Reason, promise: Promise, error: SnapshotError) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = states.get_mut(reason) {
            state.pending = None;
        }
        drop(states);
        promise.resolve(Err(error));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> Reason {
        Reason::new(text)
    }

    fn new(admitted: Admitted) -> Promise {
        match admitted {
            Admitted::New(promise, _) => promise,
            Admitted::Merged(_) => panic!("merged"),
        }
    }

    #[test]
    fn a_reason_is_merged_while_it_is_pending_and_while_it_cools_down_and_counted() {
        let admission = Admission::new(Duration::from_secs(10));
        let start = Instant::now();
        let (a, b) = (reason("a"), reason("b"));
        let first = new(admission.admit(&a, start));
        assert!(matches!(admission.admit(&a, start), Admitted::Merged(_)));
        // Another reason is not held up.
        new(admission.admit(&b, start));
        assert_eq!(admission.take_merged(&a), 1);
        admission.answer(&a, first, Ok("a.bin".into()), start);
        let Admitted::Merged(ticket) = admission.admit(&a, start + Duration::from_secs(9)) else {
            panic!("not merged")
        };
        assert!(ticket.is_merged());
        assert_eq!(ticket.wait().unwrap(), PathBuf::from("a.bin"));
        new(admission.admit(&a, start + Duration::from_secs(10)));
        assert_eq!(admission.take_merged(&a), 1);
    }

    #[test]
    fn a_request_that_could_not_be_queued_holds_up_no_other() {
        let admission = Admission::new(Duration::from_secs(10));
        let now = Instant::now();
        let promise = new(admission.admit(&reason("a"), now));
        admission.withdraw(&reason("a"), promise, SnapshotError::QueueFull);
        new(admission.admit(&reason("a"), now));
    }

    #[test]
    fn ever_new_reasons_do_not_grow_the_table() {
        let admission = Admission::new(Duration::from_secs(10));
        let start = Instant::now();
        for number in 0..10_000_u32 {
            let now = start + Duration::from_secs(u64::from(number));
            let reason = reason(&number.to_string());
            let promise = new(admission.admit(&reason, now));
            admission.answer(&reason, promise, Ok(PathBuf::new()), now);
        }
        assert!(admission.states.lock().unwrap().len() <= REASONS_MAX);
    }
}
