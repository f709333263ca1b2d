//! The figures: how many customers came how far, and what they bought.

use core::cmp::Reverse;
use std::collections::BTreeMap;

use crate::{ids::ProductId, money::Cents, protocol::analytics::Fact};

/// Counts since the shop opened.
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
    /// Orders carried out.
    pub orders: u64,
    /// What was paid for them.
    pub revenue: Cents,
    /// Orders that had to wait to be paid.
    pub queued: u64,
    /// Orders not carried out, by reason.
    pub failed: BTreeMap<&'static str, u64>,
    /// Pieces sold, by product.
    pub sold: BTreeMap<ProductId, u64>,
}

impl Figures {
    /// Counts a fact.
    pub fn count(&mut self, fact: Fact) {
        match fact {
            Fact::Registered(_) => self.registered += 1,
            Fact::LoggedIn(_) => self.logins += 1,
            Fact::Searched { hits, .. } => {
                self.searches += 1;
                self.empty_searches += u64::from(hits == 0);
            }
            Fact::Viewed { .. } => self.views += 1,
            Fact::Ordered { lines, total } => {
                self.orders += 1;
                self.revenue += total;
                for line in lines {
                    *self.sold.entry(line.product).or_default() += u64::from(line.quantity);
                }
            }
            Fact::OrderQueued => self.queued += 1,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basket::Line;

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
            figures.count(fact);
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
            figures.count(Fact::OrderFailed { reason });
        }
        assert_eq!(
            figures.failed,
            BTreeMap::from([("out_of_stock", 1), ("payment", 2)])
        );
    }
}
