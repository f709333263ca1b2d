//! The analytics service: counts what happens in the shop, and reports on it now and then.

pub mod figures;
pub mod funnel;
pub mod report;
pub mod top;
pub mod window;

use core::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use ttlog_std::{Context, Level, debug, info, span};

use self::{figures::Figures, report::Report};
use crate::{
    bus::{Deadline, Outcome, Service},
    clock::Clock,
    protocol::analytics::{Fact, Request},
    shared::Shared,
};

/// How often the figures are logged.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// The counting house.
pub struct Analytics {
    figures: Shared<Figures>,
    clock: Clock,
    /// How many reports were due up to now.
    reports: AtomicU64,
}

impl Analytics {
    /// Counts in `figures`.
    pub fn new(figures: Shared<Figures>, clock: Clock) -> Self {
        Self {
            figures,
            clock,
            reports: AtomicU64::new(0),
        }
    }

    fn happened(&self, fact: Fact) {
        let _span = span!(Level::Debug, "analytics.happened");
        debug!("analytics.fact {fact:?}");
        let now = self.clock.now();
        let visit = Context::current().map(|context| context.trace_id.0);
        self.figures.lock().count(fact, visit, now);
        let due = now.as_secs() / REPORT_EVERY.as_secs();
        if self.reports.fetch_max(due, Relaxed) < due {
            self.report(now);
        }
    }

    fn report(&self, now: Duration) {
        let report = Report::of(&self.figures.lock(), now);
        let [visits, searches, views, baskets, orders] =
            report.funnel.map(|(_, reached, _)| reached);
        info!(
            "analytics.funnel visits={visits} searches={searches} views={views} baskets={baskets} orders={orders}"
        );
        for window in &report.windows {
            info!("analytics.window {window}");
        }
        info!(
            orders = report.orders,
            revenue = %report.revenue,
            order_value = %report.order_value,
            conversion_percent = report.conversion_percent,
            top_products = ?report.top_products,
            top_terms = ?report.top_terms,
            "analytics.report"
        );
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
