//! The parcel: where it is, and when it moves on.
//!
//! ```text
//! packed ─► on the way ─┬──────────────► delivered
//!                       └─► delayed ─────► delivered
//! ```

use core::time::Duration;

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use ttlog_std::Context;

use crate::{
    ids::OrderId,
    protocol::shipping::{Region, Shipment, State},
};

/// The carriers' day is compressed: so long it takes.
pub const DAY: Duration = Duration::from_secs(2);
/// How long a parcel lies packed before it leaves.
const PACKED: Duration = Duration::from_millis(500);
/// The longest delay.
const DELAY_DAYS_MAX: u32 = 3;

/// A parcel that a carrier has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// What the customer was told.
    pub shipment: Shipment,
    /// Where it is.
    pub state: State,
    /// When it moves on; nothing when it has arrived.
    pub next: Option<Duration>,
    /// Who is told; nobody any more when it has arrived.
    pub email: Option<String>,
    /// The trace in which it was packed.
    pub context: Option<Context>,
    /// How many days it takes longer than promised.
    delay_days: u32,
}

impl Parcel {
    /// A parcel that is packed now. Whether it will be late is decided by `seed` and the order
    /// alone, so that it is the same in each run.
    #[must_use]
    pub fn packed(
        shipment: Shipment,
        order: OrderId,
        region: Region,
        seed: u64,
        email: String,
        now: Duration,
    ) -> Self {
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed ^ order.0);
        let in_100 = match region {
            Region::Mainland => 6,
            Region::Highlands => 12,
            Region::Islands => 20,
        };
        let late = chance.random_ratio(in_100, 100);
        let delay_days = if late {
            chance.random_range(1..=DELAY_DAYS_MAX)
        } else {
            0
        };
        Self {
            shipment,
            state: State::Packed,
            next: Some(now + PACKED),
            email: Some(email),
            context: Context::current(),
            delay_days,
        }
    }

    /// Moves on by one step, which was due at `at`.
    pub fn step(&mut self, at: Duration) {
        let days = DAY * self.shipment.days;
        (self.state, self.next) = match self.state {
            State::Packed => (State::OnTheWay, Some(at + days)),
            State::OnTheWay if self.delay_days > 0 => {
                let days = self.delay_days;
                (State::Delayed { days }, Some(at + DAY * days))
            }
            State::OnTheWay | State::Delayed { .. } | State::Delivered => (State::Delivered, None),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPMENT: Shipment = Shipment {
        carrier: "Cart",
        tracking: 1,
        days: 2,
    };

    fn parcel(order: u64, region: Region) -> Parcel {
        let now = Duration::from_secs(1);
        Parcel::packed(SHIPMENT, OrderId(order), region, 1, "a@shop".into(), now)
    }

    /// The states that it goes through, and when it arrives.
    fn way(mut parcel: Parcel) -> (Vec<State>, Duration) {
        let mut states = vec![parcel.state];
        let mut last = Duration::ZERO;
        while let Some(at) = parcel.next {
            assert!(at > last);
            last = at;
            parcel.step(at);
            states.push(parcel.state);
        }
        (states, last)
    }

    #[test]
    fn a_parcel_arrives_in_its_time_or_says_by_how_much_it_is_late() {
        let promised = Duration::from_secs(1) + PACKED + DAY * 2;
        let mut late = 0;
        for order in 0..1_000 {
            let (states, arrived) = way(parcel(order, Region::Mainland));
            match states[..] {
                [State::Packed, State::OnTheWay, State::Delivered] => {
                    assert_eq!(arrived, promised);
                }
                [
                    State::Packed,
                    State::OnTheWay,
                    State::Delayed { days },
                    State::Delivered,
                ] => {
                    assert_eq!(arrived, promised + DAY * days);
                    late += 1;
                }
                _ => panic!("{states:?}"),
            }
        }
        assert!((40..80).contains(&late), "{late}");
    }

    #[test]
    fn the_way_of_a_parcel_is_the_same_for_the_same_seed() {
        let order = 17;
        assert_eq!(
            parcel(order, Region::Islands),
            parcel(order, Region::Islands)
        );
    }
}
