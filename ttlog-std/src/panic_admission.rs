//! Which panics get a snapshot of their own: those that no snapshot tells of yet, one for each
//! place in the source and few in all, so that panics that are caught cannot fill the disk.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    error::SnapshotError,
    outcome::{Promise, Ticket},
    panic_saver::WRITE_LIMIT,
};

/// The most snapshots of panics within the cool-down.
const SNAPSHOTS_MAX: usize = 4;

/// How long a thread that panics waits for the snapshots of others: each may try two directories.
/// With `panic = "abort"` the process ends when the first of them returns.
const OTHERS_LIMIT: Duration = WRITE_LIMIT.saturating_mul(2);

/// What the standard library's panics say that only pass another one on.
const PASSED_ON: [&str; 5] = [
    // `thread::scope`, `JoinHandle::join`, and a lock that was held.
    "a scoped thread panicked",
    "Any { .. }",
    "PoisonError { .. }",
    // A panic that cannot unwind any further, and becomes an abort.
    "panic in a destructor during cleanup",
    "panic in a function that cannot unwind",
];

/// A panic that has been recorded.
#[derive(Debug)]
pub(crate) struct Arrival {
    place: String,
    /// Whether it only passes another panic on.
    passed_on: bool,
    /// How many snapshots had been begun before: later ones tell of this panic.
    begun_before: u64,
}

/// What becomes of a panic.
#[derive(Debug)]
pub(crate) enum Admitted {
    /// It gets a snapshot of its own.
    New {
        promise: Promise,
        /// How many panics were merged since the last snapshot.
        merged: u32,
        /// The moment of the newest panic.
        taken_ticks: u64,
    },
    /// Another one's snapshot has to do.
    Merged,
}

#[derive(Debug, Default)]
struct State {
    /// The snapshot that is being written.
    pending: Option<Ticket>,
    /// How many snapshots have been begun.
    begun: u64,
    /// The number of the last one that was written.
    written: u64,
    /// Those that were begun within the cool-down: for which place, and when.
    fresh: Vec<(String, Instant)>,
    /// When the newest panic was recorded.
    newest_ticks: u64,
    /// Panics that were merged since the last snapshot.
    merged: u32,
}

/// The state of all panics of the process.
#[derive(Debug)]
pub(crate) struct PanicAdmission {
    cool_down: Duration,
    state: Mutex<State>,
}

impl PanicAdmission {
    pub(crate) fn new(cool_down: Duration) -> Self {
        Self {
            cool_down,
            state: Mutex::default(),
        }
    }

    /// A panic has been recorded; every snapshot that is begun from now on tells of it.
    pub(crate) fn arrive(&self, place: String, message: &str, ticks: u64) -> Arrival {
        let mut state = self.lock();
        state.newest_ticks = state.newest_ticks.max(ticks);
        Arrival {
            place,
            passed_on: PASSED_ON.iter().any(|text| message.contains(text)),
            begun_before: state.begun,
        }
    }

    /// Decides, after the snapshot that is being written, if one is.
    pub(crate) fn admit(&self, arrival: &Arrival, now: Instant) -> Admitted {
        let end = now + OTHERS_LIMIT;
        loop {
            let mut state = self.lock();
            let now = Instant::now().max(now);
            let Some(pending) = state.pending.clone() else {
                return state.admit(arrival, self.cool_down, now);
            };
            drop(state);
            // An error has been said by whoever met it, and the next one would meet it too.
            if pending
                .wait_timeout(end.saturating_duration_since(now))
                .is_err()
            {
                self.lock().merge();
                return Admitted::Merged;
            }
        }
    }

    /// The snapshot has been written, or not.
    pub(crate) fn answer(&self, promise: Promise, result: Result<PathBuf, SnapshotError>) {
        let mut state = self.lock();
        state.pending = None;
        if result.is_ok() {
            state.written = state.begun;
        }
        drop(state);
        promise.resolve(result);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admit(&mut self, arrival: &Arrival, cool_down: Duration, now: Instant) -> Admitted {
        self.fresh
            .retain(|(_, begun)| now.saturating_duration_since(*begun) < cool_down);
        let told = self.written > arrival.begun_before;
        let cause_told = arrival.passed_on && !self.fresh.is_empty();
        let same_place = self.fresh.iter().any(|(place, _)| *place == arrival.place);
        if told || cause_told || same_place || self.fresh.len() >= SNAPSHOTS_MAX {
            self.merge();
            return Admitted::Merged;
        }
        let (promise, ticket) = Promise::new();
        self.pending = Some(ticket);
        self.begun += 1;
        self.fresh.push((arrival.place.clone(), now));
        Admitted::New {
            promise,
            merged: std::mem::take(&mut self.merged),
            taken_ticks: self.newest_ticks,
        }
    }

    fn merge(&mut self) {
        self.merged = self.merged.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOL_DOWN: Duration = Duration::from_secs(3_600);

    fn admission() -> PanicAdmission {
        PanicAdmission::new(COOL_DOWN)
    }

    /// Begins a snapshot; answers how many were merged, and its moment.
    fn begin(admission: &PanicAdmission, arrival: &Arrival) -> (Promise, u32, u64) {
        match admission.admit(arrival, Instant::now()) {
            Admitted::New {
                promise,
                merged,
                taken_ticks,
            } => (promise, merged, taken_ticks),
            Admitted::Merged => panic!("merged"),
        }
    }

    fn save(admission: &PanicAdmission, place: &str) {
        let (promise, ..) = begin(admission, &admission.arrive(place.into(), "", 1));
        admission.answer(promise, Ok(PathBuf::new()));
    }

    fn is_merged(admission: &PanicAdmission, arrival: &Arrival) -> bool {
        matches!(admission.admit(arrival, Instant::now()), Admitted::Merged)
    }

    #[test]
    fn a_snapshot_tells_of_all_who_came_before_it_was_begun_and_of_no_later_one() {
        let admission = admission();
        let arrive = |place: &str, ticks| admission.arrive(place.into(), "", ticks);
        let (a, b) = (arrive("a", 10), arrive("b", 20));
        let (promise, _, taken) = begin(&admission, &a);
        assert_eq!(taken, 20);
        let (c, d) = (arrive("c", 30), arrive("d", 40));
        admission.answer(promise, Ok(PathBuf::new()));
        assert!(is_merged(&admission, &b));
        let (promise, merged, taken) = begin(&admission, &c);
        assert_eq!((merged, taken), (1, 40));
        admission.answer(promise, Ok(PathBuf::new()));
        assert!(is_merged(&admission, &d));
    }

    #[test]
    fn one_place_gets_one_and_all_places_together_get_few() {
        let admission = admission();
        for place in ["a", "b", "c", "d"] {
            save(&admission, place);
            assert!(is_merged(
                &admission,
                &admission.arrive(place.into(), "", 1)
            ));
        }
        assert!(is_merged(&admission, &admission.arrive("e".into(), "", 1)));
        let later = Instant::now() + COOL_DOWN;
        let again = admission.arrive("a".into(), "", 1);
        let Admitted::New { merged, .. } = admission.admit(&again, later) else {
            panic!("merged");
        };
        // The one of `d` and the one of `e`.
        assert_eq!(merged, 2);
    }

    #[test]
    fn a_panic_that_is_passed_on_needs_its_cause_to_be_told() {
        let admission = admission();
        let passed_on = "called `Result::unwrap()` on an `Err` value: PoisonError { .. }";
        let (promise, ..) = begin(&admission, &admission.arrive("a".into(), passed_on, 1));
        admission.answer(promise, Ok(PathBuf::new()));
        assert!(is_merged(
            &admission,
            &admission.arrive("b".into(), passed_on, 1)
        ));
    }
}
