//! The analytics service: counts what happens in the shop.

pub mod figures;

use ttlog_std::{debug, info, span};

use self::figures::Figures;
use crate::{
    bus::{Deadline, Outcome, Service},
    protocol::analytics::{Fact, Request},
    shared::Shared,
};

/// After so many orders the figures are logged.
const ORDERS_PER_REPORT: u64 = 250;

/// The counting house.
pub struct Analytics {
    figures: Shared<Figures>,
}

impl Analytics {
    /// Counts in `figures`.
    pub fn new(figures: Shared<Figures>) -> Self {
        Self { figures }
    }

    fn happened(&self, fact: Fact) {
        let _span = span!("analytics.happened");
        debug!("analytics.fact {fact:?}");
        let is_order = matches!(fact, Fact::Ordered { .. });
        let mut figures = self.figures.lock();
        figures.count(fact);
        if is_order && figures.orders.is_multiple_of(ORDERS_PER_REPORT) {
            let Figures {
                logins,
                searches,
                views,
                orders,
                revenue,
                ..
            } = *figures;
            let best = figures.best_sellers(1);
            info!(
                "analytics.report orders={orders} revenue={revenue} logins={logins} searches={searches} views={views} best={best:?}"
            );
        }
    }
}

impl Service for Analytics {
    const NAME: &'static str = "analytics";
    type Request = Request;

    fn handle(&self, request: Request, _deadline: Deadline) -> Outcome {
        match request {
            Request::Happened(fact) => {
                self.happened(fact);
                Outcome::Served
            }
        }
    }
}
