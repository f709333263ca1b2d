//! What the order service can be asked: to carry out an order, or to say what became of one.

use crate::{
    bank::CardNumber,
    basket::Line,
    bus::{CallError, ReplyTo},
    ids::OrderId,
    money::Cents,
    protocol::{
        inventory::{NotReserved, ReserveError},
        payment::ChargeError,
        pricing::QuoteError,
        shipping::{DispatchError, Region},
        user::{NoSession, SessionToken},
    },
};

/// A request to the order service.
pub enum Request {
    /// Carry out an order. Sent again, it answers as before and does nothing.
    Place {
        /// The order.
        checkout: Checkout,
        /// What became of it.
        reply: ReplyTo<Result<Placed, OrderError>>,
    },
    /// Say what became of an order.
    Status {
        /// Which.
        order: OrderId,
        /// What became of it; nothing while it is under way, or unknown.
        reply: ReplyTo<Option<Result<Placed, OrderError>>>,
    },
}

/// What a customer hands in to buy a basket.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// The order's id, chosen by the customer's side.
    pub order: OrderId,
    /// Proof of the login.
    pub token: SessionToken,
    /// What to buy.
    pub basket: Vec<Line>,
    /// Where the money is.
    pub card: CardNumber,
    /// A voucher's code.
    pub coupon: Option<String>,
    /// Where the parcel goes.
    pub region: Region,
    /// What speaks against the address that it comes from, in points; the door sets it.
    pub risk: u32,
}

/// What a customer gets who orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It was carried out.
    Confirmed(Receipt),
    /// It was accepted, and is carried out as soon as it can be paid; or given up, at the latest
    /// when the shop closes.
    Queued,
}

/// An order that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The order.
    pub order: OrderId,
    /// What was paid.
    pub total: Cents,
    /// The number of the parcel.
    pub tracking: u64,
}

/// Why an order was not carried out. Nothing of it remains: goods and money went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderError {
    /// The customer is not logged in.
    NotLoggedIn,
    /// There is no price.
    NoPrice(QuoteError),
    /// The goods are not there.
    NoGoods(ReserveError),
    /// What was set aside is gone.
    GoodsLost,
    /// It was not paid.
    NotPaid(ChargeError),
    /// Nobody carries it.
    NotShipped(DispatchError),
    /// A service did not answer.
    Unavailable(CallError),
    /// It could not be written down, and what is not written down is not begun.
    NotWritten,
    /// The same order is under way.
    InProgress,
    /// It waited to be paid for as long as it could.
    GivenUp,
    /// Whoever carried it out died over it.
    Interrupted,
}

impl OrderError {
    /// The reason in one word, for names of snapshots and for counting.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotLoggedIn => "not_logged_in",
            Self::NoPrice(_) => "no_price",
            Self::NoGoods(_) => "out_of_stock",
            Self::GoodsLost => "goods_lost",
            Self::NotPaid(_) => "payment",
            Self::NotShipped(_) => "no_carrier",
            Self::Unavailable(_) => "unavailable",
            Self::NotWritten => "database",
            Self::InProgress => "in_progress",
            Self::GivenUp => "given_up",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<NoSession> for OrderError {
    fn from(_: NoSession) -> Self {
        Self::NotLoggedIn
    }
}

impl From<QuoteError> for OrderError {
    fn from(error: QuoteError) -> Self {
        Self::NoPrice(error)
    }
}

impl From<ReserveError> for OrderError {
    fn from(error: ReserveError) -> Self {
        Self::NoGoods(error)
    }
}

impl From<NotReserved> for OrderError {
    fn from(_: NotReserved) -> Self {
        Self::GoodsLost
    }
}

impl From<ChargeError> for OrderError {
    fn from(error: ChargeError) -> Self {
        Self::NotPaid(error)
    }
}

impl From<DispatchError> for OrderError {
    fn from(error: DispatchError) -> Self {
        Self::NotShipped(error)
    }
}

impl From<CallError> for OrderError {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error)
    }
}
