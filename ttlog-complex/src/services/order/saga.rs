//! The saga: the steps of an order, and the way back when one of them fails.
//!
//! ```text
//! price ─► reserve ─► charge ─► collect ─► ship ─► done
//!             │          │                  │
//!          release ◄─ refund ◄─────────── cancel        the way back, in reverse
//! ```

use core::time::Duration;

use ttlog_std::{debug, error, span, warn};

use crate::{
    bus::{CallError, Client, Deadline},
    ids::OrderId,
    protocol::{
        inventory,
        order::{Checkout, OrderError, Receipt},
        payment, pricing, shipping,
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
        let Checkout {
            order,
            card,
            region,
            ..
        } = plan.checkout;
        let _span = span!("saga.forward", order);

        let (basket, coupon) = (plan.checkout.basket.clone(), plan.checkout.coupon.clone());
        let quote = self
            .pricing
            .call(deadline, |reply| pricing::Request::Quote {
                basket,
                coupon,
                reply,
            })??;
        let total = quote.total;
        debug!("saga.priced order_id={order} total={total}");

        undo.push(Undo::Release);
        let lines = plan.checkout.basket.clone();
        self.inventory
            .call(deadline, |reply| inventory::Request::Reserve {
                order,
                lines,
                reply,
            })??;
        debug!("saga.reserved order_id={order}");

        undo.push(Undo::Refund);
        self.payment
            .call(deadline, |reply| payment::Request::Charge {
                order,
                card,
                amount: total,
                reply,
            })??;
        debug!("saga.charged order_id={order} total={total}");

        self.inventory
            .call(deadline, |reply| inventory::Request::Collect {
                order,
                reply,
            })??;
        debug!("saga.collected order_id={order}");

        undo.push(Undo::Cancel);
        let email = plan.customer.email.clone();
        let shipment = self
            .shipping
            .call(deadline, |reply| shipping::Request::Dispatch {
                order,
                region,
                email,
                reply,
            })??;
        let carrier = shipment.carrier;
        debug!("saga.shipped order_id={order} carrier={carrier}");

        Ok(Receipt {
            order,
            total,
            tracking: shipment.tracking,
        })
    }

    /// Undoes the steps, the last first; answers with those that resisted.
    fn back(&self, order: OrderId, undo: &[Undo]) -> Vec<Undo> {
        let _span = span!("saga.back", order);
        let mut stuck = Vec::new();
        for &step in undo.iter().rev() {
            warn!("saga.undo order_id={order} step={step:?}");
            let undone = (1..=UNDO_ATTEMPTS).any(|attempt| match self.undo(order, step) {
                Ok(()) => true,
                Err(why) => {
                    error!("saga.undo failed order_id={order} step={step:?} attempt={attempt} error={why}");
                    false
                }
            });
            if !undone {
                stuck.push(step);
            }
        }
        stuck
    }

    /// Takes a deadline of its own: the way back must not be cut short by the one that caused it.
    fn undo(&self, order: OrderId, step: Undo) -> Result<(), CallError> {
        let deadline = Deadline::within(UNDO_PATIENCE);
        match step {
            Undo::Release => self
                .inventory
                .call(deadline, |reply| inventory::Request::Release {
                    order,
                    reply,
                })
                .map(drop),
            Undo::Refund => self
                .payment
                .call(deadline, |reply| payment::Request::Refund { order, reply })
                .map(drop),
            Undo::Cancel => self
                .shipping
                .call(deadline, |reply| shipping::Request::Cancel { order, reply })
                .map(drop),
        }
    }
}
