//! What was written down: the audit chain, and the journal of orders in the database.

use std::collections::BTreeMap;

use super::{Check, some};
use crate::{ids::OrderId, money::Cents, shop::Books};

/// What was read back from the database when the shop had closed.
#[derive(Clone, Debug)]
pub struct Stored {
    /// How many entries the audit chain has; else what is wrong with it.
    pub chain: Result<u64, String>,
    /// The journal, by order; else why it cannot be read.
    pub journal: Result<BTreeMap<OrderId, Row>, String>,
}

/// How an order ended, as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Nobody wrote down how.
    Opened,
    /// Carried out, at this price.
    Confirmed(Cents),
    /// Not carried out, for this reason.
    Failed(String),
}

/// Checks what was written down against the books.
#[must_use]
pub fn check(stored: &Stored, books: &Books) -> Vec<Check> {
    vec![chain(stored), journal(stored, books)]
}

fn chain(stored: &Stored) -> Check {
    let (whole, figures) = match &stored.chain {
        Ok(entries) => (true, format!("entries {entries}")),
        Err(why) => (false, why.clone()),
    };
    Check::new(6, "the audit chain is whole", whole, figures)
}

fn journal(stored: &Stored, books: &Books) -> Check {
    const NAME: &str = "the database agrees with the books";
    let journal = match &stored.journal {
        Ok(journal) => journal,
        Err(why) => return Check::new(7, NAME, false, why.clone()),
    };
    let book: BTreeMap<OrderId, Row> = books
        .orders
        .lock()
        .orders()
        .map(|(order, result)| {
            let row = match result {
                None => Row::Opened,
                Some(Ok(receipt)) => Row::Confirmed(receipt.total),
                Some(Err(why)) => Row::Failed(why.reason().to_owned()),
            };
            (order, row)
        })
        .collect();
    let differ: Vec<OrderId> = book
        .keys()
        .chain(journal.keys().filter(|order| !book.contains_key(order)))
        .filter(|order| book.get(order) != journal.get(order))
        .copied()
        .collect();
    let mut figures = format!("rows {} = orders {}", journal.len(), book.len());
    if !differ.is_empty() {
        figures = format!("{figures}; {} differ: {}", differ.len(), some(&differ));
    }
    Check::new(7, NAME, differ.is_empty(), figures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bank::Bank,
        protocol::order::{OrderError, Receipt},
        services::shipping::depot::{CARRIERS, Depot},
        shared::Shared,
    };

    fn books() -> Books {
        let books = Books {
            stock: Shared::default(),
            till: Shared::default(),
            orders: Shared::default(),
            depot: Shared::new(Depot::new(CARRIERS)),
            figures: Shared::default(),
            bank: Shared::new(Bank::open(1, [])),
        };
        let (order, total, tracking) = (OrderId(1), Cents(500), 1);
        let receipt = Receipt {
            order,
            total,
            tracking,
        };
        let mut orders = books.orders.lock();
        orders.close(order, Ok(receipt));
        orders.close(OrderId(2), Err(OrderError::GoodsLost));
        drop(orders);
        books
    }

    fn failed(chain: Result<u64, String>, rows: [(u64, Row); 2]) -> Vec<u8> {
        let journal = rows.map(|(order, row)| (OrderId(order), row)).into();
        let stored = Stored {
            chain,
            journal: Ok(journal),
        };
        let checks = check(&stored, &books()).into_iter();
        let failed = checks.filter(|check| !check.passed);
        failed.map(|check| check.number).collect()
    }

    #[test]
    fn whatever_differs_from_the_books_is_found() {
        let (paid, lost) = (Row::Confirmed(Cents(500)), Row::Failed("goods_lost".into()));
        let same = [(1, paid.clone()), (2, lost.clone())];
        assert_eq!(failed(Ok(9), same.clone()), [0; 0]);
        assert_eq!(failed(Err("entry 3 was changed".into()), same), [6]);
        let cent = (1, Row::Confirmed(Cents(501)));
        assert_eq!(failed(Ok(9), [cent, (2, lost.clone())]), [7]);
        assert_eq!(failed(Ok(9), [(1, paid.clone()), (2, Row::Opened)]), [7]);
        assert_eq!(failed(Ok(9), [(1, paid), (3, lost)]), [7]);
    }
}
