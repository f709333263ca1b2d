//! The analytics service: counts what happens in the shop.

pub mod figures;

use ttlog_std::{Level, debug, info, span};

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
        let _span = span!(Level::Debug, "analytics.happened");
        debug!("analytics.fact {fact:?}");
        let is_order = matches!(fact, Fact::Ordered { .. });
        let mut figures = self.figures.lock();
        figures.count(fact);
        if is_order && figures.orders.is_multiple_of(ORDERS_PER_REPORT) {
            info!(
                orders = figures.orders,
                revenue = %figures.revenue,
                logins = figures.logins,
                searches = figures.searches,
                views = figures.views,
                best = ?figures.best_sellers(1),
                "analytics.report"
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
