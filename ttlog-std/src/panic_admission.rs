//! The admission of panics: decides which panics get a snapshot at once.
//!
//! A panic gets a snapshot if no snapshot holds it yet. Within the cool-down, each source location gets
//! one snapshot, and all locations together get four. So panics that are caught cannot fill the disk.
//! A panic that gets none is a debt: when the cool-down ends, or the recorder, one snapshot pays all
//! debts.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    clock,
    error::SnapshotError,
    ticket::{Promise, SnapshotResult, Ticket},
};

/// Maximum number of snapshots within the cool-down, of panics that may be caught.
const SNAPSHOTS_MAX: usize = 4;
/// Maximum number of snapshots within the cool-down, of panics that probably end the process. It only
/// limits a program that catches panics of its main thread in a loop.
const ENDING_SNAPSHOTS_MAX: usize = 32;

/// Maximum time for each directory. A network or a failing disk may never respond.
pub(crate) const WRITE_LIMIT: Duration = Duration::from_secs(5);
/// Minimum time between a snapshot that failed and the next attempt.
const RETRY_MIN: Duration = Duration::from_secs(1);
/// The same after several attempts.
const RETRY_MAX: Duration = Duration::from_secs(60);
/// Maximum time that a panicking thread waits for the snapshots of other panics. Each may try two
/// directories. With `panic = "abort"` the process ends when the first panic hook returns.
pub(crate) const OTHERS_LIMIT: Duration = WRITE_LIMIT.saturating_mul(2);

/// Texts of the standard library's panics that re-raise another panic.
const RE_RAISED: [&str; 5] = [
    // `thread::scope`, `JoinHandle::join`, and a poisoned lock.
    "a scoped thread panicked",
    "Any { .. }",
    "PoisonError { .. }",
    // A second panic, because the first cannot unwind further. It aborts the process.
    CLEANUP,
    NO_UNWIND,
];

const CLEANUP: &str = "panic in a destructor during cleanup";
const NO_UNWIND: &str = "panic in a function that cannot unwind";

/// A panic that has been recorded.
pub(crate) struct Arrival {
    location: String,
    /// `true` if the panic re-raises another panic.
    re_raised: bool,
    /// `true` if the process probably ends by this panic.
    ends_process: bool,
    /// Number of snapshots that had begun before. Later ones hold this panic.
    begun_before: u64,
}

/// The decision on a panic.
#[derive(Debug)]
pub(crate) enum PanicDecision {
    /// The panic gets a snapshot now.
    Save(AdmittedPanic),
    /// Another snapshot holds the panic, or will hold it.
    Merge,
    /// A snapshot is in progress. The decision depends on its result.
    Wait(Ticket),
}

/// A panic that gets a snapshot of its own.
#[derive(Debug)]
pub(crate) struct AdmittedPanic {
    pub(crate) promise: Promise,
    /// Number of panics that were merged since the last snapshot.
    pub(crate) merged: u32,
    /// The moment of the newest panic.
    pub(crate) moment_ticks: u64,
}

#[derive(Debug, Default)]
struct PanicState {
    /// Number of threads in the panic hook.
    threads: u32,
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
    /// Number of panics that were merged since the last snapshot began.
    merged: u32,
    /// Number of panics that no snapshot holds.
    debts: u32,
    /// Number of panics that the snapshot in progress pays for.
    in_progress: u32,
    /// Number of panics that are merged if the snapshot in progress fails.
    merged_in_progress: u32,
    /// `true` if the last snapshot failed.
    has_failed: bool,
    /// Time between the last snapshot that failed and the next attempt.
    retry: Duration,
    /// The time at which the debts are due. `None` if that is only at the end of the recorder.
    due: Option<Instant>,
}

/// The state of all panics of a recorder.
#[derive(Debug)]
pub(crate) struct PanicAdmission {
    cool_down: Duration,
    state: Mutex<PanicState>,
    /// Notified when a thread has left the hook, and when a snapshot is complete.
    changed: Condvar,
}

/// A thread in the panic hook. The process does not exit while there is one.
pub(crate) struct PanickingThread<'a>(&'a PanicAdmission);

impl Drop for PanickingThread<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl PanicAdmission {
    pub(crate) fn new(cool_down: Duration) -> Self {
        Self {
            cool_down,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Notes that the thread is in the panic hook.
    pub(crate) fn enter(&self) -> PanickingThread<'_> {
        self.lock().threads += 1;
        PanickingThread(self)
    }

    /// Notes that a thread has left the panic hook. Dropping [`PanickingThread`] does so.
    pub(crate) fn leave(&self) {
        self.lock().threads -= 1;
        self.changed.notify_all();
    }

    /// Registers a panic that has been recorded. Snapshots that begin later hold it.
    pub(crate) fn arrive(
        &self,
        location: String,
        message: &str,
        is_main_thread: bool,
        ticks: u64,
    ) -> Arrival {
        let mut state = self.lock();
        state.newest_ticks = state.newest_ticks.max(ticks);
        let ends = |text: &&str| message.contains(text);
        Arrival {
            location,
            re_raised: RE_RAISED.iter().any(ends),
            ends_process: is_main_thread
                || cfg!(panic = "abort")
                || [CLEANUP, NO_UNWIND].iter().any(ends),
            begun_before: state.begun,
        }
    }

    /// Decides on a panic. Returns `None` if the panic is merged. Waits for the snapshot in progress, if
    /// there is one.
    pub(crate) fn admit(&self, arrival: &Arrival, now: Instant) -> Option<AdmittedPanic> {
        let end = now + OTHERS_LIMIT;
        loop {
            let now = clock::now().max(now);
            let pending = match self.decide(arrival, now) {
                PanicDecision::Save(admitted) => return Some(admitted),
                PanicDecision::Merge => return None,
                PanicDecision::Wait(pending) => pending,
            };
            let limit = end.saturating_duration_since(now);
            if pending.resolved_within(limit).is_err() {
                self.merge(now);
                return None;
            }
        }
    }

    /// Decides on a panic, without waiting.
    pub(crate) fn decide(&self, arrival: &Arrival, now: Instant) -> PanicDecision {
        let mut state = self.lock();
        if let Some(pending) = state.pending.clone() {
            return PanicDecision::Wait(pending);
        }
        match state.admit(arrival, self.cool_down, now) {
            Some(admitted) => PanicDecision::Save(admitted),
            None => PanicDecision::Merge,
        }
    }

    /// Merges a panic because the snapshot that it waited for has failed, or takes too long. The thread that
    /// wrote that snapshot has printed the error. Another attempt at once would also fail.
    pub(crate) fn merge(&self, now: Instant) {
        self.lock().merge(self.cool_down, now);
    }

    /// Returns the time at which the debts are due. Returns `None` if there is none, or if a snapshot is
    /// in progress.
    pub(crate) fn debt_due(&self, now: Instant, is_closed: bool) -> Option<Instant> {
        let state = self.lock();
        if state.debts == 0 || state.pending.is_some() {
            return None;
        }
        // The end of the recorder makes one attempt.
        if is_closed && !state.has_failed {
            Some(now)
        } else {
            state.due
        }
    }

    /// Begins a snapshot that pays the debts, if they are due. If the recorder is closed, they are.
    pub(crate) fn next_debt(&self, now: Instant, is_closed: bool) -> Option<AdmittedPanic> {
        self.debt_due(now, is_closed).filter(|due| *due <= now)?;
        let mut state = self.lock();
        (state.debts > 0 && state.pending.is_none()).then(|| state.begin(0))
    }

    /// Completes a snapshot. If it failed, its panics are debts: the next attempt is after the cool-down.
    pub(crate) fn complete(&self, promise: Promise, result: SnapshotResult, now: Instant) {
        let mut state = self.lock();
        state.pending = None;
        let paid = std::mem::take(&mut state.in_progress);
        let merged = std::mem::take(&mut state.merged_in_progress);
        state.has_failed = result.is_err();
        if result.is_ok() {
            state.retry = Duration::ZERO;
            state.written = state.begun;
        } else {
            state.debts = state.debts.saturating_add(paid);
            state.merged = state.merged.saturating_add(merged);
            state.retry = (2 * state.retry).clamp(RETRY_MIN, RETRY_MAX);
            state.due = now.checked_add(state.retry);
        }
        drop(state);
        promise.resolve(result);
        self.changed.notify_all();
    }

    /// Lets the end of the recorder make one more attempt.
    pub(crate) fn close(&self) {
        self.lock().has_failed = false;
    }

    /// Makes the debts due.
    pub(crate) fn make_due(&self, now: Instant) {
        let mut state = self.lock();
        if state.debts > 0 {
            state.due = Some(now);
        }
    }

    /// Waits until there are no debts, for at most `limit`.
    pub(crate) fn wait_until_paid(&self, limit: Duration) -> Result<(), SnapshotError> {
        let unpaid = |state: &mut PanicState| state.debts > 0 || state.pending.is_some();
        let (state, waited) = (self.changed)
            .wait_timeout_while(self.lock(), limit, unpaid)
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        if waited.timed_out() {
            return Err(SnapshotError::TimedOut);
        }
        Ok(())
    }

    /// Returns whether a thread is in the panic hook.
    #[cfg(test)]
    pub(crate) fn has_threads(&self) -> bool {
        self.lock().threads > 0
    }

    /// Returns whether a snapshot is in progress.
    #[cfg(test)]
    pub(crate) fn is_writing(&self) -> bool {
        self.lock().pending.is_some()
    }

    /// Waits until no thread is in the panic hook, for at most `limit`.
    pub(crate) fn wait(&self, limit: Duration) {
        let _ = (self.changed).wait_timeout_while(self.lock(), limit, |state| state.threads > 0);
    }

    /// Waits until no snapshot is in progress, for at most `limit`.
    pub(crate) fn wait_until_written(&self, limit: Duration) {
        let is_writing = |state: &mut PanicState| state.pending.is_some();
        let _ = (self.changed).wait_timeout_while(self.lock(), limit, is_writing);
    }

    /// Gives up the debts. Returns the number of panics that no snapshot holds.
    pub(crate) fn abandon(&self) -> u32 {
        let mut state = self.lock();
        state.due = None;
        std::mem::take(&mut state.debts) + std::mem::take(&mut state.in_progress)
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
        if self.written > arrival.begun_before {
            self.merged = self.merged.saturating_add(1);
            return None;
        }
        let may_be_saved = if arrival.ends_process {
            self.recent.len() < ENDING_SNAPSHOTS_MAX
        } else {
            let cause_is_saved = arrival.re_raised && !self.recent.is_empty();
            let same_location =
                (self.recent.iter()).any(|(location, _)| *location == arrival.location);
            !cause_is_saved && !same_location && self.recent.len() < SNAPSHOTS_MAX
        };
        if !may_be_saved {
            self.merge(cool_down, now);
            return None;
        }
        self.recent.push((arrival.location.clone(), now));
        Some(self.begin(1))
    }

    /// Begins a snapshot of the debts, and of `new` panics.
    fn begin(&mut self, new: u32) -> AdmittedPanic {
        let (promise, ticket) = Promise::new();
        self.pending = Some(ticket);
        self.begun += 1;
        // The snapshot holds them, as it holds all that is recorded by now.
        self.in_progress = self.debts + new;
        self.debts = 0;
        self.due = None;
        let merged = std::mem::take(&mut self.merged);
        self.merged_in_progress = merged.saturating_add(new);
        AdmittedPanic {
            promise,
            merged,
            moment_ticks: self.newest_ticks,
        }
    }

    /// Makes a panic a debt.
    fn merge(&mut self, cool_down: Duration, now: Instant) {
        self.merged = self.merged.saturating_add(1);
        self.debts = self.debts.saturating_add(1);
        if self.due.is_none() {
            let begun = self.recent.iter().map(|(_, begun)| *begun).max();
            self.due = begun.unwrap_or(now).checked_add(cool_down);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::Receipt;

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
        let (promise, ..) = begin(admission, &admission.arrive(location.into(), "", false, 1));
        admission.complete(promise, Ok(Receipt::default()), Instant::now());
    }

    fn is_merged(admission: &PanicAdmission, arrival: &Arrival) -> bool {
        admission.admit(arrival, Instant::now()).is_none()
    }

    #[test]
    fn a_snapshot_covers_the_panics_before_it_and_no_later_one() {
        let admission = admission();
        let arrive = |location: &str, ticks| admission.arrive(location.into(), "", false, ticks);
        let (a, b) = (arrive("a", 10), arrive("b", 20));
        let (promise, _, moment) = begin(&admission, &a);
        assert_eq!(moment, 20);
        let (c, d) = (arrive("c", 30), arrive("d", 40));
        admission.complete(promise, Ok(Receipt::default()), Instant::now());
        assert!(is_merged(&admission, &b));
        let (promise, merged, moment) = begin(&admission, &c);
        assert_eq!((merged, moment), (1, 40));
        admission.complete(promise, Ok(Receipt::default()), Instant::now());
        assert!(is_merged(&admission, &d));
    }

    #[test]
    fn a_location_gets_one_snapshot_and_all_locations_together_get_four() {
        let admission = admission();
        for location in ["a", "b", "c", "d"] {
            save(&admission, location);
            assert!(is_merged(
                &admission,
                &admission.arrive(location.into(), "", false, 1)
            ));
        }
        assert!(is_merged(
            &admission,
            &admission.arrive("e".into(), "", false, 1)
        ));
        let later = Instant::now() + COOL_DOWN;
        let again = admission.arrive("a".into(), "", false, 1);
        // The second panic at `d`, and the panic at `e`.
        assert_eq!(admission.admit(&again, later).expect("merged").merged, 2);
    }

    #[test]
    fn the_snapshot_after_failed_ones_states_all_panics_that_got_none() {
        let admission = admission();
        let arrive = |location: &str| admission.arrive(location.into(), "", false, 1);
        save(&admission, "a");
        assert!(is_merged(&admission, &arrive("a")));
        let (promise, merged, _) = begin(&admission, &arrive("b"));
        assert_eq!(merged, 1);
        let now = Instant::now();
        admission.complete(promise, Err(SnapshotError::TimedOut), now);
        // The panic at `b` has no snapshot of its own, and neither has the second one at `a`.
        let mut now = now;
        for result in [Err(SnapshotError::TimedOut), Ok(Receipt::default())] {
            now += RETRY_MAX;
            let retry = admission.next_debt(now, false).expect("it is due");
            assert_eq!(retry.merged, 2);
            admission.complete(retry.promise, result, now);
        }
        let (_promise, merged, _) = begin(&admission, &arrive("c"));
        assert_eq!(merged, 0);
    }

    #[test]
    fn a_re_raised_panic_is_merged_only_if_its_cause_is_saved() {
        let admission = admission();
        let re_raised = "called `Result::unwrap()` on an `Err` value: PoisonError { .. }";
        let (promise, ..) = begin(
            &admission,
            &admission.arrive("a".into(), re_raised, false, 1),
        );
        admission.complete(promise, Ok(Receipt::default()), Instant::now());
        assert!(is_merged(
            &admission,
            &admission.arrive("b".into(), re_raised, false, 1)
        ));
    }
}
