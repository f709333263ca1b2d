//! What the audit service can be told: that somebody did something that must be answered for.

use crate::{
    ids::{CustomerId, OrderId, ProductId},
    money::Cents,
};

/// A message to the audit service.
pub enum Request {
    /// Write it down.
    Record(Deed),
}

/// Something that must be answered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An account was opened.
    AccountOpened(CustomerId),
    /// A password was wrong.
    LoginRefused(CustomerId),
    /// Money was taken.
    Charged(OrderId, Cents),
    /// Money was not taken.
    ChargeRefused(OrderId, &'static str),
    /// Money was given back.
    Refunded(OrderId, Cents),
    /// Goods came in.
    Delivered(ProductId, u32),
    /// An order was carried out.
    OrderConfirmed(OrderId),
    /// An order was not carried out.
    OrderFailed(OrderId, &'static str),
}
