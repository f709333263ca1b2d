//! The market: what demand and stock do to a price.

use core::time::Duration;
use std::collections::HashMap;

use crate::ids::ProductId;

/// In this time half of a demand is forgotten.
const HALF_LIFE: Duration = Duration::from_secs(10);
/// Below this no product is in demand, however little the others are.
const DEMAND_MIN: f64 = 4.0;
/// So long a price stands: who was told one finds it at the checkout.
const STANDS: Duration = Duration::from_secs(2);
/// With fewer pieces left a product is scarce.
const SCARCE: u32 = 10;
/// With more pieces left there is plenty of it.
const PLENTY: u32 = 120;

/// How often each product was asked for of late, which fades with time.
///
/// It is as large as there are products: only what the catalogue knows may be put in.
#[derive(Clone, Debug, Default)]
pub struct Market {
    demand: HashMap<ProductId, Demand>,
    total: Demand,
    /// What was said of a product, and when.
    said: HashMap<ProductId, (Duration, i32)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Demand {
    pieces: f64,
    at: Duration,
}

impl Demand {
    fn now(self, now: Duration) -> f64 {
        let age = now.saturating_sub(self.at).as_secs_f64();
        self.pieces * 0.5_f64.powf(age / HALF_LIFE.as_secs_f64())
    }

    fn add(&mut self, pieces: u32, now: Duration) {
        self.pieces = self.now(now) + f64::from(pieces);
        // Instances look at the clock one after the other, but may come in another order.
        self.at = self.at.max(now);
    }
}

impl Market {
    /// Notes that some pieces were asked for.
    pub fn ask(&mut self, product: ProductId, pieces: u32, now: Duration) {
        self.demand.entry(product).or_default().add(pieces, now);
        self.total.add(pieces, now);
    }

    /// What is put on top of a price, in percent, from −5 to 15; below zero it is taken off. It is
    /// decided anew every two seconds.
    pub fn percent(&mut self, product: ProductId, left: Option<u32>, now: Duration) -> i32 {
        if let Some(&(at, percent)) = self.said.get(&product)
            && now < at + STANDS
        {
            return percent;
        }
        let percent = self.decide(product, left, now);
        self.said.insert(product, (now, percent));
        percent
    }

    /// Twice the demand of the average product makes it 5 dearer, four times 10. Scarce goods are
    /// another 5 dearer, and what lies about in plenty is 5 cheaper while nobody asks for it.
    fn decide(&self, product: ProductId, left: Option<u32>, now: Duration) -> i32 {
        let demand = self.demand.get(&product).map_or(0.0, |it| it.now(now));
        let mean = self.total.now(now) / self.demand.len().max(1) as f64;
        let by_demand = match demand {
            _ if demand < DEMAND_MIN => 0,
            _ if demand >= 4.0 * mean => 10,
            _ if demand >= 2.0 * mean => 5,
            _ => 0,
        };
        let by_stock = match left {
            Some(..SCARCE) => 5,
            Some(PLENTY..) if demand < mean => -5,
            _ => 0,
        };
        by_demand + by_stock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(60);
    const DESK: ProductId = ProductId(0);
    const LAMP: ProductId = ProductId(1);

    /// Twenty products asked for once, but the desk so often.
    fn market(desks: u32) -> Market {
        let mut market = Market::default();
        for product in 1..20 {
            market.ask(ProductId(product), 1, NOW);
        }
        market.ask(DESK, desks, NOW);
        market
    }

    #[test]
    fn what_many_ask_for_is_dearer_until_they_stop_asking() {
        for (desks, expected) in [(1, 0), (3, 0), (4, 5), (8, 10), (80, 10)] {
            let market = market(desks);
            assert_eq!(market.decide(DESK, Some(50), NOW), expected, "{desks}");
        }
        let later = NOW + HALF_LIFE;
        assert_eq!(market(8).decide(DESK, None, NOW), 10);
        assert_eq!(market(7).decide(DESK, None, later), 0);
    }

    #[test]
    fn scarce_goods_are_dearer_and_plenty_cheaper_while_nobody_asks() {
        let market = market(80);
        assert_eq!(market.decide(LAMP, Some(SCARCE - 1), NOW), 5);
        assert_eq!(market.decide(LAMP, Some(SCARCE), NOW), 0);
        assert_eq!(market.decide(LAMP, Some(PLENTY), NOW), -5);
        assert_eq!(market.decide(DESK, Some(PLENTY), NOW), 10);
        assert_eq!(market.decide(DESK, Some(0), NOW), 15);
    }

    #[test]
    fn a_market_without_customers_leaves_prices_alone() {
        assert_eq!(Market::default().decide(DESK, Some(50), NOW), 0);
        assert_eq!(Market::default().decide(DESK, None, NOW), 0);
    }

    #[test]
    fn half_of_a_demand_is_forgotten_in_its_time() {
        let mut demand = Demand::default();
        demand.add(8, NOW);
        demand.add(4, NOW + HALF_LIFE);
        assert!((demand.now(NOW + 2 * HALF_LIFE) - 4.0).abs() < 1e-9);
        demand.add(1, NOW);
        assert_eq!(demand.at, NOW + HALF_LIFE);
    }

    #[test]
    fn a_price_stands_for_a_while() {
        let mut market = market(8);
        assert_eq!(market.percent(LAMP, Some(50), NOW), 0);
        let soon = NOW + STANDS - Duration::from_nanos(1);
        assert_eq!(market.percent(LAMP, Some(0), soon), 0);
        assert_eq!(market.percent(LAMP, Some(0), NOW + STANDS), 5);
    }
}
