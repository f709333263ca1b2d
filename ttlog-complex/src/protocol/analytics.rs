//! What the analytics service can be told: that something happened.

use crate::{
    basket::Line,
    ids::{CustomerId, ProductId},
    money::Cents,
};

/// A message to the analytics service.
pub enum Request {
    /// Something happened.
    Happened(Fact),
}

/// Something worth counting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Somebody opened an account.
    Registered(CustomerId),
    /// Somebody logged in.
    LoggedIn(CustomerId),
    /// Somebody searched.
    Searched {
        /// For what.
        text: String,
        /// How much was found.
        hits: usize,
    },
    /// Somebody looked at a product.
    Viewed {
        /// Who.
        customer: CustomerId,
        /// At what.
        product: ProductId,
    },
    /// Somebody asked what a basket costs.
    Priced {
        /// How many pieces are in it.
        units: u32,
        /// What it costs.
        total: Cents,
    },
    /// An order was carried out.
    Ordered {
        /// What was in it.
        lines: Vec<Line>,
        /// What was paid.
        total: Cents,
    },
    /// An order waits to be paid.
    OrderQueued,
    /// Somebody got less than usual, because that was to be had in time.
    Degraded {
        /// What, in one word.
        what: &'static str,
    },
    /// An order was not carried out.
    OrderFailed {
        /// Why, in one word.
        reason: &'static str,
    },
}
