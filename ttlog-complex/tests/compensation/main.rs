//! An order is carried out wholly or not at all, wherever it fails.

mod databases;
mod one_customer;

use core::time::Duration;
use std::time::Instant;

use one_customer::{CARD, OneCustomer, SLOW_CARD, sold};
use ttlog_complex::{
    bus::Cause,
    chaos::{Fault, Weather, schedule::SERVICES},
    money::Cents,
    protocol::{
        inventory::ReserveError,
        order::{OrderError, Placed},
        payment::ChargeError,
        shipping::{DispatchError, Region},
    },
    services::{
        order::queue::QueueReading,
        shipping::depot::{CARRIERS, Carrier},
    },
};

const RICH: Cents = Cents(100_000_000);

#[test]
fn an_order_that_goes_well_is_paid_and_sent() {
    let shop = OneCustomer::with_funds(RICH, &CARRIERS);
    let receipt = shop.order(1, 2, CARD).unwrap();
    let books = shop.close();
    assert_eq!(sold(&books), 2);
    assert_eq!(books.bank.lock().shop_account(), receipt.total);
}

#[test]
fn goods_and_money_go_back_when_nobody_carries_the_parcel() {
    let shop = OneCustomer::with_funds(RICH, &[]);
    let refused = OrderError::NotShipped(DispatchError::NoCarrier(Region::Mainland));
    assert_eq!(shop.order(1, 2, CARD), Err(refused));
    let books = shop.close();
    assert_eq!(sold(&books), 0);
    assert_eq!(books.bank.lock().shop_account(), Cents::ZERO);
    let till = books.till.lock();
    assert!(till.paid() > Cents::ZERO);
    assert_eq!(till.refunded(), till.paid());
}

#[test]
fn goods_go_back_when_the_customer_cannot_pay() {
    let shop = OneCustomer::with_funds(Cents(1), &CARRIERS);
    let refused = OrderError::NotPaid(ChargeError::InsufficientFunds);
    assert_eq!(shop.order(1, 2, CARD), Err(refused));
    let books = shop.close();
    assert_eq!(sold(&books), 0);
    assert_eq!(books.till.lock().paid(), Cents::ZERO);
}

#[test]
fn money_goes_back_that_the_bank_took_without_saying_so_in_time() {
    let shop = OneCustomer::with_funds(RICH, &CARRIERS);
    let answers = (1..100).map(|order| shop.order(order, 1, SLOW_CARD));
    let timed_out = Err(OrderError::NotPaid(ChargeError::GatewayTimeout));
    assert!(answers.into_iter().any(|answer| answer == timed_out));
    // Closing finds the bank's account of the shop equal to the till's.
    shop.close();
}

#[test]
fn nothing_is_charged_for_goods_that_are_not_there() {
    let shop = OneCustomer::with_funds(RICH, &CARRIERS);
    let refused = shop.order(1, 100_000, CARD);
    assert!(matches!(
        refused,
        Err(OrderError::NoGoods(ReserveError::OutOfStock { .. }))
    ));
    assert_eq!(shop.close().till.lock().paid(), Cents::ZERO);
}

#[test]
fn an_order_sent_twice_is_carried_out_once() {
    let shop = OneCustomer::with_funds(RICH, &CARRIERS);
    let receipt = shop.order(1, 2, CARD).unwrap();
    assert_eq!(shop.order(1, 2, CARD), Ok(receipt));
    let books = shop.close();
    assert_eq!(sold(&books), 2);
    assert_eq!(books.till.lock().paid(), receipt.total);
}

#[test]
fn a_carrier_that_is_full_fails_the_next_order_only() {
    let one_parcel = [Carrier::new("Cart", Region::Mainland, 1, 1)];
    let shop = OneCustomer::with_funds(RICH, &one_parcel);
    assert!(shop.order(1, 2, CARD).is_ok());
    assert!(shop.order(2, 3, CARD).is_err());
    assert_eq!(sold(&shop.close()), 2);
}

#[test]
fn an_instance_that_crashes_takes_nothing_with_it_whichever_service_it_is_of() {
    for service in SERVICES {
        let weather = Weather::default();
        let shop = OneCustomer::in_weather(weather.clone(), RICH, &CARRIERS);
        assert!(shop.order(1, 1, CARD).is_ok());
        weather.begin(Fault::Crash {
            service: service.into(),
        });
        let struck = shop.order_somehow(2).is_some_and(|answer| answer.is_ok());
        assert!(shop.finds("lamp"), "{service}: a search is tried again");
        let after = (3..6).filter(|&order| matches!(shop.order_somehow(order), Some(Ok(_))));
        let sold_after = after.count() as u32;
        let closed = shop.close_and_tell();
        assert_eq!(weather.faults(), [], "{service} was used, and struck");
        assert_eq!(closed.crashes.injected, 1, "{service}");
        assert_eq!(closed.crashes.restarted, 1, "{service}");
        assert_eq!(sold_after, 3, "{service}: all is well again");
        assert_eq!(sold(&closed.books), 1 + u32::from(struck) + 3, "{service}");
        let letters = closed.dead_letters.lock();
        assert_eq!(letters.counts()[&(service, Cause::Crashed)], 1, "{service}");
    }
}

#[test]
fn orders_wait_while_payment_is_cut_off_and_are_carried_out_or_given_up() {
    for (back_in_time, orders, stuck) in [(true, 12, 0), (false, 3, 3)] {
        let weather = Weather::default();
        let shop = OneCustomer::in_weather(weather.clone(), RICH, &CARRIERS);
        let partition = Fault::Partition {
            one: "order".into(),
            other: "payment".into(),
        };
        weather.begin(partition.clone());
        for order in 1..=orders {
            assert_eq!(shop.order_somehow(order), Some(Ok(Placed::Queued)));
        }
        if back_in_time {
            weather.end(&partition);
        }
        let closing = Instant::now();
        let closed = shop.close_leaving(stuck);
        assert!(closing.elapsed() < Duration::from_secs(2));
        let QueueReading {
            carried_out,
            given_up,
            ..
        } = closed.backroom.queue;
        if back_in_time {
            assert_eq!((carried_out, given_up), (orders, 0));
            let opened = closed.breakers.iter().find(|it| it.opened > 0).unwrap();
            assert_eq!((opened.caller, opened.callee), ("order", "payment"));
        } else {
            assert_eq!((carried_out, given_up), (0, orders));
        }
    }
}
