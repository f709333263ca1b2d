//! The business: windows, funnel, and what was bought and searched for most.

use serde_json::{Map, Value, json};

use crate::services::analytics::{
    figures::Figures,
    report::{Report, WindowReport},
};

pub(super) fn value(report: &Report, figures: &Figures) -> Value {
    let funnel: Map<String, Value> = report
        .funnel
        .iter()
        .map(|(stage, visits, percent)| {
            let reached = json!({ "visits": visits, "percent": percent });
            (stage.name().to_owned(), reached)
        })
        .collect();
    let products = report.top_products.iter();
    let terms = report.top_terms.iter();
    json!({
        "windows": report.windows.iter().map(window).collect::<Vec<_>>(),
        "funnel": funnel,
        "conversion_percent": report.conversion_percent,
        "orders": report.orders,
        "queued": report.queued,
        "revenue_cents": report.revenue.0,
        "order_value_cents": report.order_value.0,
        "top_products": products
            .map(|(product, pieces)| json!({ "product": product.0, "pieces": pieces }))
            .collect::<Vec<_>>(),
        "top_terms": terms
            .map(|(term, count)| json!({ "term": term, "count": count }))
            .collect::<Vec<_>>(),
        "degraded": figures.degraded,
    })
}

/// A trend is `+5%`, `-5%`, `=` or `new`.
fn window(window: &WindowReport) -> Value {
    let counts = &window.counts;
    json!({
        "minutes": window.minutes,
        "visits": counts.visits,
        "visits_trend": window.visits.to_string(),
        "searches": counts.searches,
        "views": counts.views,
        "orders": counts.orders,
        "orders_trend": window.orders.to_string(),
        "failed": counts.failed,
        "revenue_cents": counts.revenue.0,
        "revenue_trend": window.revenue.to_string(),
        "conversion_percent": counts.conversion_percent(),
    })
}
