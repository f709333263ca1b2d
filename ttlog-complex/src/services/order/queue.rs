//! The queue: orders that wait to be paid, and steps back that are still to be taken.
//!
//! ```text
//! order instances ─► Queue (bounded) ─► Clerk, a thread of its own ─► carried out, or given up
//!                                         backlog: again and again, with pauses
//! ```
//!
//! An order in the queue belongs to nobody else: whoever puts it there lets go of it, so it is never
//! in two hands, and the clerk keeps it until it has ended. The clerk goes home when the last order
//! instance is gone, and leaves nothing behind.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::{collections::BTreeSet, sync::Arc};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use ttlog_std::Context;

use super::saga::{Plan, Undo};
use crate::{ids::OrderId, money::Cents, shared::Shared};

/// How many orders may wait at once; the next one fails.
pub const WAITING_MAX: usize = 256;
/// How many jobs lie on the desk before the clerk has looked at them.
const DESK_JOBS: usize = 1_024;

/// Where to put what cannot be done now.
#[derive(Clone, Debug)]
pub struct Queue {
    desk: Sender<Job>,
    tally: Tally,
}

/// An order that waits.
#[derive(Debug)]
pub struct Waiting {
    /// What is to be carried out.
    pub plan: Plan,
    /// What it costs.
    pub total: Cents,
    /// The trace that it belongs to.
    pub context: Option<Context>,
}

/// Steps back that are still to be taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Remaining {
    /// Of which order.
    pub order: OrderId,
    /// Which, in their order.
    pub steps: Vec<Undo>,
}

/// What lies on the clerk's desk.
#[derive(Debug)]
pub enum Job {
    /// Carry it out.
    CarryOut(Waiting),
    /// Undo it.
    Undo(Remaining),
}

/// Which orders wait, and how many did.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    waiting: Shared<BTreeSet<OrderId>>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    queued: AtomicU64,
    carried_out: AtomicU64,
    given_up: AtomicU64,
    undone: AtomicU64,
    stuck: AtomicU64,
}

/// What a queue has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueReading {
    /// Orders that wait now.
    pub waiting: u64,
    /// Orders that ever waited.
    pub queued: u64,
    /// Of those, carried out.
    pub carried_out: u64,
    /// Of those, not carried out.
    pub given_up: u64,
    /// Steps back that were taken later.
    pub undone: u64,
    /// Steps back that were never taken. Not zero means that somebody must look into it.
    pub stuck: u64,
}

/// How an order left the queue, or a step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    CarriedOut,
    GivenUp,
}

impl Queue {
    /// A queue, and the end at which the clerk takes out the jobs.
    #[must_use]
    pub fn new() -> (Self, Receiver<Job>) {
        let (desk, jobs) = bounded(DESK_JOBS);
        let tally = Tally::default();
        (Self { desk, tally }, jobs)
    }

    /// Puts an order in.
    ///
    /// # Errors
    ///
    /// The order, when there is no room.
    pub fn wait(&self, waiting: Waiting) -> Result<(), Box<Waiting>> {
        let order = waiting.plan.checkout.order;
        if !self.tally.enter(order) {
            return Err(Box::new(waiting));
        }
        self.desk.try_send(Job::CarryOut(waiting)).map_err(|back| {
            self.tally.waiting.lock().remove(&order);
            let (TrySendError::Full(job) | TrySendError::Disconnected(job)) = back;
            match job {
                Job::CarryOut(waiting) => Box::new(waiting),
                Job::Undo(_) => unreachable!("it is the order that was sent"),
            }
        })?;
        self.tally.counts.queued.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Puts steps back in; answers whether there was room.
    #[must_use]
    pub fn undo(&self, remaining: Remaining) -> bool {
        self.desk.try_send(Job::Undo(remaining)).is_ok()
    }

    /// Which orders wait, and how many did.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally.clone()
    }
}

impl Tally {
    /// Whether an order waits.
    #[must_use]
    pub fn is_waiting(&self, order: OrderId) -> bool {
        self.waiting.lock().contains(&order)
    }

    /// The counts up to now.
    #[must_use]
    pub fn read(&self) -> QueueReading {
        let waiting = self.waiting.lock().len() as u64;
        let Counts {
            queued,
            carried_out,
            given_up,
            undone,
            stuck,
        } = &*self.counts;
        QueueReading {
            waiting,
            queued: queued.load(Relaxed),
            carried_out: carried_out.load(Relaxed),
            given_up: given_up.load(Relaxed),
            undone: undone.load(Relaxed),
            stuck: stuck.load(Relaxed),
        }
    }

    fn enter(&self, order: OrderId) -> bool {
        let mut waiting = self.waiting.lock();
        waiting.len() < WAITING_MAX && waiting.insert(order)
    }

    /// Notes how an order left. By then the book must say so too.
    pub(super) fn leave(&self, order: OrderId, how: Left) {
        self.waiting.lock().remove(&order);
        let counter = match how {
            Left::CarriedOut => &self.counts.carried_out,
            Left::GivenUp => &self.counts.given_up,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn count_undone(&self) {
        self.counts.undone.fetch_add(1, Relaxed);
    }

    pub(super) fn count_stuck(&self, steps: usize) {
        self.counts.stuck.fetch_add(steps as u64, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bank::{CardNumber, Issuer},
        ids::CustomerId,
        protocol::{
            order::Checkout,
            shipping::Region,
            user::{Customer, SessionToken},
        },
    };

    fn waiting(order: u64) -> Waiting {
        let card = CardNumber {
            issuer: Issuer::Union,
            abroad: false,
            serial: 1,
        };
        let checkout = Checkout {
            order: OrderId(order),
            token: SessionToken(0),
            basket: Vec::new(),
            card,
            coupon: None,
            risk: 0,
            region: Region::Mainland,
        };
        let customer = Customer {
            id: CustomerId(1),
            email: "a@shop".into(),
        };
        Waiting {
            plan: Plan { checkout, customer },
            total: Cents(1),
            context: None,
        }
    }

    #[test]
    fn an_order_waits_until_it_has_left() {
        let (queue, jobs) = Queue::new();
        let tally = queue.tally();
        queue.wait(waiting(1)).unwrap();
        assert!(tally.is_waiting(OrderId(1)));
        assert!(matches!(jobs.try_recv(), Ok(Job::CarryOut(_))));
        assert!(tally.is_waiting(OrderId(1)), "it is in the clerk's hands");
        tally.leave(OrderId(1), Left::CarriedOut);
        assert!(!tally.is_waiting(OrderId(1)));
        let expected = QueueReading {
            queued: 1,
            carried_out: 1,
            ..QueueReading::default()
        };
        assert_eq!(tally.read(), expected);
    }

    #[test]
    fn a_full_queue_hands_the_order_back() {
        let (queue, _jobs) = Queue::new();
        for order in 0..WAITING_MAX as u64 {
            queue.wait(waiting(order)).unwrap();
        }
        let back = queue.wait(waiting(9_999)).unwrap_err();
        assert_eq!(back.plan.checkout.order, OrderId(9_999));
        assert!(!queue.tally().is_waiting(OrderId(9_999)));
        assert_eq!(queue.tally().read().queued, WAITING_MAX as u64);
    }

    #[test]
    fn a_queue_whose_clerk_has_gone_hands_the_order_back() {
        let (queue, jobs) = Queue::new();
        drop(jobs);
        assert!(queue.wait(waiting(1)).is_err());
        assert_eq!(queue.tally().read(), QueueReading::default());
    }
}
