//! The requests that no file covers yet, in the orders in which the schedule needs them.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use crate::{
    reason::Reason,
    ticket::{Promise, Ticket},
};

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

/// A request, or several merged requests, that no file covers yet.
#[derive(Debug)]
pub(crate) struct Debt<H> {
    pub(crate) reason: Reason,
    pub(crate) time: RequestTime,
    pub(crate) ticket: Ticket,
    pub(crate) promise: Promise,
    /// Number of requests. Zero for a file of what preceded a delayed request.
    pub(crate) requests: u32,
    /// The moment of the newest request.
    pub(crate) moment_ticks: u64,
    /// The time from which the debt may be paid: the end of the delay, or of the reason's cool-down.
    pub(crate) due: Instant,
    /// Delayed requests that are due later than this begin another debt.
    pub(crate) merges_until: Instant,
    /// `true` if the reason has a file.
    pub(crate) is_repeated: bool,
    /// Number of events that had been recorded when a delayed request was made. `None` if what preceded
    /// it is in a file.
    pub(crate) watched_from: Option<u64>,
    /// Keeps the events before the moment in the ring until the file is written.
    pub(crate) hold: Option<H>,
    /// The moment of the hold.
    pub(crate) held_ticks: u64,
}

impl<H> Debt<H> {
    /// Returns whether a request is merged into this debt.
    pub(crate) fn takes(&self, time: RequestTime, due: Instant) -> bool {
        match (self.time, time) {
            (RequestTime::Now, RequestTime::Now) | (RequestTime::Exit, RequestTime::Exit) => true,
            (RequestTime::After(_), RequestTime::After(_)) => due <= self.merges_until,
            _ => false,
        }
    }

    /// Returns whether the debt waits for the cool-down of its reason. What preceded a delayed request does
    /// not.
    pub(crate) fn waits_for_cool_down(&self) -> bool {
        self.time == RequestTime::Now && self.requests > 0
    }
}

/// The place of a debt in the order of arrival.
pub(crate) type Arrival = u64;

/// All debts. Each operation on one debt takes logarithmic time.
#[derive(Debug)]
pub(crate) struct Debts<H> {
    all: BTreeMap<Arrival, Debt<H>>,
    of_reason: BTreeMap<Reason, Vec<Arrival>>,
    by_due: BTreeSet<(Instant, Arrival)>,
    /// The debts that have [`Debt::watched_from`], and its value.
    watched: BTreeSet<(u64, Arrival)>,
    arrivals: Arrival,
}

impl<H> Default for Debts<H> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            of_reason: BTreeMap::new(),
            by_due: BTreeSet::new(),
            watched: BTreeSet::new(),
            arrivals: 0,
        }
    }
}

impl<H> Debts<H> {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Returns the number of debts that have arrived so far.
    pub(crate) fn arrivals(&self) -> Arrival {
        self.arrivals
    }

    pub(crate) fn add(&mut self, debt: Debt<H>) -> Arrival {
        let arrival = self.arrivals;
        self.arrivals += 1;
        self.by_due.insert((debt.due, arrival));
        if let Some(from) = debt.watched_from {
            self.watched.insert((from, arrival));
        }
        match self.of_reason.get_mut(&debt.reason) {
            Some(arrivals) => arrivals.push(arrival),
            None => drop(self.of_reason.insert(debt.reason.clone(), vec![arrival])),
        }
        self.all.insert(arrival, debt);
        arrival
    }

    /// Changes a debt. Returns what `change` returns, or `None` if there is no such debt.
    pub(crate) fn change<T>(
        &mut self,
        arrival: Arrival,
        change: impl FnOnce(&mut Debt<H>) -> T,
    ) -> Option<T> {
        let debt = self.all.get_mut(&arrival)?;
        let (due, watched_from) = (debt.due, debt.watched_from);
        let result = change(debt);
        if debt.due != due {
            self.by_due.remove(&(due, arrival));
            self.by_due.insert((debt.due, arrival));
        }
        if debt.watched_from != watched_from {
            watched_from.map(|from| self.watched.remove(&(from, arrival)));
            (debt.watched_from).map(|from| self.watched.insert((from, arrival)));
        }
        Some(result)
    }

    pub(crate) fn remove(&mut self, arrival: Arrival) -> Option<Debt<H>> {
        let debt = self.all.remove(&arrival)?;
        self.by_due.remove(&(debt.due, arrival));
        (debt.watched_from).map(|from| self.watched.remove(&(from, arrival)));
        if let Some(arrivals) = self.of_reason.get_mut(&debt.reason) {
            arrivals.retain(|each| *each != arrival);
            if arrivals.is_empty() {
                self.of_reason.remove(&debt.reason);
            }
        }
        Some(debt)
    }

    pub(crate) fn get(&self, arrival: Arrival) -> Option<&Debt<H>> {
        self.all.get(&arrival)
    }

    /// Returns the debts of a reason.
    pub(crate) fn of(&self, reason: &Reason) -> Vec<Arrival> {
        self.of_reason.get(reason).cloned().unwrap_or_default()
    }

    /// Returns the debt of a reason that takes a request.
    pub(crate) fn taking(
        &self,
        reason: &Reason,
        time: RequestTime,
        due: Instant,
    ) -> Option<Arrival> {
        let mut arrivals = self.of_reason.get(reason)?.iter().copied();
        arrivals.find(|arrival| self.all[arrival].takes(time, due))
    }

    /// Returns all debts, in the order of arrival.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Arrival, &Debt<H>)> {
        self.all.iter().map(|(arrival, debt)| (*arrival, debt))
    }

    /// Returns the first debt.
    pub(crate) fn first(&self) -> Option<Arrival> {
        self.all.keys().next().copied()
    }

    /// Returns the debts that are due at `now`.
    pub(crate) fn due(&self, now: Instant) -> impl Iterator<Item = Arrival> {
        let due = self.by_due.range(..=(now, Arrival::MAX));
        due.map(|(_, arrival)| *arrival)
    }

    /// Returns the time at which the next debt is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.by_due.first().map(|(due, _)| *due)
    }

    /// Returns whether a debt is watched.
    pub(crate) fn is_watching(&self) -> bool {
        !self.watched.is_empty()
    }

    /// Returns the watched debt that was requested first, and [`Debt::watched_from`].
    pub(crate) fn first_watched(&self) -> Option<(u64, Arrival)> {
        self.watched.first().copied()
    }
}
