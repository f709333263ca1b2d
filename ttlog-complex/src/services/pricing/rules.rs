//! The rules of price, in whole cents.

use crate::{catalogue::Category, money::Cents, protocol::pricing::Quote};

/// From so many pieces of one product on there is a discount on them.
const BULK_FROM: u32 = 3;
const BULK_PERCENT: u32 = 5;
/// The department on sale.
const SALE: Category = Category::Garden;
const SALE_PERCENT: u32 = 10;
/// From so much on, the shop pays for the parcel.
const FREE_POSTAGE_FROM: Cents = Cents(5_000);
const POSTAGE: Cents = Cents(490);

/// Ten off, from so much on.
const TENNER: Cents = Cents(1_000);
const TENNER_FROM: Cents = Cents(6_000);

/// Some pieces of one product.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// What one piece costs.
    pub price: Cents,
    /// What demand and stock put on top of that, in percent; below zero, take off.
    pub market_percent: i32,
    /// The department that sells it.
    pub category: Category,
    /// How many.
    pub quantity: u32,
}

/// A voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coupon {
    /// Ten percent off what is left after other discounts.
    Welcome,
    /// No postage.
    FreePost,
    /// Ten off a large order.
    Tenner,
}

impl Coupon {
    /// The voucher with this code, whatever its case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code.to_ascii_uppercase().as_str() {
            "WELCOME10" => Some(Self::Welcome),
            "FREEPOST" => Some(Self::FreePost),
            "TENNER" => Some(Self::Tenner),
            _ => None,
        }
    }
}

/// Prices some items.
///
/// Each discount is rounded to the cent where it is given, so the lines of a bill add up to it.
#[must_use]
pub fn quote(items: &[Item], coupon: Option<Coupon>) -> Quote {
    let list: Cents = items
        .iter()
        .map(|item| item.price.times(item.quantity))
        .sum();
    let goods: Cents = items.iter().map(|item| item.goods()).sum();
    let mut discount: Cents = items.iter().map(|&item| item_discount(item)).sum();
    match coupon {
        Some(Coupon::Welcome) => discount += (goods - discount).percent(10),
        Some(Coupon::Tenner) if goods - discount >= TENNER_FROM => discount += TENNER,
        _ => {}
    }
    let left = goods - discount;
    let free = left >= FREE_POSTAGE_FROM || coupon == Some(Coupon::FreePost);
    let postage = if free { Cents::ZERO } else { POSTAGE };
    Quote {
        list,
        market: goods - list,
        discount,
        postage,
        total: left + postage,
    }
}

impl Item {
    /// What one piece costs today. It is rounded here, so that a price can be shown at the shelf.
    fn price_today(self) -> Cents {
        let change = self.price.percent(self.market_percent.unsigned_abs());
        if self.market_percent < 0 {
            self.price - change
        } else {
            self.price + change
        }
    }

    fn goods(self) -> Cents {
        self.price_today().times(self.quantity)
    }
}

/// Of the discounts that a product could have, it gets the better one.
fn item_discount(item: Item) -> Cents {
    let bulk = if item.quantity >= BULK_FROM {
        BULK_PERCENT
    } else {
        0
    };
    let sale = if item.category == SALE {
        SALE_PERCENT
    } else {
        0
    };
    item.goods().percent(bulk.max(sale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(cents: i64, category: Category, quantity: u32) -> Item {
        Item {
            price: Cents(cents),
            market_percent: 0,
            category,
            quantity,
        }
    }

    #[test]
    fn discounts_and_postage_follow_the_rules() {
        use Category::{Garden, Office};
        for (what, items, coupon, [list, discount, postage]) in [
            (
                "two pieces",
                vec![item(1_000, Office, 2)],
                None,
                [2_000, 0, 490],
            ),
            (
                "three pieces",
                vec![item(1_000, Office, 3)],
                None,
                [3_000, 150, 490],
            ),
            (
                "on sale",
                vec![item(1_000, Garden, 1)],
                None,
                [1_000, 100, 490],
            ),
            (
                "the better of two",
                vec![item(1_000, Garden, 3)],
                None,
                [3_000, 300, 490],
            ),
            (
                "free postage",
                vec![item(5_000, Office, 1)],
                None,
                [5_000, 0, 0],
            ),
            (
                "a cent short",
                vec![item(4_999, Office, 1)],
                None,
                [4_999, 0, 490],
            ),
            (
                "no postage",
                vec![item(995, Office, 1)],
                Some(Coupon::FreePost),
                [995, 0, 0],
            ),
            (
                "ten off",
                vec![item(3_000, Office, 2)],
                Some(Coupon::Tenner),
                [6_000, 1_000, 0],
            ),
            (
                "too little for ten off",
                vec![item(2_995, Office, 2)],
                Some(Coupon::Tenner),
                [5_990, 0, 0],
            ),
            (
                "ten percent",
                vec![item(995, Office, 1)],
                Some(Coupon::Welcome),
                [995, 100, 490],
            ),
        ] {
            let expected = Quote {
                list: Cents(list),
                market: Cents::ZERO,
                discount: Cents(discount),
                postage: Cents(postage),
                total: Cents(list - discount + postage),
            };
            assert_eq!(quote(&items, coupon), expected, "{what}");
        }
    }

    #[test]
    fn each_discount_is_rounded_where_it_is_given() {
        // 5 % of 3 × 3.33 is 49.95 cents, twice: 50 + 50, not 99.9.
        let items = [item(333, Category::Office, 3); 2];
        assert_eq!(quote(&items, None).discount, Cents(100));
    }

    #[test]
    fn a_total_is_never_below_zero() {
        for cents in 0..300 {
            let items = [item(cents, Category::Garden, 7)];
            assert!(quote(&items, Some(Coupon::Welcome)).total >= Cents::ZERO);
        }
    }

    #[test]
    fn a_code_is_known_in_any_case() {
        assert_eq!(Coupon::from_code("welcome10"), Some(Coupon::Welcome));
        assert_eq!(Coupon::from_code("WELCOME11"), None);
    }

    #[test]
    fn the_market_moves_the_price_of_a_piece_to_the_nearest_cent() {
        for (percent, piece) in [(0, 995), (10, 1_095), (5, 1_045), (-5, 945), (15, 1_144)] {
            let priced = Item {
                market_percent: percent,
                ..item(995, Category::Office, 2)
            };
            let quote = quote(&[priced], None);
            assert_eq!(quote.market, Cents(2 * (piece - 995)), "{percent} %");
            assert_eq!(quote.total, Cents(2 * piece) + POSTAGE, "{percent} %");
        }
    }

    #[test]
    fn a_discount_is_on_what_the_goods_cost_today() {
        let dear = Item {
            market_percent: 10,
            ..item(1_000, Category::Garden, 1)
        };
        assert_eq!(quote(&[dear], None).discount, Cents(110));
    }

    /// Whatever is in the basket, the bill adds up to the cent.
    #[test]
    fn every_bill_adds_up() {
        use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

        let mut chance = Xoshiro256PlusPlus::seed_from_u64(1);
        for _ in 0..2_000 {
            let items: Vec<Item> = (0..chance.random_range(1..5))
                .map(|_| Item {
                    market_percent: chance.random_range(-10..=20),
                    ..item(
                        chance.random_range(1..20_000),
                        Category::ALL[chance.random_range(0..6)],
                        chance.random_range(1..7),
                    )
                })
                .collect();
            let coupons = [None, Some(Coupon::Welcome), Some(Coupon::Tenner)];
            let bill = quote(&items, coupons[chance.random_range(0..3)]);
            let goods = bill.list + bill.market - bill.discount;
            assert_eq!(bill.total, goods + bill.postage);
            assert!(bill.total > Cents::ZERO && bill.discount < bill.list + bill.market);
        }
    }
}
