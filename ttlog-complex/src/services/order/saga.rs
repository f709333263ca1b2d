//! The saga: the steps of an order, and the way back when one of them fails.
//!
//! ```text
//! price ─► reserve ─► charge ─► collect ─► ship ─► done
//!             │          │                  │
//!          release ◄─ refund ◄─────────── cancel        the way back, in reverse
//! ```

use core::time::Duration;

use ttlog_std::{Level, debug, error, span, warn};

use crate::{
    bus::{CallError, Client, Deadline},
    ids::OrderId,
    money::Cents,
    protocol::{
        inventory,
        order::{Checkout, OrderError, Receipt},
        payment, pricing,
        shipping::{self, Shipment},
        user::Customer,
    },
};

/// How often a step back is tried.
const UNDO_ATTEMPTS: u32 = 3;
/// How long each attempt may take.
const UNDO_PATIENCE: Duration = Duration::from_millis(500);

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
pub struct Plan {
    /// The order.
    pub checkout: Checkout,
    /// Whose it is.
    pub customer: Customer,
}

/// An order that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Why.
    pub why: OrderError,
    /// The steps that could not be undone. Not empty means that somebody must look into it.
    pub stuck: Vec<Undo>,
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

impl Saga {
    /// Carries out an order wholly or not at all.
    ///
    /// # Errors
    ///
    /// [`Failed`], when every step that was taken has been undone, or could not be.
    pub fn run(&self, plan: &Plan, deadline: Deadline) -> Result<Receipt, Failed> {
        let mut undo = Vec::new();
        self.forward(plan, deadline, &mut undo).map_err(|why| {
            let stuck = self.back(plan.checkout.order, &undo);
            Failed { why, stuck }
        })
    }

    /// Notes how to undo a step before it is taken: a call that brought no answer may still have
    /// been carried out, or may yet be.
    fn forward(
        &self,
        plan: &Plan,
        deadline: Deadline,
        undo: &mut Vec<Undo>,
    ) -> Result<Receipt, OrderError> {
        let order_id = plan.checkout.order;
        let _span = span!(Level::Debug, "saga.forward", order_id);
        let total = self.price(plan, deadline)?;
        debug!("saga.priced order_id={order_id} total={total}");
        undo.push(Undo::Release);
        self.reserve(plan, deadline)?;
        debug!("saga.reserved order_id={order_id}");
        undo.push(Undo::Refund);
        self.charge(plan, total, deadline)?;
        debug!("saga.charged order_id={order_id} total={total}");
        self.collect(plan, deadline)?;
        debug!("saga.collected order_id={order_id}");
        undo.push(Undo::Cancel);
        let Shipment {
            carrier, tracking, ..
        } = self.ship(plan, deadline)?;
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

    fn reserve(&self, plan: &Plan, deadline: Deadline) -> Result<(), OrderError> {
        let (order, lines) = (plan.checkout.order, plan.checkout.basket.clone());
        let ask = |reply| inventory::Request::Reserve {
            order,
            lines,
            reply,
        };
        Ok(self.inventory.call(deadline, ask)??)
    }

    fn charge(&self, plan: &Plan, amount: Cents, deadline: Deadline) -> Result<(), OrderError> {
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
        Ok(self.payment.call(deadline, ask)??)
    }

    fn collect(&self, plan: &Plan, deadline: Deadline) -> Result<(), OrderError> {
        let order = plan.checkout.order;
        let ask = |reply| inventory::Request::Collect { order, reply };
        Ok(self.inventory.call(deadline, ask)??)
    }

    fn ship(&self, plan: &Plan, deadline: Deadline) -> Result<Shipment, OrderError> {
        let (order, region) = (plan.checkout.order, plan.checkout.region);
        let email = plan.customer.email.clone();
        let ask = |reply| shipping::Request::Dispatch {
            order,
            region,
            email,
            reply,
        };
        Ok(self.shipping.call(deadline, ask)??)
    }

    /// Undoes the steps, the last first; answers with those that resisted.
    fn back(&self, order_id: OrderId, undo: &[Undo]) -> Vec<Undo> {
        let _span = span!(Level::Debug, "saga.back", order_id);
        let resists = |step: &Undo| {
            warn!("saga.undo order_id={order_id} step={step:?}");
            !(1..=UNDO_ATTEMPTS).any(|attempt| match self.undo(order_id, *step) {
                Ok(()) => true,
                Err(why) => {
                    error!(order_id, ?step, attempt, error = %why, "saga.undo failed");
                    false
                }
            })
        };
        undo.iter().rev().copied().filter(resists).collect()
    }

    /// Takes a deadline of its own: the way back must not be cut short by the one that caused it.
    fn undo(&self, order: OrderId, step: Undo) -> Result<(), CallError> {
        let deadline = Deadline::within(UNDO_PATIENCE);
        match step {
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
        }
    }
}
