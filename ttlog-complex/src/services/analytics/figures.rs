//! The figures: how many customers came how far, and what they bought.

use core::{cmp::Reverse, time::Duration};
use std::collections::BTreeMap;

use super::{
    funnel::{Funnel, Stage},
    top::Top,
    window::{Counts, Windows},
};
use crate::{ids::ProductId, money::Cents, protocol::analytics::Fact};

/// A search is counted by so many of its letters: customers decide what they type.
const TERM_CHARS: usize = 40;

/// Counts since the shop opened, and those of the last minutes. Its size has a bound: products are
/// as many as there are, and of search terms, visits and minutes only so many are remembered.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Accounts opened.
    pub registered: u64,
    /// Logins.
    pub logins: u64,
    /// Searches.
    pub searches: u64,
    /// Searches that found nothing.
    pub empty_searches: u64,
    /// Looks at a product.
    pub views: u64,
    /// Baskets that were priced.
    pub priced: u64,
    /// Orders carried out.
    pub orders: u64,
    /// What was paid for them.
    pub revenue: Cents,
    /// Orders that had to wait to be paid.
    pub queued: u64,
    /// Orders not carried out, by reason.
    pub failed: BTreeMap<&'static str, u64>,
    /// Answers that were less than usual, by what they were about.
    pub degraded: BTreeMap<&'static str, u64>,
    /// Pieces sold, by product.
    pub sold: BTreeMap<ProductId, u64>,
    /// What was searched for.
    pub terms: Top<String>,
    /// How far the visits came.
    pub funnel: Funnel,
    /// What happened of late.
    pub windows: Windows,
}

impl Figures {
    /// Counts a fact. `visit` is the trace that it happened in, `now` the time of the shop's clock.
    pub fn count(&mut self, fact: Fact, visit: Option<u128>, now: Duration) {
        if let (Some(visit), Some(stage)) = (visit, stage(&fact)) {
            self.funnel.reach(visit, stage);
        }
        self.windows.add(now, counts(&fact));
        match fact {
            Fact::Registered(_) => self.registered += 1,
            Fact::LoggedIn(_) => self.logins += 1,
            Fact::Searched { text, hits } => {
                self.searches += 1;
                self.empty_searches += u64::from(hits == 0);
                self.terms.count(term(&text));
            }
            Fact::Viewed { .. } => self.views += 1,
            Fact::Priced { .. } => self.priced += 1,
            Fact::Ordered { lines, total } => {
                self.orders += 1;
                self.revenue += total;
                for line in lines {
                    *self.sold.entry(line.product).or_default() += u64::from(line.quantity);
                }
            }
            Fact::OrderQueued => self.queued += 1,
            Fact::Degraded { what } => *self.degraded.entry(what).or_default() += 1,
            Fact::OrderFailed { reason } => *self.failed.entry(reason).or_default() += 1,
        }
    }

    /// The products of which most pieces were sold; of equals, the lower id stands first.
    #[must_use]
    pub fn best_sellers(&self, limit: usize) -> Vec<(ProductId, u64)> {
        let mut ranked: Vec<_> = self
            .sold
            .iter()
            .map(|(&id, &pieces)| (id, pieces))
            .collect();
        ranked.sort_by_key(|&(id, pieces)| (Reverse(pieces), id));
        ranked.truncate(limit);
        ranked
    }
}

/// The stage that a visit has reached by this.
fn stage(fact: &Fact) -> Option<Stage> {
    match fact {
        Fact::LoggedIn(_) => Some(Stage::Visit),
        Fact::Searched { .. } => Some(Stage::Search),
        Fact::Viewed { .. } => Some(Stage::View),
        Fact::Priced { .. } => Some(Stage::Basket),
        Fact::Ordered { .. } => Some(Stage::Order),
        Fact::Registered(_)
        | Fact::OrderQueued
        | Fact::Degraded { .. }
        | Fact::OrderFailed { .. } => None,
    }
}

fn counts(fact: &Fact) -> Counts {
    let mut counts = Counts::default();
    match fact {
        Fact::LoggedIn(_) => counts.visits = 1,
        Fact::Searched { .. } => counts.searches = 1,
        Fact::Viewed { .. } => counts.views = 1,
        Fact::Ordered { total, .. } => {
            counts.orders = 1;
            counts.revenue = *total;
        }
        Fact::OrderFailed { .. } => counts.failed = 1,
        Fact::Registered(_) | Fact::Priced { .. } | Fact::OrderQueued | Fact::Degraded { .. } => {}
    }
    counts
}

/// In lower case, with single spaces, and not too long.
fn term(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let term = words.join(" ").to_lowercase();
    term.chars().take(TERM_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{basket::Line, ids::CustomerId};

    const NOW: Duration = Duration::from_secs(9);

    fn ordered(product: u32, quantity: u32) -> Fact {
        let lines = vec![Line {
            product: ProductId(product),
            quantity,
        }];
        Fact::Ordered {
            lines,
            total: Cents(100),
        }
    }

    #[test]
    fn the_best_seller_is_counted_in_pieces() {
        let mut figures = Figures::default();
        for fact in [ordered(1, 1), ordered(2, 5), ordered(1, 2), ordered(0, 3)] {
            figures.count(fact, None, NOW);
        }
        assert_eq!((figures.orders, figures.revenue), (4, Cents(400)));
        assert_eq!(
            figures.best_sellers(2),
            [(ProductId(2), 5), (ProductId(0), 3)]
        );
    }

    #[test]
    fn failures_are_counted_by_reason() {
        let mut figures = Figures::default();
        for reason in ["payment", "out_of_stock", "payment"] {
            figures.count(Fact::OrderFailed { reason }, None, NOW);
        }
        assert_eq!(
            figures.failed,
            BTreeMap::from([("out_of_stock", 1), ("payment", 2)])
        );
    }

    #[test]
    fn a_term_is_the_same_however_it_is_typed_and_never_long() {
        let mut figures = Figures::default();
        for text in ["Oak  desk", " oak DESK", "tent"] {
            let text = text.to_owned();
            figures.count(Fact::Searched { text, hits: 0 }, None, NOW);
        }
        assert_eq!(figures.terms.ranked(1), [("oak desk".to_owned(), 2)]);
        assert_eq!(term(&"x".repeat(1_000)).len(), TERM_CHARS);
    }

    #[test]
    fn every_fact_finds_its_way_into_the_windows_and_the_funnel() {
        let mut figures = Figures::default();
        let customer = CustomerId(1);
        let product = ProductId(1);
        for fact in [
            Fact::LoggedIn(customer),
            Fact::Viewed { customer, product },
            Fact::Viewed { customer, product },
            Fact::Priced {
                units: 1,
                total: Cents(100),
            },
            ordered(1, 1),
            Fact::OrderFailed { reason: "payment" },
        ] {
            figures.count(fact, Some(5), NOW);
        }
        let last = figures.windows.last(NOW + Duration::from_secs(1), 1);
        let expected = Counts {
            visits: 1,
            searches: 0,
            views: 2,
            orders: 1,
            failed: 1,
            revenue: Cents(100),
        };
        assert_eq!(last, expected);
        let reached = Stage::ALL.map(|stage| figures.funnel.reached(stage));
        assert_eq!(reached, [1, 0, 1, 1, 1]);
    }
}
