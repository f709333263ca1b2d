//! What the search service can be asked: what fits some words.

use crate::{bus::ReplyTo, ids::ProductId};

/// A request to the search service.
pub enum Request {
    /// Find products.
    Find {
        /// The words that the customer typed.
        text: String,
        /// How many hits at most.
        limit: usize,
        /// The best first.
        reply: ReplyTo<Vec<Hit>>,
    },
}

/// A product that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Which.
    pub product: ProductId,
    /// How well it fits; comparable within one search only.
    pub score: f64,
}
