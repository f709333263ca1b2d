//! The snapshots that are to be written: requests, and panics that have no file yet.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender};
use ttlog_core::snapshot::SnapshotKind;

use crate::{
    cause::SnapshotCause,
    clock,
    debts::RequestTime,
    error::SnapshotError,
    heartbeat::HeartbeatRegistry,
    limited_writer::{LimitedWriter, WriteLimit},
    panic_admission::{AdmittedPanic, PanicAdmission, WRITE_LIMIT as PANIC_LIMIT},
    reason::Reason,
    recorder::RingHold,
    schedule::{RequestMoment, RequestWait, SnapshotSchedule, Unserved},
    settings::Settings,
    snapshot_store::SnapshotStore,
    stderr::{self, RepeatedProblem},
    ticket::Ticket,
};

/// The part of the ring that may be recorded after a delayed request before a file is written of what
/// preceded it.
const PRESSING_PART: u64 = 4;
/// Time between two looks at the ring while a delayed request waits.
const WATCH_INTERVAL: Duration = Duration::from_millis(10);

/// The reason of a panic's snapshot.
const PANIC_REASON: &str = "panic";

/// A store, and what is to be written to it. Threads add requests, and the writer thread writes them.
/// At the end of the recorder another thread may do so.
#[derive(Debug)]
pub(crate) struct PendingSnapshots {
    pub(crate) store: Arc<SnapshotStore>,
    pub(crate) panics: PanicAdmission,
    pub(crate) heartbeats: Arc<HeartbeatRegistry>,
    schedule: Mutex<SnapshotSchedule<RingHold>>,
    /// Notified when a snapshot is complete.
    is_complete: Condvar,
    wake: Sender<()>,
    /// Receives a message when there is something new to do.
    pub(crate) woken: Receiver<()>,
    is_closed: AtomicBool,
    /// Limits the lines on stderr about a full queue.
    full_queue: RepeatedProblem,
    /// Number of events after a delayed request that press on what preceded it.
    pressing_events: u64,
}

impl PendingSnapshots {
    pub(crate) fn new(store: Arc<SnapshotStore>, settings: &Settings) -> Self {
        let (wake, woken) = crossbeam_channel::bounded(1);
        Self {
            store,
            panics: PanicAdmission::new(settings.cool_down),
            heartbeats: Arc::default(),
            schedule: Mutex::new(SnapshotSchedule::new(
                settings.cool_down,
                settings.queue,
                settings.budget,
                clock::now(),
            )),
            is_complete: Condvar::new(),
            wake,
            woken,
            is_closed: AtomicBool::new(false),
            full_queue: RepeatedProblem::default(),
            pressing_events: settings.capacity.average_events() / PRESSING_PART,
        }
    }

    /// Requests a snapshot whose moment is now. What the ring holds is kept until the file is written.
    pub(crate) fn request(&self, reason: &Reason, time: RequestTime) -> Ticket {
        let moment_ticks = clock::ticks();
        let hold = || self.store.recorder.recorder().hold(moment_ticks);
        let moment = RequestMoment {
            ticks: moment_ticks,
            recorded: match time {
                RequestTime::After(_) => self.recorded(),
                RequestTime::Now | RequestTime::Exit => 0,
            },
        };
        let now = clock::now();
        let ticket = self.schedule().request(reason, time, moment, now, hold);
        let counts = &self.store.counts;
        if ticket.is_merged() {
            counts.merged.fetch_add(1, Ordering::Relaxed);
        } else if matches!(ticket.result(), Some(Err(_))) {
            counts.failed.fetch_add(1, Ordering::Relaxed);
            if matches!(ticket.result(), Some(Err(SnapshotError::QueueFull))) {
                self.print_full_queue(reason, now);
            }
            return ticket;
        }
        self.wake();
        ticket
    }

    /// States on stderr that a request was refused, at most once a minute.
    fn print_full_queue(&self, reason: &Reason, now: Instant) {
        if let Some(others) = self.full_queue.note(now) {
            let (service, reason) = (&self.store.process.service, &reason.0);
            let others = match others {
                0 => String::new(),
                others => format!(" ({others} more requests were refused)"),
            };
            let error = SnapshotError::QueueFull;
            stderr::write_line(&format!(
                "{service}: no snapshot of {reason}: {error}{others}"
            ));
        }
    }

    /// Returns what the requests with a reason wait for. Returns `None` if none waits.
    pub(crate) fn wait_of(&self, reason: &Reason) -> Option<RequestWait> {
        self.schedule().wait_of(reason, clock::now())
    }

    /// Makes everything due that is pending now, and waits for it.
    pub(crate) fn flush(&self, limit: Duration) -> Result<(), SnapshotError> {
        let start = Instant::now();
        let left = || limit.saturating_sub(start.elapsed());
        for ticket in self.make_due() {
            ticket.resolved_within(left())?;
        }
        self.panics.wait_until_paid(left())
    }

    /// Makes everything due that is pending now. Returns the tickets of the requests.
    pub(crate) fn make_due(&self) -> Vec<Ticket> {
        let now = clock::now();
        self.panics.make_due(now);
        let tickets = self.schedule().make_due(now);
        self.wake();
        tickets
    }

    /// Writes the snapshot of a panic, and states its file on stderr.
    pub(crate) fn save_panic(
        &self,
        panic: AdmittedPanic,
        hold: Option<RingHold>,
        writer: &LimitedWriter,
    ) {
        let written = writer.write(&panic_cause(&panic, hold), WriteLimit::each(PANIC_LIMIT));
        if let Ok(receipt) = &written {
            self.store.print_saved_panic(receipt);
        }
        self.panics.complete(panic.promise, written, clock::now());
    }

    /// Counts a panic that was merged. The writer thread saves it when the cool-down ends.
    pub(crate) fn note_merged_panic(&self) {
        self.store.counts.merged.fetch_add(1, Ordering::Relaxed);
        self.wake();
    }

    /// Wakes the writer thread.
    pub(crate) fn wake(&self) {
        // If there is a message already, the thread will see what is new.
        let _ = self.wake.try_send(());
    }

    /// Writes the next snapshot that is due, within `limit`. Returns `false` if none is due.
    pub(crate) fn write_next(&self, writer: &LimitedWriter, limit: WriteLimit) -> bool {
        let now = clock::now();
        if let Some(panic) = self.panics.next_debt(now, self.is_closed()) {
            let hold = self.store.recorder.recorder().hold(panic.moment_ticks);
            let limit = limit.min_each(PANIC_LIMIT);
            let written = writer.write(&panic_cause(&panic, hold), limit);
            self.panics.complete(panic.promise, written, clock::now());
            return true;
        }
        if self.schedule().is_watching() {
            let (recorded, pressing_events) = (self.recorded(), self.pressing_events);
            self.schedule().watch(recorded, pressing_events, now);
        }
        let Some(mut job) = self.schedule().next(now, clock::ticks()) else {
            return false;
        };
        let hold = job.take_hold();
        let recorder = self.store.recorder.recorder();
        job.cause.hold = hold.or_else(|| recorder.hold(job.cause.moment_ticks));
        let result = writer.write(&job.cause, limit);
        self.schedule().complete(job, &result, clock::now());
        self.is_complete.notify_all();
        true
    }

    /// Returns whether a requested snapshot is being written.
    pub(crate) fn is_writing(&self) -> bool {
        self.schedule().is_writing()
    }

    /// Waits until no requested snapshot is being written, for at most `limit`.
    pub(crate) fn wait_until_written(&self, limit: Duration) -> Result<(), SnapshotError> {
        let (schedule, waited) = (self.is_complete)
            .wait_timeout_while(self.schedule(), limit, |schedule| schedule.is_writing())
            .unwrap_or_else(PoisonError::into_inner);
        drop(schedule);
        if waited.timed_out() {
            return Err(SnapshotError::TimedOut);
        }
        Ok(())
    }

    /// Writes one snapshot for the requests that the writer thread is writing to a directory that does not
    /// respond.
    pub(crate) fn rescue(&self, writer: &LimitedWriter, limit: WriteLimit) {
        let Some((cause, tickets)) = self.schedule().rescue(clock::ticks()) else {
            return;
        };
        let written = writer.write(&cause, limit);
        for ticket in tickets {
            ticket.resolve(written.clone());
        }
    }

    /// Returns the time of the next call of [`write_next`](Self::write_next). Returns `None` if nothing
    /// is pending.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let panics = self.panics.debt_due(now, self.is_closed());
        let mut schedule = self.schedule();
        let watch = schedule.is_watching().then(|| now + WATCH_INTERVAL);
        let requests = schedule.next_due(now);
        panics.into_iter().chain(requests).chain(watch).min()
    }

    fn recorded(&self) -> u64 {
        self.store.recorder.ring.count().recorded().iter().sum()
    }

    /// Refuses requests from now on. Everything that is left is due.
    pub(crate) fn close(&self) {
        self.schedule().close();
        self.panics.close();
        self.is_closed.store(true, Ordering::Release);
        self.wake();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Gives up what is left. Returns it.
    pub(crate) fn abandon(&self) -> Unserved {
        let mut unserved = self.schedule().abandon();
        unserved.panics = self.panics.abandon();
        unserved
    }

    fn schedule(&self) -> MutexGuard<'_, SnapshotSchedule<RingHold>> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the cause of a panic's snapshot.
fn panic_cause(panic: &AdmittedPanic, hold: Option<RingHold>) -> SnapshotCause {
    SnapshotCause {
        kind: SnapshotKind::Panic,
        reason: Reason::new(PANIC_REASON),
        merged: panic.merged,
        moment_ticks: panic.moment_ticks,
        // A file of several panics has the moment of the last one.
        hold: hold.filter(|hold| hold.moment_ticks() == panic.moment_ticks),
    }
}
