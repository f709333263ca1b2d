//! The depot: which carrier takes which parcel, and where all of them are.

use core::time::Duration;
use std::collections::{BTreeSet, HashMap};

use ttlog_std::Context;

use super::parcel::Parcel;
use crate::{
    ids::OrderId,
    protocol::shipping::{DispatchError, Region, Shipment, State, Tracked},
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
    parcels: HashMap<OrderId, Option<Parcel>>,
    /// When each parcel moves on; one that was stopped meanwhile is passed over.
    moves: BTreeSet<(Duration, OrderId)>,
    next_tracking: u64,
    /// Decides which parcels are late.
    seed: u64,
    reading: DepotReading,
}

/// Where the parcels are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DepotReading {
    /// At the depot.
    pub packed: u64,
    /// With a carrier, in time.
    pub on_the_way: u64,
    /// With a carrier for longer than promised.
    pub delayed: u64,
    /// At the customers' doors.
    pub delivered: u64,
    /// How many ever were delayed.
    pub ever_delayed: u64,
}

impl DepotReading {
    fn at(&mut self, state: State) -> &mut u64 {
        match state {
            State::Packed => &mut self.packed,
            State::OnTheWay => &mut self.on_the_way,
            State::Delayed { .. } => &mut self.delayed,
            State::Delivered => &mut self.delivered,
        }
    }
}

/// A parcel that has moved on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// With which order.
    pub order: OrderId,
    /// Its number and where it is now.
    pub tracked: Tracked,
    /// Who is told.
    pub email: Option<String>,
    /// The trace in which it was packed.
    pub context: Option<Context>,
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
            moves: BTreeSet::new(),
            next_tracking: 1_000_001,
            seed: 0,
            reading: DepotReading::default(),
        }
    }

    /// The same, where `seed` decides which parcels are late.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Gives a parcel to the first carrier with room. Asked again, it answers as before. Of where
    /// the parcel is, `email` is told.
    ///
    /// # Errors
    ///
    /// [`DispatchError`], and no parcel has left.
    pub fn dispatch(
        &mut self,
        order: OrderId,
        region: Region,
        email: String,
        now: Duration,
    ) -> Result<Shipment, DispatchError> {
        if let Some(before) = self.parcels.get(&order) {
            let shipment = before.as_ref().map(|parcel| parcel.shipment);
            return shipment.ok_or(DispatchError::Cancelled);
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
        let parcel = Parcel::packed(shipment, order, region, self.seed, email, now);
        *self.reading.at(parcel.state) += 1;
        self.moves.extend(parcel.next.map(|at| (at, order)));
        self.parcels.insert(order, Some(parcel));
        Ok(shipment)
    }

    /// Moves every parcel to where it is by now; answers with each step.
    pub fn move_on(&mut self, now: Duration) -> Vec<Moved> {
        let mut moved = Vec::new();
        while let Some(&(at, order)) = self.moves.first()
            && at <= now
        {
            self.moves.pop_first();
            let Some(Some(parcel)) = self.parcels.get_mut(&order) else {
                continue;
            };
            *self.reading.at(parcel.state) -= 1;
            parcel.step(at);
            *self.reading.at(parcel.state) += 1;
            self.reading.ever_delayed += u64::from(matches!(parcel.state, State::Delayed { .. }));
            self.moves.extend(parcel.next.map(|at| (at, order)));
            let email = match parcel.next {
                Some(_) => parcel.email.clone(),
                None => parcel.email.take(),
            };
            let Parcel {
                shipment,
                state,
                context,
                ..
            } = *parcel;
            moved.push(Moved {
                order,
                tracked: Tracked { shipment, state },
                email,
                context,
            });
        }
        moved
    }

    /// Where the parcels are.
    #[must_use]
    pub fn read(&self) -> DepotReading {
        self.reading
    }

    /// Stops the parcel of an order; answers whether there was one. None is dispatched afterwards.
    pub fn cancel(&mut self, order: OrderId) -> bool {
        let Some(parcel) = self.parcels.insert(order, None).flatten() else {
            return false;
        };
        *self.reading.at(parcel.state) -= 1;
        true
    }

    /// The parcel of an order.
    #[must_use]
    pub fn track(&self, order: OrderId) -> Option<Tracked> {
        let parcel = self.parcels.get(&order)?.as_ref()?;
        Some(Tracked {
            shipment: parcel.shipment,
            state: parcel.state,
        })
    }

    /// The orders that have a parcel, wherever it is.
    pub fn orders(&self) -> impl Iterator<Item = OrderId> {
        self.parcels
            .iter()
            .filter(|(_, parcel)| parcel.is_some())
            .map(|(&order, _)| order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(3);
    const EMAIL: &str = "a@shop";

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
            let dispatched = depot.dispatch(OrderId(order), Region::Mainland, EMAIL.into(), now);
            carriers.push(dispatched.map(|shipment| shipment.carrier));
        }
        let full = Err(DispatchError::NoCarrier(Region::Mainland));
        assert_eq!(carriers, [Ok("Fast"), Ok("Slow"), full, Ok("Fast")]);
    }

    #[test]
    fn an_order_is_dispatched_once() {
        let mut depot = depot();
        let first = depot
            .dispatch(OrderId(1), Region::Mainland, EMAIL.into(), NOW)
            .unwrap();
        assert_eq!(
            depot.dispatch(OrderId(1), Region::Mainland, EMAIL.into(), NOW),
            Ok(first)
        );
        assert_eq!(depot.track(OrderId(1)).unwrap().shipment, first);
    }

    #[test]
    fn a_cancelled_order_is_not_dispatched_later() {
        let mut depot = depot();
        assert!(!depot.cancel(OrderId(1)));
        let late = depot.dispatch(OrderId(1), Region::Mainland, EMAIL.into(), NOW);
        assert_eq!(late, Err(DispatchError::Cancelled));
        depot
            .dispatch(OrderId(2), Region::Mainland, EMAIL.into(), NOW)
            .unwrap();
        assert!(depot.cancel(OrderId(2)));
        assert_eq!(depot.track(OrderId(2)), None);
    }

    #[test]
    fn nobody_goes_where_no_carrier_does() {
        let refused = depot().dispatch(OrderId(1), Region::Islands, EMAIL.into(), NOW);
        assert_eq!(refused, Err(DispatchError::NoCarrier(Region::Islands)));
    }

    #[test]
    fn parcels_move_on_with_the_clock_each_at_its_time() {
        let mut depot = Depot::new([Carrier::new("Cart", Region::Mainland, 1_000, 1)]).with_seed(1);
        for order in 0..300 {
            let dispatched = depot.dispatch(OrderId(order), Region::Mainland, EMAIL.into(), NOW);
            assert!(dispatched.is_ok());
        }
        assert_eq!(depot.move_on(NOW), []);
        assert_eq!(depot.read().packed, 300);
        assert!(depot.cancel(OrderId(7)));

        // However seldom somebody looks, no step is left out.
        let moved = depot.move_on(NOW + Duration::from_secs(60));
        let reading = depot.read();
        assert_eq!(
            (reading.packed, reading.on_the_way, reading.delayed),
            (0, 0, 0)
        );
        assert_eq!(reading.delivered, 299);
        assert!(reading.ever_delayed > 5, "{reading:?}");
        assert_eq!(moved.len() as u64, 2 * 299 + reading.ever_delayed);
        assert!(moved.iter().all(|it| it.email.as_deref() == Some(EMAIL)));
        assert!(moved.iter().all(|it| it.order != OrderId(7)));
        assert_eq!(depot.move_on(NOW + Duration::from_secs(600)), []);
        let state = depot.track(OrderId(8)).map(|tracked| tracked.state);
        assert_eq!(state, Some(State::Delivered));
    }
}
