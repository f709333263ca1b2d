//! What the shipping service can be asked: a parcel on its way.

use crate::{bus::ReplyTo, ids::OrderId};

/// A request to the shipping service.
pub enum Request {
    /// Hand a parcel to a carrier.
    Dispatch {
        /// The order in it.
        order: OrderId,
        /// Where it goes.
        region: Region,
        /// Who is told.
        email: String,
        /// Who carries it.
        reply: ReplyTo<Result<Shipment, DispatchError>>,
    },
    /// Stop the parcel of an order, and refuse to dispatch it again.
    Cancel {
        /// Which.
        order: OrderId,
        /// Whether there was one.
        reply: ReplyTo<bool>,
    },
    /// Tell where a parcel is.
    Track {
        /// Of which order.
        order: OrderId,
        /// The shipment and where it is, if there is one.
        reply: ReplyTo<Option<Tracked>>,
    },
}

/// Where parcels go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Region {
    /// Everybody delivers there.
    Mainland,
    /// Fewer do.
    Highlands,
    /// One boat.
    Islands,
}

/// A parcel that a carrier has accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// The carrier.
    pub carrier: &'static str,
    /// The number to track it by.
    pub tracking: u64,
    /// When it arrives, in days from now.
    pub days: u32,
}

/// A parcel, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// What the customer was told.
    pub shipment: Shipment,
    /// Where it is.
    pub state: State,
}

/// Where a parcel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// At the depot.
    Packed,
    /// With the carrier.
    OnTheWay,
    /// With the carrier for longer than promised.
    Delayed {
        /// By so many days.
        days: u32,
    },
    /// At the customer's door.
    Delivered,
}

/// Why no parcel left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchError {
    /// Every carrier for the region is full for now.
    NoCarrier(Region),
    /// The order was cancelled before.
    Cancelled,
}
