//! What the payment service can be asked: money for an order, once.

use crate::{bank::CardNumber, bus::ReplyTo, ids::OrderId, money::Cents};

/// A request to the payment service.
pub enum Request {
    /// Take the money for an order. Asked again for the same order, it answers as before.
    Charge {
        /// For which.
        order: OrderId,
        /// From where.
        card: CardNumber,
        /// How much.
        amount: Cents,
        /// What speaks against the address that the order came from, in points.
        risk: u32,
        /// Whether it was paid.
        reply: ReplyTo<Result<(), ChargeError>>,
    },
    /// Give back whatever was taken for an order, and refuse to charge it again.
    Refund {
        /// Which.
        order: OrderId,
        /// How much went back.
        reply: ReplyTo<Cents>,
    },
}

/// Why an order was not paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeError {
    /// The bank says that the account does not hold the amount.
    InsufficientFunds,
    /// The bank does not know the card.
    UnknownCard,
    /// The payment looks like somebody else's money; the bank was not asked.
    SuspectedFraud {
        /// The points that it scored.
        score: u32,
    },
    /// The bank did not answer in time. Nothing is owed: what it took, it gives back.
    GatewayTimeout,
    /// The bank has not answered others of late, and is not asked for now. Nothing was begun.
    GatewayClosed,
    /// A charge for the order is under way.
    InProgress,
    /// The order was refunded before.
    Refunded,
    /// The order was charged before, with another amount.
    OtherAmount {
        /// The amount then.
        charged: Cents,
    },
}

impl ChargeError {
    /// The reason in one word.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::InsufficientFunds => "insufficient_funds",
            Self::UnknownCard => "unknown_card",
            Self::SuspectedFraud { .. } => "suspected_fraud",
            Self::GatewayTimeout => "gateway_timeout",
            Self::GatewayClosed => "gateway_closed",
            Self::InProgress => "in_progress",
            Self::Refunded => "refunded",
            Self::OtherAmount { .. } => "other_amount",
        }
    }
}
