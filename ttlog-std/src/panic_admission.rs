//! The admission of panics: decides which panics get a snapshot.
//!
//! A panic gets a snapshot if no snapshot holds it yet. Within the cool-down, each source location gets
//! one snapshot, and all locations together get four. So panics that are caught cannot fill the disk.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    panic_writer::WRITE_LIMIT,
    ticket::{Promise, SnapshotResult, Ticket},
};

/// Maximum number of snapshots of panics within the cool-down.
const SNAPSHOTS_MAX: usize = 4;

/// Maximum time that a panicking thread waits for the snapshots of other panics. Each may try two
/// directories. With `panic = "abort"` the process ends when the first panic hook returns.
const OTHERS_LIMIT: Duration = WRITE_LIMIT.saturating_mul(2);

/// Texts of the standard library's panics that re-raise another panic.
const RE_RAISED: [&str; 5] = [
    // `thread::scope`, `JoinHandle::join`, and a poisoned lock.
    "a scoped thread panicked",
    "Any { .. }",
    "PoisonError { .. }",
    // A second panic, because the first cannot unwind further. It aborts the process.
    "panic in a destructor during cleanup",
    "panic in a function that cannot unwind",
];

/// A panic that has been recorded.
pub(crate) struct Arrival {
    location: String,
    /// `true` if the panic re-raises another panic.
    re_raised: bool,
    /// Number of snapshots that had begun before. Later ones hold this panic.
    begun_before: u64,
}

/// A panic that gets a snapshot of its own.
pub(crate) struct AdmittedPanic {
    pub(crate) promise: Promise,
    /// Number of panics that were merged since the last snapshot.
    pub(crate) merged: u32,
    /// The moment of the newest panic.
    pub(crate) moment_ticks: u64,
}

#[derive(Default)]
struct PanicState {
    /// The snapshot in progress.
    pending: Option<Ticket>,
    /// Number of snapshots that have begun.
    begun: u64,
    /// Number of the last snapshot that was written.
    written: u64,
    /// The snapshots that have begun within the cool-down: location and time.
    recent: Vec<(String, Instant)>,
    /// The moment of the newest panic.
    newest_ticks: u64,
    /// Number of panics that were merged since the last snapshot.
    merged: u32,
}

/// The state of all panics of the process.
pub(crate) struct PanicAdmission {
    cool_down: Duration,
    state: Mutex<PanicState>,
}

impl PanicAdmission {
    pub(crate) fn new(cool_down: Duration) -> Self {
        Self {
            cool_down,
            state: Mutex::default(),
        }
    }

    /// Registers a panic that has been recorded. Snapshots that begin later hold it.
    pub(crate) fn arrive(&self, location: String, message: &str, ticks: u64) -> Arrival {
        let mut state = self.lock();
        state.newest_ticks = state.newest_ticks.max(ticks);
        Arrival {
            location,
            re_raised: RE_RAISED.iter().any(|text| message.contains(text)),
            begun_before: state.begun,
        }
    }

    /// Decides on a panic. Returns `None` if the panic is merged. Waits for the snapshot in progress, if
    /// there is one.
    pub(crate) fn admit(&self, arrival: &Arrival, now: Instant) -> Option<AdmittedPanic> {
        let end = now + OTHERS_LIMIT;
        loop {
            let mut state = self.lock();
            let now = Instant::now().max(now);
            let Some(pending) = state.pending.clone() else {
                return state.admit(arrival, self.cool_down, now);
            };
            drop(state);
            // The thread that wrote the snapshot has printed the error. Another attempt would also fail.
            if pending
                .wait_timeout(end.saturating_duration_since(now))
                .is_err()
            {
                return self.lock().merge();
            }
        }
    }

    /// Completes a snapshot.
    pub(crate) fn complete(&self, promise: Promise, result: SnapshotResult) {
        let mut state = self.lock();
        state.pending = None;
        if result.is_ok() {
            state.written = state.begun;
        }
        drop(state);
        promise.resolve(result);
    }

    fn lock(&self) -> MutexGuard<'_, PanicState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PanicState {
    fn admit(
        &mut self,
        arrival: &Arrival,
        cool_down: Duration,
        now: Instant,
    ) -> Option<AdmittedPanic> {
        self.recent
            .retain(|(_, begun)| now.saturating_duration_since(*begun) < cool_down);
        let is_saved = self.written > arrival.begun_before;
        let cause_is_saved = arrival.re_raised && !self.recent.is_empty();
        let same_location = (self.recent.iter()).any(|(location, _)| *location == arrival.location);
        if is_saved || cause_is_saved || same_location || self.recent.len() >= SNAPSHOTS_MAX {
            return self.merge();
        }
        let (promise, ticket) = Promise::new();
        self.pending = Some(ticket);
        self.begun += 1;
        self.recent.push((arrival.location.clone(), now));
        Some(AdmittedPanic {
            promise,
            merged: std::mem::take(&mut self.merged),
            moment_ticks: self.newest_ticks,
        })
    }

    fn merge(&mut self) -> Option<AdmittedPanic> {
        self.merged = self.merged.saturating_add(1);
        None
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const COOL_DOWN: Duration = Duration::from_secs(3_600);

    fn admission() -> PanicAdmission {
        PanicAdmission::new(COOL_DOWN)
    }

    /// Begins a snapshot. Returns the number of merged panics, and the moment.
    fn begin(admission: &PanicAdmission, arrival: &Arrival) -> (Promise, u32, u64) {
        let admitted = admission.admit(arrival, Instant::now()).expect("merged");
        (admitted.promise, admitted.merged, admitted.moment_ticks)
    }

    fn save(admission: &PanicAdmission, location: &str) {
        let (promise, ..) = begin(admission, &admission.arrive(location.into(), "", 1));
        admission.complete(promise, Ok(PathBuf::new()));
    }

    fn is_merged(admission: &PanicAdmission, arrival: &Arrival) -> bool {
        admission.admit(arrival, Instant::now()).is_none()
    }

    #[test]
    fn a_snapshot_covers_the_panics_before_it_and_no_later_one() {
        let admission = admission();
        let arrive = |location: &str, ticks| admission.arrive(location.into(), "", ticks);
        let (a, b) = (arrive("a", 10), arrive("b", 20));
        let (promise, _, moment) = begin(&admission, &a);
        assert_eq!(moment, 20);
        let (c, d) = (arrive("c", 30), arrive("d", 40));
        admission.complete(promise, Ok(PathBuf::new()));
        assert!(is_merged(&admission, &b));
        let (promise, merged, moment) = begin(&admission, &c);
        assert_eq!((merged, moment), (1, 40));
        admission.complete(promise, Ok(PathBuf::new()));
        assert!(is_merged(&admission, &d));
    }

    #[test]
    fn a_location_gets_one_snapshot_and_all_locations_together_get_four() {
        let admission = admission();
        for location in ["a", "b", "c", "d"] {
            save(&admission, location);
            assert!(is_merged(
                &admission,
                &admission.arrive(location.into(), "", 1)
            ));
        }
        assert!(is_merged(&admission, &admission.arrive("e".into(), "", 1)));
        let later = Instant::now() + COOL_DOWN;
        let again = admission.arrive("a".into(), "", 1);
        // The second panic at `d`, and the panic at `e`.
        assert_eq!(admission.admit(&again, later).expect("merged").merged, 2);
    }

    #[test]
    fn a_re_raised_panic_is_merged_only_if_its_cause_is_saved() {
        let admission = admission();
        let re_raised = "called `Result::unwrap()` on an `Err` value: PoisonError { .. }";
        let (promise, ..) = begin(&admission, &admission.arrive("a".into(), re_raised, 1));
        admission.complete(promise, Ok(PathBuf::new()));
        assert!(is_merged(
            &admission,
            &admission.arrive("b".into(), re_raised, 1)
        ));
    }
}
