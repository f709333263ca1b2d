//! What the inventory service can be asked: goods on the shelf.

use crate::{
    basket::Line,
    bus::ReplyTo,
    ids::{OrderId, ProductId},
};

/// A request to the inventory service.
pub enum Request {
    /// Set goods aside for an order: all lines or none.
    Reserve {
        /// For which.
        order: OrderId,
        /// What.
        lines: Vec<Line>,
        /// Whether they are set aside.
        reply: ReplyTo<Result<(), ReserveError>>,
    },
    /// Take what was set aside off the shelf: it is sold.
    Collect {
        /// For which order.
        order: OrderId,
        /// Whether it was there.
        reply: ReplyTo<Result<(), NotReserved>>,
    },
    /// Put back whatever the order reserved or collected, and reserve nothing for it again.
    Release {
        /// Which.
        order: OrderId,
        /// How many pieces went back.
        reply: ReplyTo<u32>,
    },
    /// Tell how many pieces of some products are free to be sold.
    Levels {
        /// Of which products.
        products: Vec<ProductId>,
        /// The pieces, in the same order.
        reply: ReplyTo<Vec<u32>>,
    },
    /// Tell how many pieces are free to be sold.
    Level {
        /// Of which product.
        product: ProductId,
        /// The pieces.
        reply: ReplyTo<u32>,
    },
}

/// Why nothing was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReserveError {
    /// There is less than was asked for.
    OutOfStock {
        /// Of what.
        product: ProductId,
        /// How many pieces are left.
        left: u32,
    },
    /// The order was released before.
    Released,
}

/// Nothing is set aside for the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotReserved;
