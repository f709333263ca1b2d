//! What the notification service can be told: to write to somebody.

use crate::{
    ids::{OrderId, ProductId},
    money::Cents,
};

/// A message to the notification service.
pub enum Request {
    /// Write to somebody.
    Send {
        /// The address.
        to: String,
        /// What about.
        note: Note,
    },
}

/// What a letter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// An account was opened.
    Welcome,
    /// A parcel is on its way.
    Shipped {
        /// With which order.
        order: OrderId,
        /// The number to track it by.
        tracking: u64,
    },
    /// A parcel takes longer than promised.
    Delayed {
        /// With which order.
        order: OrderId,
        /// How many days longer.
        days: u32,
    },
    /// A parcel has arrived.
    Delivered {
        /// With which order.
        order: OrderId,
    },
    /// An order was accepted, but cannot be paid for now.
    OrderQueued {
        /// Which.
        order: OrderId,
    },
    /// An order was not carried out.
    OrderFailed {
        /// Which.
        order: OrderId,
        /// Why, in one word.
        reason: &'static str,
    },
    /// A product has to be bought in; to the supplier.
    Restock {
        /// Which.
        product: ProductId,
        /// How many pieces.
        quantity: u32,
    },
    /// An order was paid; to the customer, as a receipt.
    Receipt {
        /// Which.
        order: OrderId,
        /// How much.
        total: Cents,
    },
}
