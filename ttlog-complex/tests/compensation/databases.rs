//! What is wrong with a database costs orders at worst, and never what was written down.

use core::time::Duration;
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
};

use ttlog_complex::{
    chaos::{Fault, fault::Trouble},
    protocol::order::OrderError,
    services::shipping::depot::CARRIERS,
};

use crate::{
    RICH,
    one_customer::{CARD, OneCustomer, sold},
};

fn wrong(pool: &str, trouble: Trouble) -> Fault {
    let pool = pool.into();
    Fault::Database { pool, trouble }
}

#[test]
fn an_order_that_cannot_be_written_down_is_not_begun() {
    let shop = OneCustomer::with_funds(RICH, &CARRIERS);
    let fault = wrong("orders", Trouble::Lost);
    shop.weather.begin(fault.clone());
    assert_eq!(shop.order(1, 2, CARD), Err(OrderError::NotWritten));
    shop.weather.end(&fault);
    // Its fate is sealed, as that of any order that failed.
    assert_eq!(shop.order(1, 2, CARD), Err(OrderError::NotWritten));
    assert!(shop.order(2, 3, CARD).is_ok());
    let books = shop.close();
    assert_eq!(sold(&books), 3);
    assert_eq!(books.till.lock().orders().count(), 1);
}

#[test]
fn a_shop_that_closes_in_the_middle_of_the_trouble_has_everything_written_down() {
    let shop = OneCustomer::with_funds(RICH, &CARRIERS);
    assert!(shop.order(1, 2, CARD).is_ok());
    for pool in ["orders", "catalogue", "audit"] {
        shop.weather.begin(wrong(pool, Trouble::Lost));
    }
    for order in 2..10 {
        assert_eq!(shop.order(order, 2, CARD), Err(OrderError::NotWritten));
    }
    shop.close();
}

#[test]
fn prices_are_known_without_the_catalogue() {
    let shop = OneCustomer::with_funds(RICH, &CARRIERS);
    let dear = shop.order(1, 1, CARD).unwrap().total;
    for trouble in [Trouble::Lost, Trouble::Down] {
        shop.weather.begin(wrong("catalogue", trouble));
    }
    assert_eq!(shop.order(2, 1, CARD).unwrap().total, dear);
    shop.close();
}

#[test]
fn whatever_goes_wrong_while_many_order_the_journal_agrees_with_the_book() {
    let troubles = [
        Trouble::Lost,
        Trouble::Slow(Duration::from_millis(100)),
        Trouble::Down,
    ];
    let shop = OneCustomer::with_funds(RICH, &CARRIERS);
    let next = AtomicU64::new(1);
    let (confirmed, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let order @ ..=60 = next.fetch_add(1, Relaxed) {
                    // A new fault every tenth order, and an end to it five orders later.
                    let fault = wrong("orders", troubles[(order / 10) as usize % 3]);
                    match order % 10 {
                        0 => shop.weather.begin(fault),
                        5 => _ = shop.weather.end(&fault),
                        _ => {}
                    }
                    let counter = match shop.order(order, 1, CARD) {
                        Ok(_) => &confirmed,
                        Err(_) => &refused,
                    };
                    counter.fetch_add(1, Relaxed);
                }
            });
        }
    });
    let (confirmed, refused) = (confirmed.into_inner(), refused.into_inner());
    assert_eq!(confirmed + refused, 60);
    assert!(confirmed > 0 && refused > 0, "{confirmed} and {refused}");
    let books = shop.close();
    assert_eq!(u64::from(sold(&books)), confirmed);
}
