//! The report: the figures as people want to see them.

use core::{fmt, time::Duration};

use super::{
    figures::Figures,
    funnel::Stage,
    window::{Counts, LENGTHS, Trend, percent},
};
use crate::{ids::ProductId, money::Cents};

/// How long the top lists are.
const TOP: usize = 5;

/// What is worth knowing about the business at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The last minute, the last five and the last fifteen.
    pub windows: [WindowReport; 3],
    /// Each stage, the visits that reached it, and what share of all visits these are in percent.
    pub funnel: [(Stage, u64, f64); 5],
    /// Orders for each hundred visits, since the shop opened.
    pub conversion_percent: f64,
    /// Orders carried out.
    pub orders: u64,
    /// Orders that had to wait to be paid.
    pub queued: u64,
    /// What was paid.
    pub revenue: Cents,
    /// What an order came to on average.
    pub order_value: Cents,
    /// The products of which most pieces were sold, and how many.
    pub top_products: Vec<(ProductId, u64)>,
    /// What was searched for most, and how often.
    pub top_terms: Vec<(String, u64)>,
}

/// What happened in one sliding window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowReport {
    /// How many minutes long it is.
    pub minutes: u32,
    /// What happened in it.
    pub counts: Counts,
    /// Visits against the window before.
    pub visits: Trend,
    /// Orders against the window before.
    pub orders: Trend,
    /// Revenue against the window before.
    pub revenue: Trend,
}

impl Report {
    /// The report of this moment, by the shop's clock.
    #[must_use]
    pub fn of(figures: &Figures, now: Duration) -> Self {
        let funnel = &figures.funnel;
        let orders = i64::try_from(figures.orders).unwrap_or(i64::MAX);
        let order_value = figures.revenue.0.checked_div(orders).unwrap_or(0);
        Self {
            windows: LENGTHS.map(|minutes| window(figures, now, minutes)),
            funnel: funnel.stages(),
            conversion_percent: percent(funnel.reached(Stage::Order), funnel.reached(Stage::Visit)),
            orders: figures.orders,
            queued: figures.queued,
            revenue: figures.revenue,
            order_value: Cents(order_value),
            top_products: figures.best_sellers(TOP),
            top_terms: figures.terms.ranked(TOP),
        }
    }
}

fn window(figures: &Figures, now: Duration, minutes: u32) -> WindowReport {
    let counts = figures.windows.last(now, minutes);
    let before = figures.windows.before(now, minutes);
    let trend = |of: fn(&Counts) -> i64| Trend::of(of(&counts), of(&before));
    WindowReport {
        minutes,
        counts,
        visits: trend(|it| it.visits as i64),
        orders: trend(|it| it.orders as i64),
        revenue: trend(|it| it.revenue.0),
    }
}

impl fmt::Display for WindowReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            minutes,
            counts,
            visits,
            orders,
            revenue,
        } = self;
        write!(
            out,
            "{minutes} min: {} visits ({visits}), {} orders ({orders}), {} ({revenue})",
            counts.visits, counts.orders, counts.revenue
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{basket::Line, ids::CustomerId, protocol::analytics::Fact};

    #[test]
    fn a_report_compares_each_window_with_the_one_before() {
        let mut figures = Figures::default();
        let at = |second| Duration::from_secs(second);
        for (second, orders) in [(3, 2_u64), (4, 3)] {
            for visit in 0..orders {
                let visit = Some(u128::from(second * 10 + visit));
                figures.count(Fact::LoggedIn(CustomerId(1)), visit, at(second));
                let lines = vec![Line {
                    product: ProductId(6),
                    quantity: 2,
                }];
                let total = Cents(150);
                figures.count(Fact::Ordered { lines, total }, visit, at(second));
            }
        }
        let report = Report::of(&figures, at(5));
        let [one, five, _] = report.windows;
        assert_eq!((one.counts.orders, one.orders), (3, Trend::Up(50)));
        assert_eq!((five.counts.orders, five.orders), (5, Trend::New));
        assert_eq!(report.conversion_percent, 100.0);
        assert_eq!(report.order_value, Cents(150));
        assert_eq!(report.top_products, [(ProductId(6), 10)]);
        let text = "1 min: 3 visits (+50%), 3 orders (+50%), 4.50 (+50%)";
        assert_eq!(one.to_string(), text);
    }

    #[test]
    fn a_shop_without_customers_has_a_report_too() {
        let report = Report::of(&Figures::default(), Duration::ZERO);
        assert_eq!(report.order_value, Cents::ZERO);
        assert_eq!(report.windows[2].revenue, Trend::Flat);
    }
}
