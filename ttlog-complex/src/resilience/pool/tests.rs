//! The pool over connections that are only numbers, on a clock that stands still.

use core::sync::atomic::{AtomicBool, AtomicU32};
use std::{panic, thread};

use super::*;

const NO_WAIT: Duration = Duration::ZERO;
/// Longer than any test takes.
const PATIENT: Duration = Duration::from_secs(60);

/// Connections numbered from 1, open and sound unless said otherwise.
#[derive(Clone, Default)]
struct Fake {
    opened: Arc<AtomicU32>,
    down: Arc<AtomicBool>,
    sick: Arc<AtomicBool>,
}

impl Connect for Fake {
    type Connection = u32;
    type Error = &'static str;

    fn connect(&self) -> Result<u32, &'static str> {
        if self.down.load(Relaxed) {
            return Err("down");
        }
        Ok(self.opened.fetch_add(1, Relaxed) + 1)
    }

    fn is_sound(&self, _: &mut u32) -> bool {
        !self.sick.load(Relaxed)
    }
}

/// A pool of two, with the switches of its connections and its clock.
fn two() -> (Pool<Fake>, Fake, Clock) {
    let (fake, clock) = (Fake::default(), Clock::manual());
    let settings = Settings {
        name: "two",
        size: 2,
        check_after: Duration::from_secs(1),
        slow_after: Duration::from_millis(100),
    };
    (
        Pool::new(settings, fake.clone(), clock.clone()),
        fake,
        clock,
    )
}

#[test]
fn a_lease_is_returned_on_drop_and_lent_out_again() {
    let (pool, ..) = two();
    for _ in 0..3 {
        assert_eq!(*pool.lease(NO_WAIT).unwrap(), 1);
    }
    let Reading {
        idle,
        leased,
        leases,
        opened,
        ..
    } = pool.reading();
    assert_eq!((idle, leased, leases, opened), (1, 0, 3, 1));
}

#[test]
fn there_are_never_more_connections_than_places() {
    let (pool, ..) = two();
    let _held = [pool.lease(NO_WAIT).unwrap(), pool.lease(NO_WAIT).unwrap()];
    let exhausted = Exhausted {
        pool: "two",
        limit: NO_WAIT,
        refused: None,
    };
    assert_eq!(pool.lease(NO_WAIT).err(), Some(exhausted));
    let reading = pool.reading();
    assert_eq!((reading.leased, reading.exhausted), (2, 1));
    assert_eq!((reading.waiting, reading.opened), (0, 2));
}

#[test]
fn whoever_waits_gets_what_is_returned() {
    let (pool, ..) = two();
    let held = [pool.lease(NO_WAIT).unwrap(), pool.lease(NO_WAIT).unwrap()];
    thread::scope(|scope| {
        let waiting = scope.spawn(|| *pool.lease(PATIENT).unwrap());
        while pool.reading().waiting == 0 {
            thread::yield_now();
        }
        drop(held);
        assert!([1, 2].contains(&waiting.join().unwrap()));
    });
}

#[test]
fn whoever_waits_gets_the_place_of_one_that_broke() {
    let (pool, ..) = two();
    let [first, _second] = [pool.lease(NO_WAIT).unwrap(), pool.lease(NO_WAIT).unwrap()];
    thread::scope(|scope| {
        let waiting = scope.spawn(|| *pool.lease(PATIENT).unwrap());
        while pool.reading().waiting == 0 {
            thread::yield_now();
        }
        first.discard();
        assert_eq!(waiting.join().unwrap(), 3);
    });
    assert_eq!(pool.reading().lost, 1);
}

#[test]
fn a_connection_that_broke_is_replaced() {
    let (pool, ..) = two();
    pool.lease(NO_WAIT).unwrap().discard();
    assert_eq!((pool.reading().lost, pool.reading().idle), (1, 0));
    assert_eq!(*pool.lease(NO_WAIT).unwrap(), 2);
}

#[test]
fn a_panic_costs_the_connection_but_not_its_place() {
    let (pool, ..) = two();
    for _ in 0..3 {
        let pool = pool.clone();
        let panicked = thread::spawn(move || {
            let _lease = pool.lease(NO_WAIT).unwrap();
            // Unlike a panic it is not printed.
            panic::resume_unwind(Box::new(()));
        });
        assert!(panicked.join().is_err());
    }
    assert_eq!(pool.reading().lost, 3);
    let _both = [pool.lease(NO_WAIT).unwrap(), pool.lease(NO_WAIT).unwrap()];
}

#[test]
fn a_database_that_is_down_costs_no_place() {
    let (pool, fake, _) = two();
    fake.down.store(true, Relaxed);
    for _ in 0..5 {
        let refused = pool.lease(NO_WAIT).err().unwrap().refused;
        assert_eq!(refused.as_deref(), Some("down"));
    }
    fake.down.store(false, Relaxed);
    let _both = [pool.lease(NO_WAIT).unwrap(), pool.lease(NO_WAIT).unwrap()];
    let reading = pool.reading();
    assert_eq!((reading.refused, reading.exhausted), (5, 5));
}

#[test]
fn whoever_waits_is_served_when_the_database_comes_back() {
    let (pool, fake, _) = two();
    fake.down.store(true, Relaxed);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| *pool.lease(PATIENT).unwrap());
        while pool.reading().refused < 2 {
            thread::yield_now();
        }
        fake.down.store(false, Relaxed);
        assert_eq!(waiting.join().unwrap(), 1);
    });
}

#[test]
fn a_connection_is_checked_when_it_was_idle_for_long_and_not_before() {
    let (pool, fake, clock) = two();
    drop(pool.lease(NO_WAIT).unwrap());
    fake.sick.store(true, Relaxed);
    assert_eq!(*pool.lease(NO_WAIT).unwrap(), 1);
    clock.pause(Duration::from_secs(1));
    assert_eq!(*pool.lease(NO_WAIT).unwrap(), 2);
    assert_eq!(pool.reading().unhealthy, 1);
}

#[test]
fn a_check_drops_what_is_not_sound_and_keeps_the_rest() {
    let (pool, fake, clock) = two();
    drop([pool.lease(NO_WAIT).unwrap(), pool.lease(NO_WAIT).unwrap()]);
    clock.pause(Duration::from_secs(1));
    pool.check();
    assert_eq!((pool.reading().idle, pool.reading().unhealthy), (2, 0));

    // What was found to be sound a moment ago is not asked again.
    fake.sick.store(true, Relaxed);
    pool.check();
    assert_eq!(pool.reading().idle, 2);
    clock.pause(Duration::from_secs(1));
    pool.check();
    assert_eq!((pool.reading().idle, pool.reading().unhealthy), (0, 2));
}

#[test]
fn a_lease_that_lasts_is_counted_as_slow() {
    let (pool, _, clock) = two();
    for (held, slow) in [(99, 0), (100, 1), (0, 1), (250, 2)] {
        let lease = pool.lease(NO_WAIT).unwrap();
        clock.pause(Duration::from_millis(held));
        drop(lease);
        assert_eq!(pool.reading().slow, slow, "{held} ms");
    }
}

#[test]
fn many_threads_share_few_connections_and_all_come_back() {
    let (pool, ..) = two();
    thread::scope(|scope| {
        for thread in 0..8_u32 {
            let pool = &pool;
            scope.spawn(move || {
                for round in 0..200 {
                    let lease = pool.lease(PATIENT).unwrap();
                    assert!(pool.reading().leased <= 2);
                    if (thread + round) % 17 == 0 {
                        lease.discard();
                    }
                }
            });
        }
    });
    let reading = pool.reading();
    assert_eq!((reading.leased, reading.waiting), (0, 0));
    assert_eq!((reading.leases, reading.exhausted), (1_600, 0));
    assert_eq!(reading.opened - reading.lost, reading.idle as u64);
}
