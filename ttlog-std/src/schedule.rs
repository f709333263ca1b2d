//! The schedule of requested snapshots: which requests share a file, and when it is written.
//!
//! A request that no file covers yet is a debt. Requests with the same reason share a debt, and within
//! the cool-down after a file their reason waits. So an error that occurs a thousand times a second
//! costs one file for each cool-down, and the last occurrence is in a file too.
//!
//! Each reason gets a file of its own, unless debts come in faster than the [`Budget`] or the disk
//! allows: then one file pays all of them.
//!
//! Requests may come in by thousands a second, each with another reason. Adding one takes logarithmic time,
//! and the tables are bounded: the debts by the length of the queue, and the cool-downs by their own limit.
//!
//! The schedule reads no clock and writes no file. Its callers pass the time, and write what
//! [`next`](SnapshotSchedule::next) returns.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use ttlog_core::snapshot::SnapshotKind;

use crate::{
    budget::{Budget, BudgetLimits},
    cause::SnapshotCause,
    cool_downs::CoolDowns,
    debts::{Arrival, Debt, Debts, RequestTime},
    error::SnapshotError,
    reason::Reason,
    ticket::{Promise, SnapshotResult, Ticket},
};

/// Number of due debts above which they share a file.
const OWN_FILES_MAX: usize = 64;

/// The moment of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestMoment {
    pub(crate) ticks: u64,
    /// Number of events recorded so far.
    pub(crate) recorded: u64,
}

/// A snapshot to write. [`SnapshotSchedule::complete`] takes it back.
#[derive(Debug)]
pub(crate) struct SnapshotJob<H> {
    pub(crate) cause: SnapshotCause,
    debts: Vec<Debt<H>>,
    number: u64,
}

impl<H> SnapshotJob<H> {
    /// Takes the hold out that was taken at the moment of the snapshot. Drops all others.
    pub(crate) fn take_hold(&mut self) -> Option<H> {
        let moment_ticks = self.cause.moment_ticks;
        let mut of_moment = None;
        for debt in &mut self.debts {
            let hold = debt.hold.take();
            if debt.held_ticks == moment_ticks {
                of_moment = of_moment.or(hold);
            }
        }
        of_moment
    }

    /// Returns the different reasons of the requests. The first is the reason of the file.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let mut reasons = vec![self.cause.reason.0.clone()];
        for debt in &self.debts {
            if !reasons.contains(&debt.reason.0) {
                reasons.push(debt.reason.0.clone());
            }
        }
        reasons
    }
}

/// The requests of a job that is being written.
#[derive(Debug)]
struct JobInProgress {
    number: u64,
    reason: Reason,
    requests: Unserved,
    tickets: Vec<Ticket>,
}

/// The requests and panics that were not served when the recorder ended.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Unserved {
    pub(crate) requests: u32,
    /// The reasons of the requests.
    pub(crate) reasons: BTreeSet<String>,
    pub(crate) panics: u32,
}

impl Unserved {
    fn add(&mut self, reason: &Reason, requests: u32) {
        self.requests = self.requests.saturating_add(requests);
        if !self.reasons.contains(&reason.0) {
            self.reasons.insert(reason.0.clone());
        }
    }
}

/// The cause for which a request waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RequestWait {
    /// The end of its reason's cool-down.
    CoolDown,
    /// The budget of files and bytes.
    Budget,
}

/// All debts. `H` holds the ring's content until the file is written.
#[derive(Debug)]
pub(crate) struct SnapshotSchedule<H> {
    cool_downs: CoolDowns,
    /// Maximum number of debts.
    debts_max: usize,
    debts: Debts<H>,
    /// Debts that arrived before this one wait neither for the budget nor for a cool-down.
    exempt_before: Arrival,
    budget: Budget,
    /// The delayed requests with a hold that [`watch`](Self::watch) has not seen yet.
    held_until_watched: Vec<Arrival>,
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
            cool_downs: CoolDowns::new(cool_down),
            debts_max,
            debts: Debts::default(),
            exempt_before: 0,
            budget: Budget::new(limits, now),
            held_until_watched: Vec::new(),
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
        if let Some(arrival) = self.debts.taking(reason, time, due) {
            let merge = |debt: &mut Debt<H>| {
                debt.requests = debt.requests.saturating_add(1);
                debt.moment_ticks = debt.moment_ticks.max(moment.ticks);
                if let RequestTime::After(_) = time {
                    debt.due = debt.due.max(due);
                    debt.watched_from.get_or_insert(moment.recorded);
                }
                debt.ticket.merge()
            };
            if let Some(ticket) = self.debts.change(arrival, merge) {
                return ticket;
            }
        }
        if self.debts.len() >= self.debts_max && time != RequestTime::Exit {
            return Ticket::failed(SnapshotError::QueueFull);
        }
        let cool_down_end = self.cool_downs.end(reason);
        let is_open = cool_down_end.is_none_or(|end| end <= now);
        let (merges_until, watched_from, is_held) = match time {
            RequestTime::After(delay) => {
                let merges_until = due.checked_add(delay.max(self.cool_downs.time()));
                (merges_until.unwrap_or(due), Some(moment.recorded), true)
            }
            RequestTime::Now => (now, None, is_open),
            RequestTime::Exit => (now, None, false),
        };
        let (promise, ticket) = Promise::new();
        let mut debt = Debt {
            reason: reason.clone(),
            time,
            ticket: ticket.clone(),
            promise,
            requests: 1,
            moment_ticks: moment.ticks,
            due,
            merges_until,
            is_repeated: cool_down_end.is_some(),
            watched_from,
            hold: is_held.then(hold).flatten(),
            held_ticks: moment.ticks,
        };
        if let Some(end) = cool_down_end
            && debt.waits_for_cool_down()
        {
            debt.due = debt.due.max(end);
        }
        let is_held = debt.hold.is_some();
        let arrival = self.debts.add(debt);
        if is_held && watched_from.is_some() {
            self.held_until_watched.push(arrival);
        }
        ticket
    }

    /// Makes the files due that hold what preceded delayed requests, if `recorded` events so far press on
    /// it: if as many as `pressing_events` have been recorded since the request. Call this often while
    /// [`is_watching`](Self::is_watching).
    pub(crate) fn watch(&mut self, recorded: u64, pressing_events: u64, now: Instant) {
        let mut before = Vec::new();
        while let Some((from, arrival)) = self.debts.first_watched()
            && recorded.saturating_sub(from) >= pressing_events
        {
            let take = |debt: &mut Debt<H>| {
                debt.watched_from = None;
                let (promise, ticket) = Promise::new();
                before.push(Debt {
                    reason: debt.reason.clone(),
                    time: RequestTime::Now,
                    ticket,
                    promise,
                    requests: 0,
                    moment_ticks: debt.moment_ticks,
                    due: now,
                    merges_until: now,
                    is_repeated: debt.is_repeated,
                    watched_from: None,
                    hold: debt.hold.take(),
                    held_ticks: debt.held_ticks,
                });
            };
            if self.debts.change(arrival, take).is_none() {
                debug_assert!(false, "a watched debt exists");
                break;
            }
        }
        for debt in before {
            self.debts.add(debt);
        }
        // The hold is for the time until the first look.
        for arrival in std::mem::take(&mut self.held_until_watched) {
            drop(self.debts.change(arrival, |debt| debt.hold.take()));
        }
    }

    /// Returns whether a delayed request waits that needs [`watch`](Self::watch).
    pub(crate) fn is_watching(&self) -> bool {
        self.debts.is_watching()
    }

    /// Returns the snapshot to write now, if one is due. `now_ticks` is the moment of a delayed one.
    pub(crate) fn next(&mut self, now: Instant, now_ticks: u64) -> Option<SnapshotJob<H>> {
        if self.debts.next_due().is_none_or(|due| due > now) && !self.is_closed {
            return None;
        }
        let is_affordable = self.budget.open_from(now) <= now;
        if !is_affordable && !self.is_exempt() {
            self.is_starved = true;
            return None;
        }
        let mut due: Vec<Arrival> = if self.is_closed {
            self.debts.all().map(|(arrival, _)| arrival).collect()
        } else {
            self.debts.due(now).collect()
        };
        // A reason without a file comes first, then the oldest debt.
        let rank = |arrival: &Arrival| {
            (
                self.debts.get(*arrival).map(|debt| debt.is_repeated),
                *arrival,
            )
        };
        let first = due.iter().copied().min_by_key(rank)?;
        let shares = !is_affordable || self.is_starved || due.len() > OWN_FILES_MAX;
        self.is_starved = false;
        if !shares {
            due = vec![first];
        }
        // The first one states the reason of the file.
        due.sort_unstable_by_key(|arrival| (*arrival != first, *arrival));
        let debts: Vec<_> = due
            .into_iter()
            .filter_map(|arrival| self.debts.remove(arrival))
            .collect();
        let mut requests = Unserved::default();
        for debt in &debts {
            requests.add(&debt.reason, debt.requests);
        }
        let is_exit = debts.iter().any(|debt| debt.time == RequestTime::Exit);
        let moment = |debt: &Debt<H>| match debt.time {
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
            reason: debts.first()?.reason.clone(),
            hold: None,
        };
        self.jobs += 1;
        self.in_progress.push(JobInProgress {
            number: self.jobs,
            reason: cause.reason.clone(),
            requests,
            tickets: debts.iter().map(|debt| debt.ticket.clone()).collect(),
        });
        Some(SnapshotJob {
            cause,
            debts,
            number: self.jobs,
        })
    }

    /// Returns whether a debt must not wait for the budget: the program or the recorder ends, or the program
    /// waits for what was pending.
    fn is_exempt(&self) -> bool {
        let first = self.debts.first();
        self.is_closed || first.is_some_and(|first| first < self.exempt_before)
    }

    /// Returns the time at which [`next`](Self::next) returns a snapshot. Returns `None` if there is no
    /// debt.
    pub(crate) fn next_due(&mut self, now: Instant) -> Option<Instant> {
        let due = self.debts.next_due()?;
        if self.is_closed {
            return Some(now);
        }
        if self.is_exempt() {
            return Some(due);
        }
        Some(due.max(self.budget.open_from(now)))
    }

    /// Returns what the requests with a reason wait for. Returns `None` if none waits.
    pub(crate) fn wait_of(&mut self, reason: &Reason, now: Instant) -> Option<RequestWait> {
        let dues = self.debts.of(reason).into_iter();
        let due = dues
            .filter_map(|arrival| Some(self.debts.get(arrival)?.due))
            .min()?;
        if due > now {
            Some(RequestWait::CoolDown)
        } else {
            (self.budget.open_from(now) > now).then_some(RequestWait::Budget)
        }
    }

    /// Completes a snapshot: begins the cool-downs, and resolves the tickets.
    pub(crate) fn complete(&mut self, job: SnapshotJob<H>, result: &SnapshotResult, now: Instant) {
        self.in_progress.retain(|it| it.number != job.number);
        if let Ok(receipt) = result {
            self.budget.spend(receipt.bytes, now);
        }
        for debt in job.debts {
            let end = self.cool_downs.begin(&debt.reason, now);
            // They came while the file was written.
            for arrival in self.debts.of(&debt.reason) {
                let is_exempt = arrival < self.exempt_before;
                let postpone = |debt: &mut Debt<H>| {
                    debt.is_repeated = true;
                    if debt.waits_for_cool_down() && !is_exempt {
                        debt.due = debt.due.max(end);
                    }
                };
                let _ = self.debts.change(arrival, postpone);
            }
            debt.promise.resolve(result.clone());
        }
    }

    /// Makes all debts due, and exempts them from the budget. Returns their tickets, and those of the jobs
    /// in progress.
    pub(crate) fn make_due(&mut self, now: Instant) -> Vec<Ticket> {
        let mut tickets = Vec::new();
        let all: Vec<_> = self.debts.all().map(|(arrival, _)| arrival).collect();
        for arrival in all {
            let make_due = |debt: &mut Debt<H>| {
                debt.due = debt.due.min(now);
                // A later request must not delay it again.
                debt.merges_until = debt.merges_until.min(now);
                debt.watched_from = None;
                debt.ticket.clone()
            };
            tickets.extend(self.debts.change(arrival, make_due));
        }
        self.exempt_before = self.debts.arrivals();
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
        self.debts.len() == 0 && self.in_progress.is_empty()
    }

    /// Returns whether a snapshot is being written.
    pub(crate) fn is_writing(&self) -> bool {
        !self.in_progress.is_empty()
    }

    /// Returns a snapshot that covers the jobs in progress, whose directory does not respond, and their
    /// tickets.
    pub(crate) fn rescue(&mut self, now_ticks: u64) -> Option<(SnapshotCause, Vec<Ticket>)> {
        let jobs = std::mem::take(&mut self.in_progress);
        let reason = jobs.first()?.reason.clone();
        let requests: u32 = jobs.iter().map(|job| job.requests.requests).sum();
        let cause = SnapshotCause {
            kind: SnapshotKind::Request,
            reason,
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
        while let Some(arrival) = self.debts.first() {
            let Some(debt) = self.debts.remove(arrival) else {
                break;
            };
            unserved.add(&debt.reason, debt.requests);
            debt.promise.resolve(Err(SnapshotError::ShutDown));
        }
        unserved
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
        assert!(unserved.reasons.iter().eq(["a", "b"]));
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
    fn a_storm_of_different_reasons_is_bounded_by_the_queue() {
        let mut case = Case::limited(1_024, PLENTY);
        let mut refused = 0;
        for number in 0..100_000_u32 {
            let ticket = case.request(&number.to_string());
            refused += u32::from(ticket.result().is_some());
        }
        assert_eq!(refused, 100_000 - 1_024);
        assert_eq!(case.schedule.debts.len(), 1_024);
        // One file pays all of them, and their cool-downs refuse nothing new.
        assert_eq!(case.cause().1, 1_023);
        assert_eq!(case.write(), None);
        assert!(case.request("new").result().is_none());
    }

    #[test]
    fn a_request_stays_one_debt_when_its_cool_down_leaves_the_table() {
        let mut case = Case::limited(10_000, PLENTY);
        case.request("a");
        case.write();
        let late = case.request("a");
        for number in 0..2_000_u32 {
            case.request(&number.to_string());
        }
        assert_eq!(case.cause().1, 1_999);
        assert!(case.request("a").is_merged());
        assert_eq!(case.write(), None);
        case.now += COOL_DOWN;
        assert_eq!(case.cause().1, 1);
        assert!(late.result().is_some());
    }

    #[test]
    fn a_flush_and_the_end_do_not_wait_for_the_budget() {
        for limits in [
            BudgetLimits { files: 0, bytes: 0 },
            BudgetLimits { files: 1, bytes: 1 },
        ] {
            let mut case = Case::limited(100, limits);
            case.request("first");
            case.write();
            let flushed = [case.request("a"), case.request("b")];
            assert_eq!(case.write(), None);
            assert!(case.schedule.next_due(case.now).unwrap() > case.now);
            case.schedule.make_due(case.now);
            assert_eq!(case.schedule.next_due(case.now), Some(case.now));
            case.cause();
            assert!(flushed.iter().all(|ticket| ticket.result().is_some()));
            // A later request waits again.
            let last = case.request("c");
            assert_eq!(case.write(), None);
            assert_eq!(
                case.schedule.wait_of(&Reason::new("c"), case.now),
                Some(RequestWait::Budget)
            );
            case.schedule.close();
            case.cause();
            assert!(last.result().is_some());
        }
    }

    #[test]
    fn a_flush_while_its_reason_is_written_does_not_wait_for_the_cool_down() {
        let mut case = Case::new();
        case.request("a");
        let job = case.schedule.next(case.now, 0).unwrap();
        let during = case.request("a");
        case.schedule.make_due(case.now);
        (case.schedule).complete(job, &Ok(Receipt::default()), case.now);
        case.cause();
        assert!(during.result().is_some());
    }

    #[test]
    fn a_later_request_does_not_delay_what_was_flushed() {
        let mut case = Case::new();
        let flushed = case.request_at("a", RequestTime::After(SECOND));
        case.schedule.make_due(case.now);
        let later = case.request_at("a", RequestTime::After(SECOND));
        case.cause();
        assert!(flushed.result().is_some() && later.result().is_none());
    }

    #[test]
    fn what_a_request_waits_for_is_stated() {
        let mut case = Case::new();
        let wait = |case: &mut Case| case.schedule.wait_of(&Reason::new("a"), case.now);
        case.request("a");
        assert_eq!(wait(&mut case), None);
        case.write();
        case.request("a");
        assert_eq!(wait(&mut case), Some(RequestWait::CoolDown));
    }
}
