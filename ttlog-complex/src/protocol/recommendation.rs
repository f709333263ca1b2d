//! What the recommendation service can be asked: what else somebody may like.

use crate::{bus::ReplyTo, ids::ProductId};

/// A request to the recommendation service.
pub enum Request {
    /// Suggest products that were bought together with one.
    Suggest {
        /// The one.
        product: ProductId,
        /// How many at most.
        limit: usize,
        /// The most often bought first.
        reply: ReplyTo<Vec<ProductId>>,
    },
    /// Learn what was bought together.
    Bought {
        /// The products of one order.
        products: Vec<ProductId>,
    },
}
