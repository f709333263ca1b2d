//! An order that cannot be paid waits, and ends exactly once, whatever gets lost on the way.

mod small_shop;

use core::time::Duration;
use std::time::Instant;

use small_shop::{Line::Dead, Line::Fine, Line::Mute, SmallShop};
use ttlog_complex::protocol::order::{OrderError, Placed};

#[test]
fn an_order_waits_while_payment_is_away_and_is_carried_out_when_it_is_back() {
    let shop = SmallShop::open(1);
    shop.payment.set(Dead);
    assert_eq!(shop.order(1), Ok(Placed::Queued));
    assert_eq!(shop.status(1), Some(Ok(Placed::Queued)));
    assert_eq!(shop.order(1), Ok(Placed::Queued), "sent again");
    shop.payment.set(Fine);
    let confirmed = shop.wait_for(1);
    assert!(
        matches!(confirmed, Ok(Placed::Confirmed(_))),
        "{confirmed:?}"
    );
    assert_eq!(shop.order(1), confirmed, "sent again");
    let ends = shop.close();
    assert_eq!((ends.paid, ends.queue.carried_out), (1, 1));
}

#[test]
fn an_order_that_was_paid_without_a_word_is_not_paid_again() {
    let shop = SmallShop::open(1);
    shop.payment.set(Mute);
    assert_eq!(shop.order(1), Ok(Placed::Queued));
    shop.payment.set(Fine);
    let ends = shop.close();
    assert_eq!((ends.paid, ends.confirmed), (1, 1));
}

#[test]
fn an_order_that_waits_is_carried_out_when_the_shop_closes() {
    let shop = SmallShop::open(1);
    shop.payment.set(Dead);
    for order in 1..=20 {
        assert_eq!(shop.order(order), Ok(Placed::Queued));
    }
    shop.payment.set(Fine);
    let ends = shop.close();
    assert_eq!((ends.confirmed, ends.queue.waiting), (20, 0));
}

#[test]
fn an_order_that_waits_in_vain_is_given_up_when_the_shop_closes_and_its_goods_go_back() {
    let shop = SmallShop::open(1);
    shop.payment.set(Dead);
    for order in 1..=3 {
        assert_eq!(shop.order(order), Ok(Placed::Queued));
    }
    let closing = Instant::now();
    let ends = shop.close();
    assert!(closing.elapsed() < Duration::from_secs(2));
    assert_eq!((ends.confirmed, ends.paid, ends.queue.given_up), (0, 0, 3));
    assert_eq!(ends.failed, [OrderError::GivenUp; 3]);
    // Nobody heard that the money should go back; here none was taken, but that is luck.
    assert_eq!(ends.queue.stuck, 3);
}

#[test]
fn a_step_back_that_fails_is_taken_later() {
    let shop = SmallShop::open(1);
    shop.shipping.set(Mute);
    shop.inventory.set_for_releases(Dead);
    let failed = shop.order(1);
    assert!(matches!(failed, Err(OrderError::Unavailable(_))));
    shop.shipping.set(Fine);
    shop.inventory.set_for_releases(Fine);
    let ends = shop.close();
    assert_eq!((ends.confirmed, ends.paid, ends.queue.stuck), (0, 0, 0));
    assert!(ends.queue.undone > 0);
}

#[test]
fn an_order_whose_instance_died_over_it_is_undone() {
    let shop = SmallShop::open(1);
    shop.die_over(7);
    let ends = shop.close();
    assert_eq!(ends.failed, [OrderError::Interrupted]);
}

#[test]
fn whatever_gets_lost_every_order_ends_once_and_wholly() {
    let mut queued = 0;
    for seed in 0..8 {
        let shop = SmallShop::open(seed);
        for line in [&shop.payment, &shop.inventory, &shop.shipping] {
            line.set_flaky(true);
        }
        for order in 0..40 {
            let _ = shop.order(order);
            if order % 7 == 0 {
                let _ = shop.order(order);
            }
        }
        for line in [&shop.payment, &shop.inventory, &shop.shipping] {
            line.set_flaky(false);
        }
        let ends = shop.close();
        assert_eq!(ends.confirmed + ends.failed.len(), 40, "seed {seed}");
        assert_eq!(ends.queue.stuck, 0, "seed {seed}");
        queued += ends.queue.queued;
    }
    assert!(queued > 4, "{queued}");
}
