//! The order service: takes an order through the shop, or keeps it until that can be done.

pub mod backlog;
pub mod book;
pub mod clerk;
pub mod journal;
pub mod office;
pub mod queue;
pub mod saga;

use std::sync::Arc;

use ttlog_std::{Context, Level, debug, fatal, info, span, warn};

use self::{
    book::Opened,
    office::Office,
    queue::{Queue, Remaining, Waiting},
    saga::{Failed, Halt, Plan, Undo},
};
use crate::{
    bus::{Client, Deadline, Outcome, Service},
    ids::OrderId,
    money::Cents,
    protocol::{
        order::{Checkout, OrderError, Placed, Request},
        user,
    },
};

/// Orders, from the checkout to the last word on them.
pub struct Order {
    /// Who tells who the customer is.
    pub user: Client<user::Request>,
    /// Who has the last word.
    pub office: Arc<Office>,
    /// Where orders wait that cannot be paid now.
    pub queue: Queue,
}

impl Order {
    fn place(&self, checkout: Checkout, deadline: Deadline) -> Result<Placed, OrderError> {
        let order_id = checkout.order;
        let _span = span!(Level::Debug, "order.place", order_id);
        let token = checkout.token;
        let customer = self
            .user
            .call_again(deadline, |reply| user::Request::Identify { token, reply })??;
        let waits = self.queue.tally().is_waiting(order_id);
        if let Opened::Before(answer) = self.office.book.lock().open(order_id) {
            info!(order_id, customer = customer.id, "order.repeated");
            return match answer {
                Err(OrderError::InProgress) if waits => Ok(Placed::Queued),
                answer => answer.map(Placed::Confirmed),
            };
        }
        let lines = checkout.basket.len();
        debug!(order_id, customer = customer.id, lines, "order.open");
        let plan = Plan { checkout, customer };
        let carried_out = match self.office.journal.opened(order_id, plan.customer.id) {
            Ok(()) => self.office.saga.run(&plan, deadline),
            Err(why) => Err(Halt::Failed(Failed::before_it_began(why))),
        };
        match carried_out {
            Ok(receipt) => {
                self.office.confirm(&plan, receipt);
                Ok(Placed::Confirmed(receipt))
            }
            Err(Halt::Failed(failed)) => Err(self.give_up(&plan, failed)),
            Err(Halt::Waits { total, why }) => self.put_off(plan, total, why),
        }
    }

    /// Lets an order wait; where there is no room for it, it fails after all.
    fn put_off(&self, plan: Plan, total: Cents, why: OrderError) -> Result<Placed, OrderError> {
        let context = Context::current();
        let waiting = Waiting {
            plan: plan.clone(),
            total,
            context,
        };
        if self.queue.wait(waiting).is_ok() {
            self.office.put_off(&plan, why);
            return Ok(Placed::Queued);
        }
        let order_id = plan.checkout.order;
        warn!("order.queue full order_id={order_id}");
        let stuck = self.office.saga.back(order_id, &Undo::WAITING);
        Err(self.give_up(&plan, Failed { why, stuck }))
    }

    fn give_up(&self, plan: &Plan, failed: Failed) -> OrderError {
        let Failed { why, stuck } = failed;
        let order = plan.checkout.order;
        self.office.give_up(plan, why);
        if !stuck.is_empty() {
            warn!("order.undo_later order_id={order} steps={stuck:?}");
            let steps = stuck.clone();
            if !self.queue.undo(Remaining { order, steps }) {
                fatal!("order.stuck order_id={order} not_undone={stuck:?}");
            }
        }
        why
    }

    fn status(&self, order_id: OrderId) -> Option<Result<Placed, OrderError>> {
        let waits = self.queue.tally().is_waiting(order_id);
        let ended = self.office.book.lock().status(order_id);
        let status = match ended {
            Some(result) => Some(result.map(Placed::Confirmed)),
            None => waits.then_some(Ok(Placed::Queued)),
        };
        match &status {
            Some(status) => debug!(order_id, ok = status.is_ok(), waits, "order.status"),
            None => warn!("order.status order_id={order_id} unknown or under way"),
        }
        status
    }
}

impl Service for Order {
    const NAME: &'static str = "order";
    type Request = Request;

    fn handle(&self, request: Request, deadline: Deadline) -> Outcome {
        match request {
            Request::Place { checkout, reply } => reply.result(self.place(checkout, deadline)),
            Request::Status { order, reply } => reply.value(self.status(order)),
        }
    }
}
