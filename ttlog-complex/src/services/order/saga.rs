//! The saga: the steps of an order, and the way back when one of them fails.
//!
//! ```text
//! price ─► reserve ─► charge ─► collect ─► ship ─► done
//!             │          │                  │
//!          release ◄─ refund ◄─────────── cancel        the way back, in reverse
//! ```
//!
//! Where nobody is there to take the money the order goes neither on nor back: it waits, and is
//! resumed later. Nothing is done twice then, because every step can be asked for again: goods that
//! are set aside stay so, and money that was taken after all is not taken again.

use core::time::Duration;

use ttlog_std::{Level, debug, error, span, warn};

use crate::{
    bus::{CallError, Client, Deadline, ReplyTo},
    ids::OrderId,
    money::Cents,
    protocol::{
        inventory,
        order::{Checkout, OrderError, Receipt},
        payment::{self, ChargeError},
        pricing,
        shipping::{self, Shipment},
        user::Customer,
    },
};

/// How long a step back may take; what resists is tried again later.
const UNDO_PATIENCE: Duration = Duration::from_millis(250);

/// The services that carry out an order.
pub struct Saga {
    /// Says what it costs.
    pub pricing: Client<pricing::Request>,
    /// Has the goods.
    pub inventory: Client<inventory::Request>,
    /// Takes the money.
    pub payment: Client<payment::Request>,
    /// Sends the parcel.
    pub shipping: Client<shipping::Request>,
}

/// What is to be carried out.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The order.
    pub checkout: Checkout,
    /// Whose it is.
    pub customer: Customer,
}

/// An order that did not reach its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// It went back.
    Failed(Failed),
    /// It stands still: [`resume`](Saga::resume) it later, or undo [`WAITING`](Undo::WAITING).
    Waits {
        /// What it costs, today and later.
        total: Cents,
        /// What it waits for.
        why: OrderError,
    },
}

/// An order that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Why.
    pub why: OrderError,
    /// The steps that could not be undone. Not empty means that somebody must look into it.
    pub stuck: Vec<Undo>,
}

impl Failed {
    /// No step was taken, so there is nothing to undo.
    #[must_use]
    pub fn before_it_began(why: OrderError) -> Self {
        Self {
            why,
            stuck: Vec::new(),
        }
    }
}

/// A step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// Put the goods back.
    Release,
    /// Give the money back.
    Refund,
    /// Stop the parcel.
    Cancel,
}

impl Undo {
    /// All steps back, the last first.
    pub const ALL: [Self; 3] = [Self::Cancel, Self::Refund, Self::Release];
    /// The steps back of an order that waits: it may have been paid without anybody knowing.
    pub const WAITING: [Self; 2] = [Self::Refund, Self::Release];
}

/// How a step forward is asked for.
#[derive(Clone, Copy)]
enum Manner {
    /// Once, as the breaker lets it: a customer is waiting.
    Once,
    /// Past the breaker, until the deadline: whoever does this has paused long enough before.
    Insist,
}

impl Manner {
    fn ask<R, T>(
        self,
        client: &Client<R>,
        deadline: Deadline,
        ask: impl FnMut(ReplyTo<T>) -> R,
    ) -> Result<T, CallError> {
        match self {
            Self::Once => client.call(deadline, ask),
            Self::Insist => client.insist(deadline, ask),
        }
    }
}

/// Where the way forward ended.
enum Stop {
    Failed(OrderError),
    Waits(OrderError),
}

impl Saga {
    /// Carries out an order wholly or not at all.
    ///
    /// # Errors
    ///
    /// [`Halt`]. When it failed, every step that was taken has been undone, or could not be.
    pub fn run(&self, plan: &Plan, deadline: Deadline) -> Result<Receipt, Halt> {
        let order_id = plan.checkout.order;
        let total = self.price(plan, deadline).map_err(|why| {
            let stuck = Vec::new();
            Halt::Failed(Failed { why, stuck })
        })?;
        debug!("saga.priced order_id={order_id} total={total}");
        self.go(plan, total, &mut Vec::new(), deadline)
    }

    /// Takes up an order that waits, at the price that it had.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub fn resume(&self, plan: &Plan, total: Cents, deadline: Deadline) -> Result<Receipt, Halt> {
        let mut undo = Undo::WAITING.into_iter().rev().collect();
        self.go(plan, total, &mut undo, deadline)
    }

    fn go(
        &self,
        plan: &Plan,
        total: Cents,
        undo: &mut Vec<Undo>,
        deadline: Deadline,
    ) -> Result<Receipt, Halt> {
        self.forward(plan, total, undo, deadline)
            .map_err(|stop| match stop {
                Stop::Waits(why) => Halt::Waits { total, why },
                Stop::Failed(why) => {
                    undo.reverse();
                    let stuck = self.back(plan.checkout.order, undo);
                    Halt::Failed(Failed { why, stuck })
                }
            })
    }

    /// Notes how to undo a step before it is taken: a call that brought no answer may still have
    /// been carried out, or may yet be. What `undo` holds at first was noted by an earlier try.
    fn forward(
        &self,
        plan: &Plan,
        total: Cents,
        undo: &mut Vec<Undo>,
        deadline: Deadline,
    ) -> Result<Receipt, Stop> {
        let order_id = plan.checkout.order;
        let _span = span!(Level::Debug, "saga.forward", order_id);
        let resumed = !undo.is_empty();
        let manner = if resumed {
            Manner::Insist
        } else {
            Manner::Once
        };
        note(undo, Undo::Release);
        self.reserve(plan, manner, deadline)
            .map_err(|why| match why {
                // It has waited this long; what is one more time.
                OrderError::Unavailable(_) if resumed => Stop::Waits(why),
                _ => Stop::Failed(why),
            })?;
        debug!("saga.reserved order_id={order_id}");
        note(undo, Undo::Refund);
        self.charge(plan, total, manner, deadline)?;
        debug!("saga.charged order_id={order_id} total={total}");
        self.collect(plan, manner, deadline).map_err(Stop::Failed)?;
        debug!("saga.collected order_id={order_id}");
        note(undo, Undo::Cancel);
        let Shipment {
            carrier, tracking, ..
        } = self.ship(plan, manner, deadline).map_err(Stop::Failed)?;
        debug!("saga.shipped order_id={order_id} carrier={carrier}");
        Ok(Receipt {
            order: order_id,
            total,
            tracking,
        })
    }

    fn price(&self, plan: &Plan, deadline: Deadline) -> Result<Cents, OrderError> {
        let (basket, coupon) = (&plan.checkout.basket, &plan.checkout.coupon);
        let ask = |reply| pricing::Request::Quote {
            basket: basket.clone(),
            coupon: coupon.clone(),
            reply,
        };
        Ok(self.pricing.call_again(deadline, ask)??.total)
    }

    fn reserve(&self, plan: &Plan, manner: Manner, deadline: Deadline) -> Result<(), OrderError> {
        let (order, lines) = (plan.checkout.order, &plan.checkout.basket);
        let ask = |reply| inventory::Request::Reserve {
            order,
            lines: lines.clone(),
            reply,
        };
        Ok(manner.ask(&self.inventory, deadline, ask)??)
    }

    /// Waits where nobody answers, and where an earlier request is still being worked on: how it
    /// ends cannot be known yet.
    fn charge(
        &self,
        plan: &Plan,
        amount: Cents,
        manner: Manner,
        deadline: Deadline,
    ) -> Result<(), Stop> {
        let Checkout {
            order, card, risk, ..
        } = plan.checkout;
        let ask = |reply| payment::Request::Charge {
            order,
            card,
            amount,
            risk,
            reply,
        };
        match manner.ask(&self.payment, deadline, ask) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why @ (ChargeError::InProgress | ChargeError::GatewayClosed))) => {
                Err(Stop::Waits(why.into()))
            }
            Ok(Err(why)) => Err(Stop::Failed(why.into())),
            Err(why) => Err(Stop::Waits(why.into())),
        }
    }

    fn collect(&self, plan: &Plan, manner: Manner, deadline: Deadline) -> Result<(), OrderError> {
        let order = plan.checkout.order;
        let ask = |reply| inventory::Request::Collect { order, reply };
        Ok(manner.ask(&self.inventory, deadline, ask)??)
    }

    fn ship(
        &self,
        plan: &Plan,
        manner: Manner,
        deadline: Deadline,
    ) -> Result<Shipment, OrderError> {
        let (order, region) = (plan.checkout.order, plan.checkout.region);
        let email = &plan.customer.email;
        let ask = |reply| shipping::Request::Dispatch {
            order,
            region,
            email: email.clone(),
            reply,
        };
        Ok(manner.ask(&self.shipping, deadline, ask)??)
    }

    /// Undoes the steps in their order; answers with those that resisted.
    #[must_use]
    pub fn back(&self, order_id: OrderId, undo: &[Undo]) -> Vec<Undo> {
        let _span = span!(Level::Debug, "saga.back", order_id);
        let resists = |step: &Undo| {
            warn!("saga.undo order_id={order_id} step={step:?}");
            !self.undo(order_id, *step, Deadline::within(UNDO_PATIENCE))
        };
        undo.iter().copied().filter(resists).collect()
    }

    /// Undoes one step; answers whether that went well.
    ///
    /// It takes a deadline of its own: the way back must not be cut short by the one that caused it.
    #[must_use]
    pub fn undo(&self, order: OrderId, step: Undo, deadline: Deadline) -> bool {
        let undone = match step {
            Undo::Release => {
                let ask = |reply| inventory::Request::Release { order, reply };
                self.inventory.insist(deadline, ask).map(drop)
            }
            Undo::Refund => {
                let ask = |reply| payment::Request::Refund { order, reply };
                self.payment.insist(deadline, ask).map(drop)
            }
            Undo::Cancel => {
                let ask = |reply| shipping::Request::Cancel { order, reply };
                self.shipping.insist(deadline, ask).map(drop)
            }
        };
        match undone {
            Ok(()) => true,
            Err(why) => {
                error!(order_id = order, ?step, error = %why, "saga.undo failed");
                false
            }
        }
    }
}

fn note(undo: &mut Vec<Undo>, step: Undo) {
    if !undo.contains(&step) {
        undo.push(step);
    }
}
