//! The ledger: what must hold when the shop has closed, checked over everybody's books.

use std::collections::BTreeSet;

use crate::{ids::OrderId, money::Cents, protocol::order::Receipt, shop::Books};

/// A rule, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// The numbers on both sides.
    pub figures: String,
}

/// Checks all rules. The shop must have closed: nothing may be under way.
#[must_use]
pub fn check(books: &Books) -> Vec<Finding> {
    let orders = books.orders.lock();
    let open = orders
        .orders()
        .filter(|(_, result)| result.is_none())
        .count();
    let confirmed: Vec<Receipt> = orders
        .orders()
        .filter_map(|(_, result)| result?.ok())
        .collect();
    vec![
        finding("no order is left open", open == 0, format!("open {open}")),
        pieces(books),
        money(books, &confirmed),
        bank(books),
        shipped(books, &confirmed),
    ]
}

/// No piece was sold that was not there, and none is set aside for nobody.
fn pieces(books: &Books) -> Finding {
    let stock = books.stock.lock();
    let [mut came, mut left, mut reserved, mut sold] = [0_u64; 4];
    let mut every_product = true;
    for (_, level) in stock.levels() {
        every_product &= level.opening + level.delivered == level.left + level.sold;
        came += u64::from(level.opening + level.delivered);
        left += u64::from(level.left);
        reserved += u64::from(level.reserved);
        sold += u64::from(level.sold);
    }
    finding(
        "stock: opening + delivered = left + sold, of every product",
        every_product && reserved == 0,
        format!("{came} = {left} + {sold}, reserved {reserved}"),
    )
}

/// What the till kept is what the confirmed orders cost.
fn money(books: &Books, confirmed: &[Receipt]) -> Finding {
    let till = books.till.lock();
    let (paid, refunded) = (till.paid(), till.refunded());
    let orders: Cents = confirmed.iter().map(|receipt| receipt.total).sum();
    finding(
        "money: paid − refunded = confirmed orders",
        paid - refunded == orders,
        format!("{paid} − {refunded} = {orders}"),
    )
}

/// The bank has the same to say about the shop's money, and no cent was made or lost.
fn bank(books: &Books) -> Finding {
    let till = books.till.lock();
    let kept = till.paid() - till.refunded();
    let bank = books.bank.lock();
    let account = bank.shop_account();
    finding(
        "bank: the shop's account = the till, and all accounts balance",
        account == kept && bank.is_balanced(),
        format!("{account} = {kept}"),
    )
}

/// A paid order has a parcel, and nobody else has one.
fn shipped(books: &Books, confirmed: &[Receipt]) -> Finding {
    let paid: BTreeSet<OrderId> = books.till.lock().orders().map(|(order, _)| order).collect();
    let shipped: BTreeSet<OrderId> = books.depot.lock().orders().collect();
    let confirmed: BTreeSet<OrderId> = confirmed.iter().map(|receipt| receipt.order).collect();
    finding(
        "orders: paid = shipped = confirmed, every other one refunded",
        paid == shipped && shipped == confirmed,
        format!("{} = {} = {}", paid.len(), shipped.len(), confirmed.len()),
    )
}

fn finding(rule: &'static str, holds: bool, figures: String) -> Finding {
    Finding {
        rule,
        holds,
        figures,
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::{
        bank::{Bank, CardNumber, Issuer},
        basket::Line,
        ids::ProductId,
        protocol::shipping::Region,
        services::{
            inventory::stock::Stock,
            shipping::depot::{CARRIERS, Depot},
        },
        shared::Shared,
    };

    const ORDER: OrderId = OrderId(1);
    const PRICE: Cents = Cents(500);
    const CARD: CardNumber = CardNumber {
        issuer: Issuer::Union,
        abroad: false,
        serial: 1,
    };

    fn books() -> Books {
        Books {
            stock: Shared::new(Stock::new([(ProductId(0), 9)])),
            till: Shared::default(),
            orders: Shared::default(),
            depot: Shared::new(Depot::new(CARRIERS)),
            figures: Shared::default(),
            bank: Shared::new(Bank::open(1, [(CARD, Cents(1_000))])),
        }
    }

    fn take_goods(books: &Books) {
        let line = Line {
            product: ProductId(0),
            quantity: 2,
        };
        books
            .stock
            .lock()
            .reserve(ORDER, &[line], Duration::ZERO)
            .unwrap();
    }

    fn take_money(books: &Books) {
        let _ = books.bank.lock().pay(ORDER, CARD, PRICE);
    }

    fn ring_up(books: &Books) {
        let mut till = books.till.lock();
        till.begin(ORDER, PRICE);
        till.settle(ORDER, Ok(())).unwrap();
    }

    fn ship(books: &Books) {
        let mut depot = books.depot.lock();
        let shipped = depot.dispatch(ORDER, Region::Mainland, String::new(), Duration::ZERO);
        assert!(shipped.is_ok());
    }

    fn confirm(books: &Books) {
        let receipt = Receipt {
            order: ORDER,
            total: PRICE,
            tracking: 1,
        };
        books.orders.lock().close(ORDER, Ok(receipt));
    }

    /// The first words of the rules that are violated after these steps.
    fn violated(steps: &[fn(&Books)]) -> Vec<&'static str> {
        let books = books();
        for step in steps {
            step(&books);
        }
        let findings = check(&books).into_iter();
        let violated = findings.filter(|finding| !finding.holds);
        violated
            .map(|finding| finding.rule.split([':', ' ']).next().unwrap())
            .collect()
    }

    #[test]
    fn a_whole_order_keeps_every_rule() {
        let collect = |books: &Books| {
            take_goods(books);
            books.stock.lock().collect(ORDER).unwrap();
        };
        let steps = [collect, take_money, ring_up, ship, confirm];
        assert_eq!(violated(&steps), [""; 0]);
        assert_eq!(violated(&[]), [""; 0]);
    }

    #[test]
    fn what_is_missing_or_too_much_is_found() {
        let open = |books: &Books| {
            books.orders.lock().open(ORDER);
        };
        assert_eq!(violated(&[open]), ["no"]);
        assert_eq!(violated(&[take_goods]), ["stock"]);
        assert_eq!(violated(&[take_money]), ["bank"]);
        assert_eq!(violated(&[ring_up]), ["money", "bank", "orders"]);
        assert_eq!(violated(&[take_money, ring_up]), ["money", "orders"]);
        assert_eq!(violated(&[ship]), ["orders"]);
        assert_eq!(violated(&[take_money, ring_up, confirm]), ["orders"]);
    }
}
