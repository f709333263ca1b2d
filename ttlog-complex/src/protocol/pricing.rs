//! What the pricing service can be asked: what a basket costs.

use crate::{
    basket::Line,
    bus::{CallError, ReplyTo},
    money::Cents,
    protocol::product::UnknownProduct,
};

/// A request to the pricing service.
pub enum Request {
    /// Price a basket.
    Quote {
        /// What is in it.
        basket: Vec<Line>,
        /// A voucher's code, as the customer typed it.
        coupon: Option<String>,
        /// The price.
        reply: ReplyTo<Result<Quote, QuoteError>>,
    },
}

/// What a basket costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Before anything is taken off.
    pub list: Cents,
    /// What demand and stock put on top, or take off.
    pub market: Cents,
    /// What is taken off.
    pub discount: Cents,
    /// What the parcel costs.
    pub postage: Cents,
    /// What the customer pays: list and market, less discount, plus postage.
    pub total: Cents,
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteError {
    /// Nothing is in the basket, or none of something.
    EmptyBasket,
    /// The code means nothing.
    UnknownCoupon,
    /// The catalogue has no such product.
    UnknownProduct(UnknownProduct),
    /// The list prices could not be had.
    Unavailable(CallError),
}

impl From<UnknownProduct> for QuoteError {
    fn from(unknown: UnknownProduct) -> Self {
        Self::UnknownProduct(unknown)
    }
}

impl From<CallError> for QuoteError {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error)
    }
}
