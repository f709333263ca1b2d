//! What was written down: the audit chain, and the journal of orders in the database.

use super::{Check, some};
use crate::ids::OrderId;

/// What was found in the database when the shop had closed.
#[derive(Clone, Debug)]
pub struct Stored {
    /// How many entries the audit chain has; else what is wrong with it.
    pub chain: Result<u64, String>,
    /// The journal beside the book; else why it cannot be read.
    pub journal: Result<Compared, String>,
}

/// The journal, compared with the order book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Orders in the journal.
    pub rows: usize,
    /// Orders of which the book and the journal do not say the same.
    pub differ: Vec<OrderId>,
}

/// Checks what was written down.
#[must_use]
pub fn check(stored: &Stored) -> Vec<Check> {
    let (whole, chain) = match &stored.chain {
        Ok(entries) => (true, format!("entries {entries}")),
        Err(why) => (false, why.clone()),
    };
    let (agrees, journal) = match &stored.journal {
        Ok(Compared { rows, differ }) if differ.is_empty() => (true, format!("rows {rows}")),
        Ok(Compared { rows, differ }) => (
            false,
            format!("rows {rows}, {} differ: {}", differ.len(), some(differ)),
        ),
        Err(why) => (false, why.clone()),
    };
    vec![
        Check::new(6, "the audit chain is whole", whole, chain),
        Check::new(7, "the database agrees with the books", agrees, journal),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(chain: Result<u64, &str>, journal: Result<Vec<OrderId>, &str>) -> Vec<u8> {
        let compared = |differ| Compared { rows: 9, differ };
        let stored = Stored {
            chain: chain.map_err(Into::into),
            journal: journal.map(compared).map_err(Into::into),
        };
        let failed = check(&stored).into_iter().filter(|check| !check.passed);
        failed.map(|check| check.number).collect()
    }

    #[test]
    fn a_chain_or_a_journal_that_is_not_as_it_should_be_is_found() {
        assert_eq!(failed(Ok(5), Ok(vec![])), [0; 0]);
        assert_eq!(failed(Err("entry 3 was changed"), Ok(vec![])), [6]);
        assert_eq!(failed(Ok(5), Ok(vec![OrderId(4)])), [7]);
        assert_eq!(failed(Ok(5), Err("no such table")), [7]);
    }
}
