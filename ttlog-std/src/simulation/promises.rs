//! The promises to each request and panic of a history.

use std::{
    cell::{RefCell, RefMut},
    rc::Rc,
    time::{Duration, Instant},
};

use super::process::{EventId, Process};
use crate::ticket::Ticket;

/// The source of a promise.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Request {
        reason: String,
        delay: Option<Duration>,
        ticket: Ticket,
    },
    Panic {
        /// Whether the thread is still in the panic hook.
        is_in_hook: bool,
    },
}

/// A request or a panic.
#[derive(Clone, Debug)]
pub(super) struct Promise {
    pub(super) process: Rc<Process>,
    /// Whether the request was refused at once.
    pub(super) is_refused: bool,
    pub(super) source: Source,
    pub(super) moment_ticks: u64,
    pub(super) made: Instant,
    /// `true` if the request holds the ring at its moment.
    pub(super) is_held: bool,
    /// The event that was recorded before, unless it was dropped.
    pub(super) event: Option<EventId>,
}

impl Promise {
    pub(super) fn is_panic(&self) -> bool {
        matches!(self.source, Source::Panic { .. })
    }
}

/// All promises of a history.
#[derive(Debug, Default)]
pub(super) struct Promises(RefCell<Vec<Promise>>);

impl Promises {
    /// Adds a promise. Returns its place.
    pub(super) fn add(&self, promise: Promise) -> usize {
        let mut all = self.all();
        all.push(promise);
        all.len() - 1
    }

    pub(super) fn all(&self) -> RefMut<'_, Vec<Promise>> {
        self.0.borrow_mut()
    }

    /// Returns copies of the promises of a process.
    pub(super) fn of(&self, process: &Rc<Process>) -> Vec<Promise> {
        let all = self.0.borrow();
        let of_process = all.iter().filter(|each| Rc::ptr_eq(&each.process, process));
        of_process.cloned().collect()
    }

    /// Notes that a thread has left the panic hook.
    pub(super) fn left_hook(&self, promise: usize) {
        self.all()[promise].source = Source::Panic { is_in_hook: false };
    }

    pub(super) fn clear(&self) {
        self.0.take();
    }
}
