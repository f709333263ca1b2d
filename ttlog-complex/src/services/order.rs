//! The order service: takes an order through the shop, and tells everybody how it ended.

pub mod book;
pub mod saga;

use ttlog_std::{Level, debug, error, fatal, info, span, warn};

use self::{
    book::{Opened, OrderBook},
    saga::{Failed, Plan, Saga},
};
use crate::{
    bus::{Client, Deadline, Outcome, Service},
    ids::OrderId,
    protocol::{
        analytics::{self, Fact},
        audit::{self, Deed},
        notification::{self, Note},
        order::{Checkout, OrderError, Receipt, Request},
        recommendation, user,
    },
    shared::Shared,
    snapshots::Snapshots,
};

/// Orders, from the checkout to the last word on them.
pub struct Order {
    /// What became of each order.
    pub book: Shared<OrderBook>,
    /// The steps of an order, and the way back.
    pub saga: Saga,
    /// Who tells who the customer is.
    pub user: Client<user::Request>,
    /// Who learns what was bought together.
    pub recommendation: Client<recommendation::Request>,
    /// Who writes to the customer.
    pub notification: Client<notification::Request>,
    /// Who counts.
    pub analytics: Client<analytics::Request>,
    /// Who writes down.
    pub audit: Client<audit::Request>,
    /// Where the moments worth keeping are named.
    pub snapshots: Snapshots,
}

impl Order {
    fn place(&self, checkout: Checkout, deadline: Deadline) -> Result<Receipt, OrderError> {
        let order_id = checkout.order;
        let _span = span!(Level::Debug, "order.place", order_id);
        let token = checkout.token;
        let customer = self
            .user
            .call_again(deadline, |reply| user::Request::Identify { token, reply })??;
        if let Opened::Before(answer) = self.book.lock().open(order_id) {
            info!(order_id, customer = customer.id, "order.repeated");
            return answer;
        }
        let lines = checkout.basket.len();
        debug!(order_id, customer = customer.id, lines, "order.open");
        let plan = Plan { checkout, customer };
        let result = match self.saga.run(&plan, deadline) {
            Ok(receipt) => Ok(self.confirm(&plan, receipt)),
            Err(failed) => Err(self.give_up(&plan, failed)),
        };
        self.book.lock().close(order_id, result);
        result
    }

    fn confirm(&self, plan: &Plan, receipt: Receipt) -> Receipt {
        let Receipt {
            order: order_id,
            total,
            tracking,
        } = receipt;
        let customer = plan.customer.id;
        info!(
            "order.place order_id={order_id} customer={customer} total={total} tracking={tracking}"
        );
        let lines = plan.checkout.basket.clone();
        let products = lines.iter().map(|line| line.product).collect();
        self.recommendation
            .tell(recommendation::Request::Bought { products });
        self.analytics
            .tell(analytics::Request::Happened(Fact::Ordered { lines, total }));
        self.audit
            .tell(audit::Request::Record(Deed::OrderConfirmed(order_id)));
        self.write(
            plan,
            Note::Receipt {
                order: order_id,
                total,
            },
        );
        // A sample of these is enough, and a sample is what the recorder makes of them.
        self.snapshots.take("order_placed");
        receipt
    }

    fn give_up(&self, plan: &Plan, failed: Failed) -> OrderError {
        let Failed { why, stuck } = failed;
        let (order_id, customer, reason) = (plan.checkout.order, plan.customer.id, why.reason());
        error!(order_id, customer, reason, ?why, "order.failed");
        if !stuck.is_empty() {
            fatal!("order.stuck order_id={order_id} not_undone={stuck:?}");
        }
        self.analytics
            .tell(analytics::Request::Happened(Fact::OrderFailed { reason }));
        self.audit
            .tell(audit::Request::Record(Deed::OrderFailed(order_id, reason)));
        self.write(
            plan,
            Note::OrderFailed {
                order: order_id,
                reason,
            },
        );
        self.snapshots.take(&format!("order_failed_{reason}"));
        why
    }

    fn write(&self, plan: &Plan, note: Note) {
        let to = plan.customer.email.clone();
        self.notification
            .tell(notification::Request::Send { to, note });
    }

    fn status(&self, order_id: OrderId) -> Option<Result<Receipt, OrderError>> {
        let status = self.book.lock().status(order_id);
        match &status {
            Some(status) => debug!(order_id, ok = status.is_ok(), "order.status"),
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
