//! The whole shop at work while one thing after the other goes wrong, and its books afterwards.

use core::time::Duration;
use std::{env, thread};

use crossbeam_channel::bounded;
use ttlog_complex::{
    bank::Bank,
    bus::Cause,
    catalogue::Catalogue,
    chaos::{Fault, Weather},
    checks,
    clock::Clock,
    database::Databases,
    load::{Load, day::Day, population::Population, pulse::Pulse},
    resilience::balancer::Balance,
    security::{Door, sentry::Sentry},
    services::{shipping::depot::CARRIERS, user::password::PasswordHasher},
    shared::Shared,
    shop::{Closed, Opening, Shop},
    snapshots::Snapshots,
};

/// Lets customers in for a while, does something to the weather meanwhile, and closes.
fn open_in(balance: Balance, storm: impl FnOnce(&Weather) + Send) -> Closed {
    let (seed, weather) = (1, Weather::default());
    let population = Population::seeded(seed);
    let (clock, snapshots) = (Clock::real(), Snapshots::default());
    let databases = Databases::open(&env::temp_dir(), &weather, &clock, &snapshots).unwrap();
    let shop = Shop::open(Opening {
        seed,
        hasher: PasswordHasher { rounds: 1 },
        catalogue: Catalogue::seeded(seed),
        carriers: CARRIERS.into(),
        bank: Shared::new(Bank::open(seed, population.cards().iter().copied())),
        databases,
        clock: clock.clone(),
        snapshots: snapshots.clone(),
        weather: weather.clone(),
        balance,
    })
    .unwrap();
    let load = Load {
        seed,
        rate: 100.0,
        duration: Duration::from_secs(60),
        // So long that it is always the same hour.
        day: Day::of(Duration::from_secs(1_000_000)),
        pulse: Pulse::default(),
        snapshots: snapshots.clone(),
    };
    let door = Door::new(shop.front(), Sentry::new(clock, snapshots));
    let (stop, stopped) = bounded(1);
    thread::scope(|scope| {
        scope.spawn(move || {
            storm(&weather);
            stop.send(()).unwrap();
        });
        load.run(&door, &population, &stopped).unwrap();
    });
    drop(door);
    let closed = shop.close();
    for check in checks::books::check(&closed.books, &closed.backroom.queue) {
        assert!(check.passed, "{check:?}");
    }
    assert_eq!(closed.panicked, [""; 0]);
    closed
}

fn pass(ms: u64) {
    thread::sleep(Duration::from_millis(ms));
}

fn deaths(closed: &Closed, cause: Cause) -> u64 {
    let letters = closed.dead_letters.lock();
    let counts = letters.counts().iter();
    counts
        .filter(|((_, it), _)| *it == cause)
        .map(|(_, count)| count)
        .sum()
}

#[test]
fn crash_after_crash_nothing_is_lost_or_doubled() {
    for balance in [
        Balance::RoundRobin,
        Balance::TwoChoices,
        Balance::LeastLoaded,
    ] {
        let closed = open_in(balance, |weather| {
            for round in 0..12 {
                for service in ["order", "payment", "inventory", "shipping", "user"] {
                    weather.begin(Fault::Crash {
                        service: service.into(),
                    });
                }
                pass(if round == 0 { 300 } else { 50 });
            }
        });
        let crashes = closed.crashes.injected;
        assert!(crashes > 5, "{crashes}");
        assert_eq!(closed.crashes.restarted, crashes);
        assert_eq!(deaths(&closed, Cause::Crashed), crashes);
    }
}

#[test]
fn a_partition_in_the_middle_of_orders_is_undone_and_opens_a_breaker() {
    let closed = open_in(Balance::default(), |weather| {
        pass(300);
        let (one, other) = ("order".into(), "payment".into());
        let partition = Fault::Partition { one, other };
        weather.begin(partition.clone());
        pass(1_000);
        weather.end(&partition);
        pass(1_500);
    });
    assert!(deaths(&closed, Cause::Partition) > 0);
    let mut breakers = closed.breakers.iter();
    let reading = breakers.find(|it| (it.caller, it.callee) == ("order", "payment"));
    let reading = reading.unwrap();
    assert!(reading.opened > 0, "{reading:?}");
    assert!(closed.books.till.lock().paid() > ttlog_complex::money::Cents::ZERO);
}

#[test]
fn a_service_that_is_slow_for_a_while_makes_calls_late_and_no_more() {
    let closed = open_in(Balance::default(), |weather| {
        pass(300);
        let latency = Fault::Latency {
            service: "product".into(),
            by: Duration::from_millis(300),
        };
        weather.begin(latency.clone());
        pass(1_000);
        weather.end(&latency);
        pass(1_000);
    });
    assert!(deaths(&closed, Cause::Late) > 0);
    let product = closed
        .meters
        .iter()
        .find(|(name, _)| *name == "product")
        .unwrap();
    let reading = product.1.read();
    assert!(reading.max >= Duration::from_millis(300), "{reading:?}");
}
