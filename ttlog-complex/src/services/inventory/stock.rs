//! The stock: every piece is on the shelf, set aside or sold, and none is in two of these places.
//!
//! ```text
//!            reserve             collect
//!  on shelf ────────► set aside ────────► sold
//!     ▲  ▲                │                 │
//!     │  └── time is over ┘                 │
//!     └─────────────── release ◄────────────┘     for good: nothing is reserved after it
//! ```

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    basket::Line,
    ids::{OrderId, ProductId},
    protocol::inventory::ReserveError,
};

/// A product is bought in when fewer pieces are left.
const LOW: u32 = 10;
/// How many pieces are bought in.
const BATCH: u32 = 60;
/// How long the supplier takes.
const LEAD_TIME: Duration = Duration::from_secs(4);

/// How long goods are set aside for an order that does not collect them.
pub const HOLD_TIME: Duration = Duration::from_secs(3);

/// All goods of the shop. Times are those of its clock.
#[derive(Debug, Default)]
pub struct Stock {
    levels: BTreeMap<ProductId, Level>,
    /// Kept for ever: what was released must not be reserved by a request that arrives late.
    holds: HashMap<OrderId, Hold>,
    /// When each of them ends; one that was collected, released or renewed meanwhile is passed over.
    ends: BTreeSet<(Duration, OrderId)>,
    expired: u64,
    deliveries: Vec<Delivery>,
}

/// Where the pieces of one product are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// There when the shop opened.
    pub opening: u32,
    /// Delivered since.
    pub delivered: u32,
    /// On the shelf, free to be sold.
    pub left: u32,
    /// Set aside for orders.
    pub reserved: u32,
    /// Gone with orders.
    pub sold: u32,
}

/// Goods on their way from the supplier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What.
    pub product: ProductId,
    /// How many pieces.
    pub quantity: u32,
    /// When they arrive.
    pub due: Duration,
}

/// All products taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StockReading {
    /// Pieces on the shelf.
    pub left: u64,
    /// Pieces set aside.
    pub reserved: u64,
    /// Pieces gone with orders.
    pub sold: u64,
    /// Products of which fewer than ten pieces are on the shelf.
    pub low: u64,
    /// Products of which none is.
    pub out: u64,
    /// Reservations whose time was over.
    pub expired: u64,
}

#[derive(Debug)]
enum Hold {
    Reserved {
        goods: BTreeMap<ProductId, u32>,
        until: Duration,
    },
    /// Not collected in time. Unlike a released order, this one may reserve again.
    Expired,
    Collected(BTreeMap<ProductId, u32>),
    Released,
}

impl Stock {
    /// Fills the shelves.
    #[must_use]
    pub fn new(opening: impl IntoIterator<Item = (ProductId, u32)>) -> Self {
        let levels = opening.into_iter().map(|(product, opening)| {
            (
                product,
                Level {
                    opening,
                    left: opening,
                    ..Level::default()
                },
            )
        });
        Self {
            levels: levels.collect(),
            ..Self::default()
        }
    }

    /// Sets all lines aside for [`HOLD_TIME`], or none. Asked again for the same order, it renews
    /// the time; where that was over already, it sets the lines aside anew.
    ///
    /// # Errors
    ///
    /// [`ReserveError`], and nothing has changed.
    pub fn reserve(
        &mut self,
        order: OrderId,
        lines: &[Line],
        now: Duration,
    ) -> Result<(), ReserveError> {
        let end = now + HOLD_TIME;
        match self.holds.get_mut(&order) {
            Some(Hold::Released) => return Err(ReserveError::Released),
            Some(Hold::Collected(_)) => return Ok(()),
            Some(Hold::Reserved { until, .. }) => {
                *until = end;
                self.ends.insert((end, order));
                return Ok(());
            }
            Some(Hold::Expired) | None => {}
        }
        let mut wanted = BTreeMap::new();
        for line in lines {
            *wanted.entry(line.product).or_default() += line.quantity;
        }
        for (&product, &quantity) in &wanted {
            let left = self.left(product);
            if left < quantity {
                return Err(ReserveError::OutOfStock { product, left });
            }
        }
        for (product, quantity) in &wanted {
            let level = self.level(*product);
            level.left -= quantity;
            level.reserved += quantity;
        }
        let hold = Hold::Reserved {
            goods: wanted,
            until: end,
        };
        self.holds.insert(order, hold);
        self.ends.insert((end, order));
        Ok(())
    }

    /// Turns what is set aside into sold; answers how many pieces. Asked again, it does nothing.
    pub fn collect(&mut self, order: OrderId) -> Option<u32> {
        let goods = match self.holds.get(&order)? {
            Hold::Reserved { goods, .. } => goods.clone(),
            Hold::Collected(goods) => return Some(goods.values().sum()),
            Hold::Expired | Hold::Released => return None,
        };
        for (product, quantity) in &goods {
            let level = self.level(*product);
            level.reserved -= quantity;
            level.sold += quantity;
        }
        let units = goods.values().sum();
        self.holds.insert(order, Hold::Collected(goods));
        Some(units)
    }

    /// Puts back what the order reserved or collected; answers how many pieces.
    ///
    /// The order can reserve nothing from now on, even if it never did.
    pub fn release(&mut self, order: OrderId) -> u32 {
        let (goods, was_sold) = match self.holds.insert(order, Hold::Released) {
            Some(Hold::Reserved { goods, .. }) => (goods, false),
            Some(Hold::Collected(goods)) => (goods, true),
            Some(Hold::Expired | Hold::Released) | None => return 0,
        };
        for (product, quantity) in &goods {
            let level = self.level(*product);
            let from = if was_sold {
                &mut level.sold
            } else {
                &mut level.reserved
            };
            *from -= quantity;
            level.left += quantity;
        }
        goods.values().sum()
    }

    /// Puts back what was not collected in time; answers with the orders, and how many pieces each.
    pub fn expire(&mut self, now: Duration) -> Vec<(OrderId, u32)> {
        let mut expired = Vec::new();
        while let Some(&(end, order)) = self.ends.first()
            && end <= now
        {
            self.ends.pop_first();
            let Some(Hold::Reserved { goods, until }) = self.holds.get(&order) else {
                continue;
            };
            if *until > now {
                continue;
            }
            let goods = goods.clone();
            for (product, quantity) in &goods {
                let level = self.level(*product);
                level.reserved -= quantity;
                level.left += quantity;
            }
            self.holds.insert(order, Hold::Expired);
            self.expired += 1;
            expired.push((order, goods.values().sum()));
        }
        expired
    }

    /// How many pieces are free to be sold.
    #[must_use]
    pub fn left(&self, product: ProductId) -> u32 {
        self.levels.get(&product).map_or(0, |level| level.left)
    }

    /// Orders what has run low and is not on its way; answers with that.
    pub fn buy_in(&mut self, now: Duration) -> Vec<Delivery> {
        let on_its_way = |id| {
            self.deliveries
                .iter()
                .any(|delivery| delivery.product == id)
        };
        let low = self
            .levels
            .iter()
            .filter(|(id, level)| level.left < LOW && !on_its_way(**id));
        let ordered: Vec<Delivery> = low
            .map(|(&product, _)| Delivery {
                product,
                quantity: BATCH,
                due: now + LEAD_TIME,
            })
            .collect();
        self.deliveries.extend(&ordered);
        ordered
    }

    /// Puts what has arrived by now on the shelves; answers with that.
    pub fn receive(&mut self, now: Duration) -> Vec<Delivery> {
        let arrived: Vec<Delivery> = self
            .deliveries
            .extract_if(.., |delivery| delivery.due <= now)
            .collect();
        for delivery in &arrived {
            let level = self.level(delivery.product);
            level.delivered += delivery.quantity;
            level.left += delivery.quantity;
        }
        arrived
    }

    /// Where the pieces of each product are.
    pub fn levels(&self) -> impl Iterator<Item = (ProductId, Level)> {
        self.levels
            .iter()
            .map(|(&product, &level)| (product, level))
    }

    /// All products taken together.
    #[must_use]
    pub fn read(&self) -> StockReading {
        let mut reading = StockReading {
            expired: self.expired,
            ..StockReading::default()
        };
        for level in self.levels.values() {
            reading.left += u64::from(level.left);
            reading.reserved += u64::from(level.reserved);
            reading.sold += u64::from(level.sold);
            reading.low += u64::from(level.left < LOW);
            reading.out += u64::from(level.left == 0);
        }
        reading
    }

    fn level(&mut self, product: ProductId) -> &mut Level {
        self.levels.entry(product).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESK: ProductId = ProductId(0);
    const LAMP: ProductId = ProductId(1);
    const ORDER: OrderId = OrderId(1);
    const NOW: Duration = Duration::from_secs(7);
    const INSTANT: Duration = Duration::from_nanos(1);

    fn line(product: ProductId, quantity: u32) -> Line {
        Line { product, quantity }
    }

    fn stock() -> Stock {
        Stock::new([(DESK, 5), (LAMP, 20)])
    }

    /// On the shelf, set aside, sold.
    fn desks(stock: &Stock) -> [u32; 3] {
        let level = stock.levels[&DESK];
        [level.left, level.reserved, level.sold]
    }

    #[test]
    fn goods_go_from_the_shelf_by_the_reserve_to_the_customer() {
        let mut stock = stock();
        for _ in 0..2 {
            assert_eq!(stock.reserve(ORDER, &[line(DESK, 2)], NOW), Ok(()));
            assert_eq!(desks(&stock), [3, 2, 0]);
        }
        for _ in 0..2 {
            assert_eq!(stock.collect(ORDER), Some(2));
            assert_eq!(desks(&stock), [3, 0, 2]);
        }
    }

    #[test]
    fn an_order_gets_all_its_lines_or_none() {
        let mut stock = stock();
        let refused = stock.reserve(ORDER, &[line(LAMP, 1), line(DESK, 3), line(DESK, 3)], NOW);
        assert!(
            matches!(refused, Err(ReserveError::OutOfStock { left: 5, .. })),
            "{refused:?}"
        );
        assert_eq!(stock.left(LAMP), 20);
        assert_eq!(stock.collect(ORDER), None);
    }

    #[test]
    fn released_goods_are_back_whether_reserved_or_collected() {
        for collect_first in [false, true] {
            let mut stock = stock();
            stock.reserve(ORDER, &[line(DESK, 5)], NOW).unwrap();
            if collect_first {
                stock.collect(ORDER);
            }
            assert_eq!(stock.release(ORDER), 5);
            assert_eq!(stock.release(ORDER), 0);
            assert_eq!(desks(&stock), [5, 0, 0]);
        }
    }

    #[test]
    fn a_request_that_arrives_after_its_release_reserves_nothing() {
        let mut stock = stock();
        assert_eq!(stock.release(ORDER), 0);
        assert_eq!(
            stock.reserve(ORDER, &[line(DESK, 1)], NOW),
            Err(ReserveError::Released)
        );
        assert_eq!(desks(&stock), [5, 0, 0]);
    }

    #[test]
    fn what_runs_low_is_bought_in_once_and_arrives_in_its_time() {
        let mut stock = stock();
        let ordered = stock.buy_in(Duration::ZERO);
        assert_eq!(
            ordered,
            [Delivery {
                product: DESK,
                quantity: BATCH,
                due: LEAD_TIME
            }]
        );
        assert!(stock.buy_in(Duration::ZERO).is_empty());
        assert!(
            stock
                .receive(LEAD_TIME - Duration::from_nanos(1))
                .is_empty()
        );
        assert_eq!(stock.receive(LEAD_TIME), ordered);
        assert!(stock.receive(LEAD_TIME).is_empty());
        assert_eq!(stock.left(DESK), 5 + BATCH);
    }

    #[test]
    fn what_the_shop_never_had_is_out_of_stock() {
        let refused = stock().reserve(ORDER, &[line(ProductId(9), 1)], NOW);
        assert!(matches!(
            refused,
            Err(ReserveError::OutOfStock { left: 0, .. })
        ));
    }

    #[test]
    fn what_is_not_collected_in_time_goes_back_on_the_shelf() {
        let mut stock = stock();
        stock.reserve(ORDER, &[line(DESK, 2)], NOW).unwrap();
        assert_eq!(stock.expire(NOW + HOLD_TIME - INSTANT), []);
        assert_eq!(stock.expire(NOW + HOLD_TIME), [(ORDER, 2)]);
        assert_eq!(stock.expire(NOW + HOLD_TIME), []);
        assert_eq!(desks(&stock), [5, 0, 0]);
        assert_eq!(stock.collect(ORDER), None);
        assert_eq!(stock.release(ORDER), 0);
        assert_eq!((stock.read().expired, stock.read().low), (1, 1));
    }

    #[test]
    fn a_reservation_that_is_renewed_or_collected_does_not_expire() {
        let mut stock = stock();
        let lines = [line(DESK, 2)];
        stock.reserve(ORDER, &lines, NOW).unwrap();
        stock.reserve(ORDER, &lines, NOW + HOLD_TIME / 2).unwrap();
        assert_eq!(stock.expire(NOW + HOLD_TIME), []);
        stock.collect(ORDER).unwrap();
        assert_eq!(stock.expire(NOW + 2 * HOLD_TIME), []);
        assert_eq!(desks(&stock), [3, 0, 2]);
    }

    #[test]
    fn an_order_whose_time_was_over_may_reserve_again_if_there_is_enough() {
        let mut stock = stock();
        let lines = [line(DESK, 3)];
        let later = NOW + HOLD_TIME;
        stock.reserve(ORDER, &lines, NOW).unwrap();
        stock.expire(later);
        stock.reserve(OrderId(2), &lines, later).unwrap();
        let refused = stock.reserve(ORDER, &lines, later);
        assert!(matches!(
            refused,
            Err(ReserveError::OutOfStock { left: 2, .. })
        ));
        stock.release(OrderId(2));
        assert_eq!(stock.reserve(ORDER, &lines, later), Ok(()));
        assert_eq!(desks(&stock), [2, 3, 0]);
    }

    /// Whatever is asked for, in whatever order, every piece is in one place.
    #[test]
    fn no_piece_is_ever_made_or_lost() {
        use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

        for seed in 0..50 {
            let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
            let mut stock = stock();
            let mut now = Duration::ZERO;
            for _ in 0..300 {
                let order = OrderId(chance.random_range(0..12));
                let lines = [
                    line(DESK, chance.random_range(1..4)),
                    line(LAMP, chance.random_range(1..4)),
                ];
                match chance.random_range(0..10) {
                    0..5 => drop(stock.reserve(order, &lines, now)),
                    5..7 => drop(stock.collect(order)),
                    7 => drop(stock.release(order)),
                    8 => drop(stock.buy_in(now)),
                    _ => now += Duration::from_millis(chance.random_range(0..3_000)),
                }
                stock.expire(now);
                stock.receive(now);
                for (product, level) in stock.levels() {
                    let came = level.opening + level.delivered;
                    let there = level.left + level.reserved + level.sold;
                    assert_eq!(came, there, "seed {seed}, {product}: {level:?}");
                }
            }
            stock.expire(now + HOLD_TIME);
            assert_eq!(stock.read().reserved, 0);
        }
    }
}
