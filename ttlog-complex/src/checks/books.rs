//! The books: what must hold over everybody's, though no service ever saw another's.

use std::collections::BTreeSet;

use super::{Check, some};
use crate::{
    ids::OrderId, money::Cents, protocol::order::Receipt, services::order::queue::QueueReading,
    shop::Books,
};

/// Checks the books, and the queue of orders. The shop must have closed: nothing may be under way.
#[must_use]
pub fn check(books: &Books, queue: &QueueReading) -> Vec<Check> {
    let orders = books.orders.lock();
    let confirmed: Vec<Receipt> = orders
        .orders()
        .filter_map(|(_, result)| result?.ok())
        .collect();
    let open: Vec<OrderId> = orders
        .orders()
        .filter_map(|(order, result)| result.is_none().then_some(order))
        .collect();
    drop(orders);
    vec![
        stock(books),
        money(books, &confirmed),
        bank(books),
        shipped(books, &confirmed),
        settled(&confirmed, &open, queue),
    ]
}

/// No piece was sold that was not there, and none is set aside for nobody.
fn stock(books: &Books) -> Check {
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
    Check::new(
        1,
        "no stock sold twice",
        every_product && reserved == 0,
        format!("opening and delivered {came} = left {left} + sold {sold}; reserved {reserved}"),
    )
}

/// What the till kept is what the confirmed orders cost.
fn money(books: &Books, confirmed: &[Receipt]) -> Check {
    let till = books.till.lock();
    let (paid, refunded) = (till.paid(), till.refunded());
    let orders: Cents = confirmed.iter().map(|receipt| receipt.total).sum();
    Check::new(
        2,
        "money in = orders paid − refunds",
        paid - refunded == orders,
        format!("paid {paid} − refunded {refunded} = orders {orders}"),
    )
}

/// The bank has the same to say about the shop's money, and no cent was made or lost.
fn bank(books: &Books) -> Check {
    let till = books.till.lock();
    let kept = till.paid() - till.refunded();
    let bank = books.bank.lock();
    let account = bank.shop_account();
    let all = if bank.is_balanced() {
        "balance"
    } else {
        "do not balance"
    };
    Check::new(
        3,
        "the bank agrees to the cent",
        account == kept && bank.is_balanced(),
        format!("account {account} = till {kept}; all accounts {all}"),
    )
}

/// A paid order has a parcel, and nobody else has one.
fn shipped(books: &Books, confirmed: &[Receipt]) -> Check {
    let paid: BTreeSet<OrderId> = books.till.lock().orders().map(|(order, _)| order).collect();
    let shipped: BTreeSet<OrderId> = books.depot.lock().orders().collect();
    let confirmed: BTreeSet<OrderId> = confirmed.iter().map(|receipt| receipt.order).collect();
    Check::new(
        4,
        "each paid order shipped or refunded",
        paid == shipped && shipped == confirmed,
        format!(
            "paid {} = shipped {} = confirmed {}",
            paid.len(),
            shipped.len(),
            confirmed.len()
        ),
    )
}

/// Whoever ordered has an answer, and what was begun for nothing is undone.
fn settled(confirmed: &[Receipt], open: &[OrderId], queue: &QueueReading) -> Check {
    let QueueReading { waiting, stuck, .. } = *queue;
    let mut figures = format!(
        "confirmed {}, open {}, waiting {waiting}, steps back not taken {stuck}",
        confirmed.len(),
        open.len()
    );
    if !open.is_empty() {
        figures = format!("{figures}; open: {}", some(open));
    }
    let settled = open.is_empty() && waiting == 0 && stuck == 0;
    Check::new(5, "no order left open", settled, figures)
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

    /// The numbers of the checks that fail after these steps.
    fn failed(steps: &[fn(&Books)]) -> Vec<u8> {
        let books = books();
        for step in steps {
            step(&books);
        }
        let checks = check(&books, &QueueReading::default()).into_iter();
        checks
            .filter(|check| !check.passed)
            .map(|check| check.number)
            .collect()
    }

    #[test]
    fn an_order_that_waits_or_is_not_wholly_undone_is_found() {
        let passed = |waiting, stuck| {
            let queue = QueueReading {
                waiting,
                stuck,
                ..QueueReading::default()
            };
            settled(&[], &[], &queue).passed
        };
        assert!(passed(0, 0));
        assert!(!passed(1, 0) && !passed(0, 1));
    }

    #[test]
    fn a_whole_order_passes_every_check() {
        let collect = |books: &Books| {
            take_goods(books);
            books.stock.lock().collect(ORDER).unwrap();
        };
        let steps = [collect, take_money, ring_up, ship, confirm];
        assert_eq!(failed(&steps), [0; 0]);
        assert_eq!(failed(&[]), [0; 0]);
    }

    #[test]
    fn what_is_missing_or_too_much_is_found() {
        let open = |books: &Books| {
            books.orders.lock().open(ORDER);
        };
        assert_eq!(failed(&[open]), [5]);
        assert_eq!(failed(&[take_goods]), [1]);
        assert_eq!(failed(&[take_money]), [3]);
        assert_eq!(failed(&[ring_up]), [2, 3, 4]);
        assert_eq!(failed(&[take_money, ring_up]), [2, 4]);
        assert_eq!(failed(&[ship]), [4]);
        assert_eq!(failed(&[take_money, ring_up, confirm]), [4]);
    }
}
