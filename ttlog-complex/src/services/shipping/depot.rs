//! The depot: which carrier takes which parcel.

use core::time::Duration;
use std::collections::HashMap;

use crate::{
    ids::OrderId,
    protocol::shipping::{DispatchError, Region, Shipment},
};

/// How long it takes until a carrier comes again.
const ROUND: Duration = Duration::from_secs(10);

/// A carrier, and how many parcels it takes to a region in each round.
#[derive(Clone, Copy, Debug)]
pub struct Carrier {
    /// What it is called.
    pub name: &'static str,
    /// Where it goes.
    pub region: Region,
    /// How many parcels it takes there in each round.
    pub parcels: u32,
    /// How many days it takes.
    pub days: u32,
}

/// The carriers of the shop, the faster first.
pub const CARRIERS: [Carrier; 5] = [
    Carrier::new("Swift", Region::Mainland, 200, 1),
    Carrier::new("Post", Region::Mainland, 5_000, 3),
    Carrier::new("Swift", Region::Highlands, 15, 2),
    Carrier::new("Post", Region::Highlands, 60, 4),
    Carrier::new("Ferry", Region::Islands, 9, 6),
];

impl Carrier {
    /// A carrier that takes so many parcels in each round, and so many days.
    #[must_use]
    pub const fn new(name: &'static str, region: Region, parcels: u32, days: u32) -> Self {
        Self {
            name,
            region,
            parcels,
            days,
        }
    }
}

/// Parcels by order, and the room that is left with the carriers.
#[derive(Debug)]
pub struct Depot {
    carriers: Vec<Carrier>,
    /// Parcels of the current round, for each carrier.
    loaded: Vec<u32>,
    round: u64,
    /// Kept for ever: nothing is set for an order that was cancelled.
    parcels: HashMap<OrderId, Option<Shipment>>,
    next_tracking: u64,
}

impl Depot {
    /// A depot where these carriers call, the preferred first.
    #[must_use]
    pub fn new(carriers: impl Into<Vec<Carrier>>) -> Self {
        let carriers = carriers.into();
        Self {
            loaded: vec![0; carriers.len()],
            carriers,
            round: 0,
            parcels: HashMap::new(),
            next_tracking: 1_000_001,
        }
    }

    /// Gives a parcel to the first carrier with room. Asked again, it answers as before.
    ///
    /// # Errors
    ///
    /// [`DispatchError`], and no parcel has left.
    pub fn dispatch(
        &mut self,
        order: OrderId,
        region: Region,
        now: Duration,
    ) -> Result<Shipment, DispatchError> {
        if let Some(before) = self.parcels.get(&order) {
            return before.ok_or(DispatchError::Cancelled);
        }
        let round = now.as_secs() / ROUND.as_secs();
        if round != self.round {
            self.round = round;
            self.loaded.fill(0);
        }
        let (carrier, loaded) = self
            .carriers
            .iter()
            .zip(&mut self.loaded)
            .find(|(carrier, loaded)| carrier.region == region && **loaded < carrier.parcels)
            .ok_or(DispatchError::NoCarrier(region))?;
        *loaded += 1;
        let shipment = Shipment {
            carrier: carrier.name,
            tracking: self.next_tracking,
            days: carrier.days,
        };
        self.next_tracking += 1;
        self.parcels.insert(order, Some(shipment));
        Ok(shipment)
    }

    /// Stops the parcel of an order; answers whether there was one. None is dispatched afterwards.
    pub fn cancel(&mut self, order: OrderId) -> bool {
        self.parcels.insert(order, None).flatten().is_some()
    }

    /// The shipment of an order.
    #[must_use]
    pub fn shipment(&self, order: OrderId) -> Option<Shipment> {
        self.parcels.get(&order).copied().flatten()
    }

    /// The orders that have a parcel on its way.
    pub fn orders(&self) -> impl Iterator<Item = OrderId> {
        self.parcels
            .iter()
            .filter(|(_, shipment)| shipment.is_some())
            .map(|(&order, _)| order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(3);

    fn depot() -> Depot {
        Depot::new([
            Carrier::new("Fast", Region::Mainland, 1, 1),
            Carrier::new("Slow", Region::Mainland, 1, 9),
        ])
    }

    #[test]
    fn a_full_carrier_leaves_the_parcel_to_the_next_until_it_comes_again() {
        let mut depot = depot();
        let mut carriers = Vec::new();
        for (order, now) in [(1, NOW), (2, NOW), (3, NOW), (4, NOW + ROUND)] {
            let dispatched = depot.dispatch(OrderId(order), Region::Mainland, now);
            carriers.push(dispatched.map(|shipment| shipment.carrier));
        }
        let full = Err(DispatchError::NoCarrier(Region::Mainland));
        assert_eq!(carriers, [Ok("Fast"), Ok("Slow"), full, Ok("Fast")]);
    }

    #[test]
    fn an_order_is_dispatched_once() {
        let mut depot = depot();
        let first = depot.dispatch(OrderId(1), Region::Mainland, NOW).unwrap();
        assert_eq!(depot.dispatch(OrderId(1), Region::Mainland, NOW), Ok(first));
        assert_eq!(depot.shipment(OrderId(1)), Some(first));
    }

    #[test]
    fn a_cancelled_order_is_not_dispatched_later() {
        let mut depot = depot();
        assert!(!depot.cancel(OrderId(1)));
        let late = depot.dispatch(OrderId(1), Region::Mainland, NOW);
        assert_eq!(late, Err(DispatchError::Cancelled));
        depot.dispatch(OrderId(2), Region::Mainland, NOW).unwrap();
        assert!(depot.cancel(OrderId(2)));
        assert_eq!(depot.shipment(OrderId(2)), None);
    }

    #[test]
    fn nobody_goes_where_no_carrier_does() {
        let refused = depot().dispatch(OrderId(1), Region::Islands, NOW);
        assert_eq!(refused, Err(DispatchError::NoCarrier(Region::Islands)));
    }
}
