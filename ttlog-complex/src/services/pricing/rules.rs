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

/// Some pieces of one product.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// What one piece costs.
    pub price: Cents,
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
}

impl Coupon {
    /// The voucher with this code, whatever its case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code.to_ascii_uppercase().as_str() {
            "WELCOME10" => Some(Self::Welcome),
            "FREEPOST" => Some(Self::FreePost),
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
    let mut discount: Cents = items.iter().map(|&item| item_discount(item)).sum();
    if coupon == Some(Coupon::Welcome) {
        discount += (list - discount).percent(10);
    }
    let goods = list - discount;
    let free = goods >= FREE_POSTAGE_FROM || coupon == Some(Coupon::FreePost);
    let postage = if free { Cents::ZERO } else { POSTAGE };
    Quote {
        list,
        discount,
        postage,
        total: goods + postage,
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
    item.price.times(item.quantity).percent(bulk.max(sale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(cents: i64, category: Category, quantity: u32) -> Item {
        Item {
            price: Cents(cents),
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
                "ten percent",
                vec![item(995, Office, 1)],
                Some(Coupon::Welcome),
                [995, 100, 490],
            ),
        ] {
            let expected = Quote {
                list: Cents(list),
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
}
