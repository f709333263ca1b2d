//! The schedule of requested snapshots: which requests share a file, and when it is written.
//!
//! A request that no file covers yet is a debt. Requests with the same reason share a debt, and within
//! the cool-down after a file their reason waits. So an error that occurs a thousand times a second
//! costs one file for each cool-down, and the last occurrence is in a file too.
//!
//! Each reason gets a file of its own, unless debts come in faster than the [`Budget`] or the disk
//! allows: then one file pays all of them.
//!
//! The schedule reads no clock and writes no file. Its callers pass the time, and write what
//! [`next`](SnapshotSchedule::next) returns.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use ttlog_core::snapshot::SnapshotKind;

use crate::{
    budget::{Budget, BudgetLimits},
    cause::SnapshotCause,
    error::SnapshotError,
    reason::Reason,
    ticket::{Promise, SnapshotResult, Ticket},
};

/// Number of reasons in a full table. A new reason then removes the reasons that have cooled down.
const REASONS_MAX: usize = 256;
/// Number of due debts above which they share a file.
const OWN_FILES_MAX: usize = 64;

/// When a snapshot is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RequestTime {
    /// As soon as the reason's cool-down has ended.
    Now,
    /// After a delay. If the ring would lose what preceded the request, a file of it is written first.
    After(Duration),
    /// At the end of the recorder.
    Exit,
}

/// The moment of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestMoment {
    pub(crate) ticks: u64,
    /// Number of events recorded so far.
    pub(crate) recorded: u64,
}

/// A request, or several merged requests, that no file covers yet.
#[derive(Debug)]
struct Debt<H> {
    time: RequestTime,
    ticket: Ticket,
    promise: Promise,
    /// Number of requests. Zero for a file of what preceded a delayed request.
    requests: u32,
    /// The moment of the newest request.
    moment_ticks: u64,
    due: Instant,
    /// Delayed requests that are due later than this begin another debt.
    merges_until: Instant,
    arrival: u64,
    /// Number of events that had been recorded when a delayed request was made. `None` if what preceded
    /// it is in a file.
    watched_from: Option<u64>,
    /// Keeps the events before the moment in the ring until the file is written.
    hold: Option<H>,
    /// The moment of the hold.
    held_ticks: u64,
}

/// A reason that was requested.
#[derive(Debug)]
struct ReasonState<H> {
    waiting: Vec<Debt<H>>,
    /// The end of the cool-down. `None` if no file has been attempted.
    open_from: Option<Instant>,
}

impl<H> Default for ReasonState<H> {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            open_from: None,
        }
    }
}

/// A snapshot to write. [`SnapshotSchedule::complete`] takes it back.
#[derive(Debug)]
pub(crate) struct SnapshotJob<H> {
    pub(crate) cause: SnapshotCause,
    debts: Vec<(Reason, Debt<H>)>,
    number: u64,
}

impl<H> SnapshotJob<H> {
    /// Takes the hold out that was taken at the moment of the snapshot. Drops all others.
    pub(crate) fn take_hold(&mut self) -> Option<H> {
        let moment_ticks = self.cause.moment_ticks;
        let mut of_moment = None;
        for (_, debt) in &mut self.debts {
            let hold = debt.hold.take();
            if debt.held_ticks == moment_ticks {
                of_moment = of_moment.or(hold);
            }
        }
        of_moment
    }

    /// Returns the different reasons of the requests. The first is the reason of the file.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let mut requests = Unserved::default();
        for (reason, debt) in &self.debts {
            requests.add(reason, debt.requests);
        }
        requests.reasons
    }
}

/// The requests of a job that is being written.
#[derive(Debug)]
struct JobInProgress {
    number: u64,
    requests: Unserved,
    tickets: Vec<Ticket>,
}

/// The requests that were not served when the recorder ended.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Unserved {
    pub(crate) requests: u32,
    pub(crate) reasons: Vec<String>,
}

impl Unserved {
    fn add(&mut self, reason: &Reason, requests: u32) {
        self.requests = self.requests.saturating_add(requests);
        if !self.reasons.contains(&reason.0) {
            self.reasons.push(reason.0.clone());
        }
    }
}

/// All debts. `H` holds the ring's content until the file is written.
#[derive(Debug)]
pub(crate) struct SnapshotSchedule<H> {
    cool_down: Duration,
    /// Maximum number of debts.
    debts_max: usize,
    reasons: BTreeMap<Reason, ReasonState<H>>,
    debts: usize,
    arrivals: u64,
    budget: Budget,
    /// `true` if due debts have waited for the budget.
    is_starved: bool,
    is_closed: bool,
    /// Number of jobs so far.
    jobs: u64,
    /// The jobs in progress. There are two if the directory of the first does not respond.
    in_progress: Vec<JobInProgress>,
}

impl<H> SnapshotSchedule<H> {
    pub(crate) fn new(
        cool_down: Duration,
        debts_max: usize,
        limits: BudgetLimits,
        now: Instant,
    ) -> Self {
        Self {
            cool_down,
            debts_max,
            reasons: BTreeMap::new(),
            debts: 0,
            arrivals: 0,
            budget: Budget::new(limits, now),
            is_starved: false,
            is_closed: false,
            jobs: 0,
            in_progress: Vec::new(),
        }
    }

    /// Adds a request. Calls `hold` if the ring's content of this moment is to be kept. Returns the
    /// request's ticket.
    pub(crate) fn request(
        &mut self,
        reason: &Reason,
        time: RequestTime,
        moment: RequestMoment,
        now: Instant,
        hold: impl FnOnce() -> Option<H>,
    ) -> Ticket {
        if self.is_closed && time != RequestTime::Exit {
            return Ticket::failed(SnapshotError::ShutDown);
        }
        let due = match time {
            // The clock cannot represent a very long delay. 136 years have the same effect.
            RequestTime::After(delay) => now
                .checked_add(delay)
                .unwrap_or(now + Duration::from_secs(u32::MAX.into())),
            RequestTime::Now | RequestTime::Exit => now,
        };
        if let Some(state) = self.reasons.get_mut(reason)
            && let Some(debt) = state.waiting.iter_mut().find(|debt| debt.takes(time, due))
        {
            debt.requests = debt.requests.saturating_add(1);
            debt.moment_ticks = debt.moment_ticks.max(moment.ticks);
            if let RequestTime::After(_) = time {
                debt.due = debt.due.max(due);
                debt.watched_from.get_or_insert(moment.recorded);
            }
            return debt.ticket.merge();
        }
        if self.debts >= self.debts_max && time != RequestTime::Exit {
            return Ticket::failed(SnapshotError::QueueFull);
        }
        if self.reasons.len() >= REASONS_MAX && !self.reasons.contains_key(reason) {
            self.reasons.retain(|_, state| {
                !state.waiting.is_empty() || state.open_from.is_some_and(|open| now < open)
            });
        }
        let is_open = self.open_from(reason).is_none_or(|open| open <= now);
        let (merges_until, watched_from, is_held) = match time {
            RequestTime::After(delay) => {
                let merges_until = due.checked_add(delay.max(self.cool_down));
                (merges_until.unwrap_or(due), Some(moment.recorded), true)
            }
            RequestTime::Now => (now, None, is_open),
            RequestTime::Exit => (now, None, false),
        };
        let (promise, ticket) = Promise::new();
        self.add(
            reason,
            Debt {
                time,
                ticket: ticket.clone(),
                promise,
                requests: 1,
                moment_ticks: moment.ticks,
                due,
                merges_until,
                arrival: 0,
                watched_from,
                hold: is_held.then(hold).flatten(),
                held_ticks: moment.ticks,
            },
        );
        ticket
    }

    fn add(&mut self, reason: &Reason, mut debt: Debt<H>) {
        debt.arrival = self.arrivals;
        self.arrivals += 1;
        self.debts += 1;
        let state = self.reasons.entry(reason.clone()).or_default();
        state.waiting.push(debt);
    }

    /// Makes the files due that hold what preceded delayed requests, if `recorded` events so far press on
    /// it: if as many as `pressing_events` have been recorded since the request. Call this often while
    /// [`is_watching`](Self::is_watching).
    pub(crate) fn watch(&mut self, recorded: u64, pressing_events: u64, now: Instant) {
        let mut before = Vec::new();
        for (reason, state) in &mut self.reasons {
            for debt in &mut state.waiting {
                let Some(from) = debt.watched_from else {
                    continue;
                };
                // The hold is for the time until the first look.
                let hold = debt.hold.take();
                if recorded.saturating_sub(from) >= pressing_events {
                    debt.watched_from = None;
                    before.push((reason.clone(), debt.moment_ticks, hold));
                }
            }
        }
        for (reason, moment_ticks, hold) in before {
            let (promise, ticket) = Promise::new();
            self.add(
                &reason,
                Debt {
                    time: RequestTime::Now,
                    ticket,
                    promise,
                    requests: 0,
                    moment_ticks,
                    due: now,
                    merges_until: now,
                    arrival: 0,
                    watched_from: None,
                    hold,
                    held_ticks: moment_ticks,
                },
            );
        }
    }

    /// Returns whether a delayed request waits that needs [`watch`](Self::watch).
    pub(crate) fn is_watching(&self) -> bool {
        let mut debts = self.reasons.values().flat_map(|state| &state.waiting);
        debts.any(|debt| debt.watched_from.is_some())
    }

    fn open_from(&self, reason: &Reason) -> Option<Instant> {
        self.reasons.get(reason)?.open_from
    }

    /// Returns the snapshot to write now, if one is due. `now_ticks` is the moment of a delayed one.
    pub(crate) fn next(&mut self, now: Instant, now_ticks: u64) -> Option<SnapshotJob<H>> {
        let is_closed = self.is_closed;
        let mut due = 0;
        let mut first: Option<((bool, u64), Reason)> = None;
        for (reason, state) in &self.reasons {
            for debt in &state.waiting {
                if !is_closed && debt.due_from(state.open_from) > now {
                    continue;
                }
                due += 1;
                // A reason without a file comes first, then the oldest debt.
                let rank = (state.open_from.is_some(), debt.arrival);
                if first.as_ref().is_none_or(|(first, _)| rank < *first) {
                    first = Some((rank, reason.clone()));
                }
            }
        }
        let ((_, arrival), first) = first?;
        let is_affordable = self.budget.open_from(now) <= now;
        if !is_affordable && !is_closed {
            self.is_starved = true;
            return None;
        }
        let shares = !is_affordable || self.is_starved || due > OWN_FILES_MAX;
        self.is_starved = false;

        let mut debts = Vec::new();
        for (reason, state) in &mut self.reasons {
            let open_from = state.open_from;
            let taken = state.waiting.extract_if(.., |debt| {
                let is_due = is_closed || debt.due_from(open_from) <= now;
                is_due && (shares || debt.arrival == arrival)
            });
            debts.extend(taken.map(|debt| (reason.clone(), debt)));
        }
        self.debts -= debts.len();
        debts.sort_by_key(|(reason, debt)| (*reason != first, debt.arrival));
        let mut requests = Unserved::default();
        for (reason, debt) in &debts {
            requests.add(reason, debt.requests);
        }
        let is_exit = debts.iter().any(|(_, debt)| debt.time == RequestTime::Exit);
        let moment = |(_, debt): &(_, Debt<H>)| match debt.time {
            RequestTime::Now => debt.moment_ticks,
            RequestTime::After(_) | RequestTime::Exit => now_ticks,
        };
        let cause = SnapshotCause {
            kind: if is_exit {
                SnapshotKind::Exit
            } else {
                SnapshotKind::Request
            },
            merged: requests.requests.saturating_sub(1),
            moment_ticks: debts.iter().map(moment).max().unwrap_or(now_ticks),
            reason: first,
            hold: None,
        };
        self.jobs += 1;
        self.in_progress.push(JobInProgress {
            number: self.jobs,
            requests,
            tickets: debts.iter().map(|(_, debt)| debt.ticket.clone()).collect(),
        });
        Some(SnapshotJob {
            cause,
            debts,
            number: self.jobs,
        })
    }

    /// Returns the time at which [`next`](Self::next) returns a snapshot. Returns `None` if there is no
    /// debt.
    pub(crate) fn next_due(&mut self, now: Instant) -> Option<Instant> {
        let states = self.reasons.values();
        let dues = states.flat_map(|state| {
            let due = |debt: &Debt<H>| debt.due_from(state.open_from);
            state.waiting.iter().map(due)
        });
        let due = dues.min()?;
        if self.is_closed {
            return Some(now);
        }
        Some(due.max(self.budget.open_from(now)))
    }

    /// Completes a snapshot: begins the cool-downs, and resolves the tickets.
    pub(crate) fn complete(&mut self, job: SnapshotJob<H>, result: &SnapshotResult, now: Instant) {
        self.in_progress.retain(|it| it.number != job.number);
        if let Ok(receipt) = result {
            self.budget.spend(receipt.bytes, now);
        }
        for (reason, debt) in job.debts {
            let state = self.reasons.entry(reason).or_default();
            // A cool-down that the clock cannot represent never ends.
            let open_from = now.checked_add(self.cool_down);
            state.open_from = Some(open_from.unwrap_or(now + Duration::from_secs(u32::MAX.into())));
            debt.promise.resolve(result.clone());
        }
    }

    /// Makes all debts due. Returns their tickets, and those of the jobs in progress.
    pub(crate) fn make_due(&mut self, now: Instant) -> Vec<Ticket> {
        let mut tickets = Vec::new();
        for state in self.reasons.values_mut() {
            if !state.waiting.is_empty() {
                state.open_from = state.open_from.map(|open_from| open_from.min(now));
            }
            for debt in &mut state.waiting {
                debt.due = debt.due.min(now);
                debt.watched_from = None;
                tickets.push(debt.ticket.clone());
            }
        }
        for job in &self.in_progress {
            tickets.extend(job.tickets.iter().cloned());
        }
        tickets
    }

    /// Refuses requests from now on. All debts are due.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Returns whether no debt is left, and no snapshot is being written.
    #[cfg(test)]
    pub(crate) fn is_settled(&self) -> bool {
        self.debts == 0 && self.in_progress.is_empty()
    }

    /// Returns whether a snapshot is being written.
    pub(crate) fn is_writing(&self) -> bool {
        !self.in_progress.is_empty()
    }

    /// Returns a snapshot that covers the jobs in progress, whose directory does not respond, and their
    /// tickets.
    pub(crate) fn rescue(&mut self, now_ticks: u64) -> Option<(SnapshotCause, Vec<Ticket>)> {
        let jobs = std::mem::take(&mut self.in_progress);
        let reason = jobs.iter().flat_map(|job| &job.requests.reasons).next()?;
        let requests: u32 = jobs.iter().map(|job| job.requests.requests).sum();
        let cause = SnapshotCause {
            kind: SnapshotKind::Request,
            reason: Reason::new(reason),
            merged: requests.saturating_sub(1),
            moment_ticks: now_ticks,
            hold: None,
        };
        let tickets = jobs.into_iter().flat_map(|job| job.tickets);
        Some((cause, tickets.collect()))
    }

    /// Gives up all debts: their tickets resolve to an error.
    pub(crate) fn abandon(&mut self) -> Unserved {
        let mut unserved = Unserved::default();
        for job in self.in_progress.drain(..) {
            unserved.requests = unserved.requests.saturating_add(job.requests.requests);
            unserved.reasons.extend(job.requests.reasons);
            for ticket in job.tickets {
                ticket.resolve(Err(SnapshotError::ShutDown));
            }
        }
        for (reason, state) in &mut self.reasons {
            for debt in state.waiting.drain(..) {
                unserved.add(reason, debt.requests);
                debt.promise.resolve(Err(SnapshotError::ShutDown));
            }
        }
        self.debts = 0;
        unserved.reasons.sort();
        unserved.reasons.dedup();
        unserved
    }
}

impl<H> Debt<H> {
    /// Returns whether a request is merged into this debt.
    fn takes(&self, time: RequestTime, due: Instant) -> bool {
        match (self.time, time) {
            (RequestTime::Now, RequestTime::Now) | (RequestTime::Exit, RequestTime::Exit) => true,
            (RequestTime::After(_), RequestTime::After(_)) => due <= self.merges_until,
            _ => false,
        }
    }

    /// Returns the time from which the debt may be paid, with its reason's cool-down.
    fn due_from(&self, open_from: Option<Instant>) -> Instant {
        match (self.time, open_from) {
            // What preceded a delayed request does not wait for the cool-down.
            (RequestTime::Now, Some(open_from)) if self.requests > 0 => self.due.max(open_from),
            _ => self.due,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::Receipt;

    const SECOND: Duration = Duration::from_secs(1);
    const COOL_DOWN: Duration = Duration::from_secs(10);
    const PLENTY: BudgetLimits = BudgetLimits {
        files: 10_000,
        bytes: u64::MAX,
    };

    /// A schedule, and the time.
    struct Case {
        schedule: SnapshotSchedule<()>,
        now: Instant,
        ticks: u64,
    }

    impl Case {
        fn new() -> Self {
            Self::limited(100, PLENTY)
        }

        fn limited(debts_max: usize, limits: BudgetLimits) -> Self {
            let now = Instant::now();
            Self {
                schedule: SnapshotSchedule::new(COOL_DOWN, debts_max, limits, now),
                now,
                ticks: 0,
            }
        }

        fn request(&mut self, reason: &str) -> Ticket {
            self.request_at(reason, RequestTime::Now)
        }

        fn request_at(&mut self, reason: &str, time: RequestTime) -> Ticket {
            self.ticks += 1;
            let moment = RequestMoment {
                ticks: self.ticks,
                recorded: self.ticks,
            };
            (self.schedule).request(&Reason::new(reason), time, moment, self.now, || Some(()))
        }

        /// Writes the next snapshot. Returns its reason, the number of merged requests, and the moment.
        fn write(&mut self) -> Option<(String, u32, u64)> {
            let path = format!("{}.bin", self.ticks);
            self.write_as(Ok(Receipt {
                path: path.into(),
                ..Receipt::default()
            }))
        }

        fn write_as(&mut self, result: SnapshotResult) -> Option<(String, u32, u64)> {
            self.ticks += 1;
            let job = self.schedule.next(self.now, self.ticks)?;
            let SnapshotCause {
                reason,
                merged,
                moment_ticks,
                ..
            } = job.cause.clone();
            self.schedule.complete(job, &result, self.now);
            Some((reason.0, merged, moment_ticks))
        }

        fn cause(&mut self) -> (String, u32, u64) {
            self.write().expect("nothing is due")
        }
    }

    fn named(reason: &str, merged: u32, moment: u64) -> (String, u32, u64) {
        (reason.to_owned(), merged, moment)
    }

    #[test]
    fn requests_that_wait_with_the_same_reason_share_a_file_of_the_newest_moment() {
        let mut case = Case::new();
        let tickets = [case.request("a"), case.request("a"), case.request("b")];
        assert_eq!(
            tickets.each_ref().map(Ticket::is_merged),
            [false, true, false]
        );
        assert_eq!(case.cause(), named("a", 1, 2));
        assert!(tickets[1].result().is_some() && tickets[2].result().is_none());
        assert_eq!(case.cause(), named("b", 0, 3));
        assert_eq!(case.write(), None);
    }

    #[test]
    fn a_request_while_its_reason_is_written_is_covered_by_the_next_file() {
        let mut case = Case::new();
        case.request("a");
        let job = case.schedule.next(case.now, 0).unwrap();
        let during = case.request("a");
        assert!(!during.is_merged());
        case.schedule
            .complete(job, &Ok(Receipt::default()), case.now);
        assert!(during.result().is_none());
        case.now += COOL_DOWN;
        assert_eq!(case.cause(), named("a", 0, 2));
        assert!(during.result().is_some());
    }

    #[test]
    fn requests_within_the_cool_down_are_covered_when_it_ends() {
        let mut case = Case::new();
        case.request("a");
        case.write();
        case.now += SECOND;
        let (late, later) = (case.request("a"), case.request("a"));
        assert_eq!(case.write(), None);
        let due = case.schedule.next_due(case.now).unwrap();
        assert_eq!(due, case.now + COOL_DOWN - SECOND);
        assert!(late.result().is_none());
        case.now = due;
        assert_eq!(case.cause(), named("a", 1, 4));
        assert!(late.result().is_some() && later.result().is_some());
        assert_eq!(case.schedule.next_due(case.now), None);
    }

    #[test]
    fn the_end_of_the_recorder_ends_cool_downs_and_delays() {
        let mut case = Case::new();
        case.request("a");
        case.write();
        let tickets = [
            case.request("a"),
            case.request_at("b", RequestTime::After(SECOND)),
        ];
        let exit = case.request_at("exit", RequestTime::Exit);
        case.schedule.close();
        while case.write().is_some() {}
        assert!(
            tickets
                .iter()
                .all(|ticket| matches!(ticket.result(), Some(Ok(_))))
        );
        assert!(matches!(exit.result(), Some(Ok(_))));
        assert!(case.schedule.is_settled());
        let refused = case.request("c").result();
        assert!(matches!(refused, Some(Err(SnapshotError::ShutDown))));
    }

    #[test]
    fn a_delayed_request_gets_a_file_when_its_delay_has_ended() {
        let mut case = Case::new();
        let ticket = case.request_at("a", RequestTime::After(SECOND));
        assert_eq!(case.write(), None);
        case.now += SECOND;
        // The moment is that of the writing.
        let moment = case.ticks + 1;
        assert_eq!(case.cause(), named("a", 0, moment));
        assert!(ticket.result().is_some());
    }

    #[test]
    fn what_preceded_a_delayed_request_is_written_before_the_ring_loses_it() {
        let mut case = Case::new();
        let ticket = case.request_at("a", RequestTime::After(SECOND));
        case.schedule.watch(100, 100, case.now);
        assert!(case.schedule.is_watching());
        assert_eq!(case.write(), None);
        case.schedule.watch(101, 100, case.now);
        assert!(!case.schedule.is_watching());
        assert_eq!(case.cause(), named("a", 0, 1));
        assert!(ticket.result().is_none());
        // The cool-down of the first file does not delay the second.
        case.now += SECOND;
        assert_eq!(case.cause().0, "a");
        assert!(ticket.result().is_some());
    }

    #[test]
    fn a_storm_of_delayed_requests_does_not_delay_the_file_for_ever() {
        let mut case = Case::new();
        let first = case.request_at("a", RequestTime::After(SECOND));
        let start = case.now;
        while first.result().is_none() {
            case.now += Duration::from_millis(100);
            let ticket = case.request_at("a", RequestTime::After(SECOND));
            while case.write().is_some() {}
            assert!(ticket.result().is_none(), "resolved before its delay");
            assert!(case.now - start < 3 * COOL_DOWN);
        }
    }

    #[test]
    fn many_reasons_share_a_file() {
        let mut case = Case::limited(1_000, PLENTY);
        let tickets: Vec<_> = (0..OWN_FILES_MAX + 1)
            .map(|number| case.request(&number.to_string()))
            .collect();
        let newest = case.ticks;
        assert_eq!(case.cause(), named("0", OWN_FILES_MAX as u32, newest));
        assert!(tickets.iter().all(|ticket| ticket.result().is_some()));
    }

    #[test]
    fn beyond_the_budget_one_file_pays_all_debts_once_it_refills() {
        let limits = BudgetLimits {
            files: 60,
            bytes: u64::MAX,
        };
        let mut case = Case::limited(1_000, limits);
        for number in 0..60 {
            case.request(&number.to_string());
            case.write().unwrap();
        }
        case.request("0");
        let (a, b) = (case.request("a"), case.request("b"));
        assert_eq!(case.write(), None);
        case.now = case.schedule.next_due(case.now).unwrap();
        // The reason "0" is in its cool-down.
        let moment = case.ticks - 1;
        assert_eq!(case.cause(), named("a", 1, moment));
        assert!(a.result().is_some() && b.result().is_some());
    }

    #[test]
    fn a_reason_without_a_file_comes_first() {
        let mut case = Case::new();
        case.request("old");
        case.write();
        case.now += COOL_DOWN;
        case.request("old");
        case.request("new");
        assert_eq!(case.cause().0, "new");
        assert_eq!(case.cause().0, "old");
    }

    #[test]
    fn a_failed_snapshot_is_an_error_of_all_its_requests_and_begins_the_cool_down() {
        let mut case = Case::new();
        let tickets = [case.request("a"), case.request("a")];
        case.write_as(Err(SnapshotError::TimedOut)).unwrap();
        for ticket in tickets {
            assert!(matches!(ticket.wait(), Err(SnapshotError::TimedOut)));
        }
        case.request("a");
        assert_eq!(case.write(), None);
    }

    #[test]
    fn what_is_abandoned_is_counted_and_named() {
        let mut case = Case::new();
        let tickets = [case.request("b"), case.request("a"), case.request("a")];
        let job = case.schedule.next(case.now, 0).unwrap();
        let unserved = case.schedule.abandon();
        assert_eq!(unserved.requests, 3);
        assert_eq!(unserved.reasons, ["a", "b"]);
        drop(job);
        for ticket in tickets {
            assert!(matches!(ticket.wait(), Err(SnapshotError::ShutDown)));
        }
    }

    #[test]
    fn a_full_queue_refuses_new_reasons_and_merges_others() {
        let mut case = Case::limited(2, PLENTY);
        case.request("a");
        case.request("b");
        let refused = case.request("c");
        assert!(matches!(refused.wait(), Err(SnapshotError::QueueFull)));
        assert!(case.request("b").is_merged());
        case.write();
        assert!(case.request("c").result().is_none());
    }

    #[test]
    fn many_different_reasons_do_not_grow_the_table() {
        let mut case = Case::new();
        for number in 0..10_000_u32 {
            case.request(&number.to_string());
            case.write().unwrap();
            case.now += SECOND;
        }
        assert!(case.schedule.reasons.len() <= REASONS_MAX);
    }
}
