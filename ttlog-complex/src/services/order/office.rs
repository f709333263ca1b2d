//! The office: the last word on an order, and everybody who is told.

use ttlog_std::{error, info, warn};

use super::{
    book::OrderBook,
    journal::Journal,
    saga::{Plan, Saga},
};
use crate::{
    bus::Client,
    ids::OrderId,
    protocol::{
        analytics::{self, Fact},
        audit::{self, Deed},
        notification::{self, Note},
        order::{OrderError, Receipt},
        recommendation,
    },
    shared::Shared,
    snapshots::Snapshots,
};

/// What is shared by those who carry out an order at once and the clerk who does it later.
pub struct Office {
    /// What became of each order.
    pub book: Shared<OrderBook>,
    /// The same on paper, as it were.
    pub journal: Journal,
    /// The steps of an order, and the way back.
    pub saga: Saga,
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

impl Office {
    /// Closes an order that was carried out.
    pub fn confirm(&self, plan: &Plan, receipt: Receipt) {
        let Receipt {
            order: order_id,
            total,
            tracking,
        } = receipt;
        let customer = plan.customer.id;
        info!(
            "order.place order_id={order_id} customer={customer} total={total} tracking={tracking}"
        );
        self.close(order_id, Ok(receipt));
        let lines = plan.checkout.basket.clone();
        let products = lines.iter().map(|line| line.product).collect();
        self.recommendation
            .tell(recommendation::Request::Bought { products });
        self.analytics
            .tell(analytics::Request::Happened(Fact::Ordered { lines, total }));
        self.audit
            .tell(audit::Request::Record(Deed::OrderConfirmed(order_id)));
        let order = order_id;
        self.write(plan, Note::Receipt { order, total });
        // A sample of these is enough, and a sample is what the recorder makes of them.
        self.snapshots.take("order_placed");
    }

    /// Notes that an order waits. It stays open in the book.
    pub fn put_off(&self, plan: &Plan, why: OrderError) {
        let (order_id, customer) = (plan.checkout.order, plan.customer.id);
        warn!(order_id, customer, ?why, "order.queued");
        self.analytics
            .tell(analytics::Request::Happened(Fact::OrderQueued));
        self.write(plan, Note::OrderQueued { order: order_id });
        self.snapshots.take("order_queued");
    }

    /// Closes an order that was not carried out.
    pub fn give_up(&self, plan: &Plan, why: OrderError) {
        let (order_id, customer, reason) = (plan.checkout.order, plan.customer.id, why.reason());
        error!(order_id, customer, reason, ?why, "order.failed");
        self.close(order_id, Err(why));
        self.analytics
            .tell(analytics::Request::Happened(Fact::OrderFailed { reason }));
        self.audit
            .tell(audit::Request::Record(Deed::OrderFailed(order_id, reason)));
        let order = order_id;
        self.write(plan, Note::OrderFailed { order, reason });
        self.snapshots.take(&format!("order_failed_{reason}"));
    }

    /// Writes down how an order ended.
    pub fn close(&self, order: OrderId, result: Result<Receipt, OrderError>) {
        self.book.lock().close(order, result);
        self.journal.closed(order, result);
    }

    fn write(&self, plan: &Plan, note: Note) {
        let to = plan.customer.email.clone();
        self.notification
            .tell(notification::Request::Send { to, note });
    }
}
