//! The trade: customers, orders, money, and how the business went.

use core::{fmt, sync::atomic::Ordering::Relaxed};

use super::{Orders, Summary};
use crate::{
    security,
    services::analytics::{figures::Figures, report::Report},
};

impl Summary {
    pub(super) fn trade(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [started, bought, left, failed, turned_away] = self.journeys.read();
        writeln!(
            out,
            "journeys    {started}: {bought} bought, {left} left, {failed} failed; {turned_away} turned away"
        )?;
        self.security(out)?;
        let Figures {
            registered,
            logins,
            searches,
            views,
            ..
        } = &self.figures;
        writeln!(
            out,
            "customers   {registered} new; {logins} logins, {searches} searches, {views} looks at a product"
        )?;
        let Orders {
            confirmed,
            failed,
            revenue,
            refunded,
        } = &self.orders;
        let count: u64 = failed.values().sum();
        write!(out, "orders      {confirmed} confirmed, {count} failed")?;
        for (position, (reason, count)) in failed.iter().enumerate() {
            write!(
                out,
                "{} {reason} {count}",
                if position == 0 { ":" } else { "," }
            )?;
        }
        writeln!(out, "\nmoney       revenue {revenue}, refunded {refunded}")
    }

    fn security(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let security::guard::Counts {
            blocked,
            rate_limited,
            blocks,
            ..
        } = self.security.counts;
        let attacks = self.journeys.attacks.load(Relaxed);
        write!(out, "security    {attacks} attacks")?;
        for (position, (threat, count)) in self.security.threats().enumerate() {
            let sign = if position == 0 { ":" } else { "," };
            write!(out, "{sign} {threat} {count}")?;
        }
        let anomalies = self.security.anomalies;
        writeln!(
            out,
            "\n            {blocks} times an address was shut out; refused: {blocked} shut out, {rate_limited} too many; {anomalies} anomalies"
        )
    }

    pub(super) fn business(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report {
            windows,
            funnel,
            conversion_percent,
            order_value,
            top_products,
            top_terms,
            ..
        } = &self.business;
        let funnel: Vec<String> = funnel
            .iter()
            .map(|(stage, visits, _)| format!("{} {visits}", stage.name()))
            .collect();
        writeln!(
            out,
            "funnel      {}; {conversion_percent:.1} % buy, for {order_value} on average",
            funnel.join(", ")
        )?;
        for (position, window) in windows.iter().enumerate() {
            let head = if position == 0 { "the last" } else { "" };
            writeln!(out, "{head:<12}{window}")?;
        }
        let products: Vec<String> = top_products
            .iter()
            .map(|(product, pieces)| format!("{product} ({pieces})"))
            .collect();
        writeln!(out, "best sold   product {}", products.join(", "))?;
        let terms: Vec<String> = top_terms
            .iter()
            .map(|(term, count)| format!("\"{term}\" ({count})"))
            .collect();
        writeln!(out, "searched    {}", terms.join(", "))
    }
}
