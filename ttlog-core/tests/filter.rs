//! The filter, changed while the program runs.

mod support;

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
};

use ttlog_core::{Callsite, CallsiteKind, FILTER_MAX_BYTES, FilterError, Level, Ring, set_filter};

use support::{fields, info, install, log, snapshot, statement};

/// The lane's ring, for one test at a time, with nothing filtered out.
fn lane() -> MutexGuard<'static, Ring<'static>> {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    static RING: LazyLock<Mutex<Ring<'static>>> =
        LazyLock::new(|| Mutex::new(install(|| TICKS.fetch_add(1, Ordering::Relaxed), 16, 1024)));
    let ring = RING.lock().unwrap_or_else(PoisonError::into_inner);
    set_filter("").unwrap();
    ring
}

/// A log statement of a level.
fn at(level: Level, target: &'static str) -> &'static Callsite {
    statement(CallsiteKind::Event, level, target, "an event", &[])
}

/// Which of these log statements log.
fn enabled<const N: usize>(callsites: [&'static Callsite; N]) -> [bool; N] {
    callsites.map(|callsite| log(callsite, fields!()))
}

/// Events of a level that were recorded or should have been.
fn recorded(ring: &Ring<'_>, level: Level) -> u64 {
    snapshot(ring).1.recorded()[level as usize]
}

#[test]
fn without_a_filter_everything_is_logged() {
    let _ring = lane();
    assert_eq!(
        enabled(Level::ALL.map(|level| at(level, "unfiltered"))),
        [true; Level::COUNT]
    );
}

#[test]
fn a_callsite_in_use_is_switched_off_and_on() {
    let _ring = lane();
    let callsite = info("switched", "an event", &[]);
    let seen = ["warn", "info", "off", "switched=info", ""].map(|filter| {
        set_filter(filter).unwrap();
        log(callsite, fields!())
    });
    assert_eq!(seen, [false, true, false, true, true]);
}

#[test]
fn a_callsite_not_yet_used_begins_as_the_filter_says() {
    let _ring = lane();
    set_filter("off,later=info").unwrap();
    assert_eq!(
        enabled([
            info("later", "an event", &[]),
            info("never", "an event", &[])
        ]),
        [true, false]
    );
}

#[test]
fn a_callsite_that_was_off_at_its_first_use_can_be_switched_on() {
    let _ring = lane();
    set_filter("off").unwrap();
    let callsite = info("woken", "an event", &[]);
    log(callsite, fields!());
    set_filter("").unwrap();
    assert!(log(callsite, fields!()));
}

#[test]
fn an_event_that_is_filtered_out_is_not_recorded() {
    let ring = lane();
    let callsite = at(Level::Fatal, "out");
    set_filter("off").unwrap();
    let before = recorded(&ring, Level::Fatal);
    log(callsite, fields!());
    assert_eq!(recorded(&ring, Level::Fatal), before);
}

#[test]
fn each_target_has_its_level() {
    let _ring = lane();
    set_filter("warn,shop::order=debug,shop=off,shop::order::saga=error").unwrap();
    let targets = [
        "main",
        "shop",
        "shop::user",
        "shop::order",
        "shop::order::saga",
        "shop::orders",
    ];
    // From which level on, as a number.
    let from = targets.map(|target| {
        let levels = Level::ALL.map(|level| at(level, target));
        enabled(levels).iter().position(|enabled| *enabled)
    });
    assert_eq!(from, [Some(3), None, None, Some(1), Some(4), None]);
}

#[test]
fn a_filter_that_is_not_understood_changes_nothing() {
    let _ring = lane();
    let callsite = info("kept", "an event", &[]);
    set_filter("off").unwrap();
    assert_eq!(
        set_filter("info,kept=loud"),
        Err(FilterError::Level { offset: 5 })
    );
    assert!(!log(callsite, fields!()));
}

#[test]
fn the_longest_filter_is_understood_to_its_end() {
    let _ring = lane();
    let end = "off,last=info";
    let filter = " ".repeat(FILTER_MAX_BYTES - end.len()) + end;
    set_filter(&filter).unwrap();
    assert_eq!(
        enabled([
            info("last", "an event", &[]),
            info("first", "an event", &[])
        ]),
        [true, false]
    );
}

#[test]
fn a_longer_filter_is_refused() {
    let _ring = lane();
    let bytes = FILTER_MAX_BYTES + 1;
    assert_eq!(
        set_filter(&" ".repeat(bytes)),
        Err(FilterError::TooLong { bytes })
    );
}

/// Runs `work` on four threads, with a number for each, while the filter changes to and fro.
fn while_the_filter_changes(filters: &[&str], work: impl Fn(u64) + Sync) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let (work, done) = (&work, &done);
        let workers: Vec<_> = (0..4)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        scope.spawn(move || {
            while !done.load(Ordering::Relaxed) {
                filters
                    .iter()
                    .for_each(|filter| set_filter(filter).unwrap());
            }
        });
        let ended: Vec<_> = workers
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        done.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok));
    });
}

/// Two filters with hardly a byte in common, both with `steady` on and `quiet` off.
const BOTH_STEADY: [&str; 2] = [
    "off,steady=info,toggled=info",
    "steady=warn,toggled=off,another::module=error,warn,quiet=off,steady=trace",
];

#[test]
fn no_event_of_a_target_that_stays_on_is_lost_while_the_filter_changes() {
    const EVENTS: u64 = 20_000;
    let ring = lane();
    let (steady, toggled) = (at(Level::Fatal, "steady"), at(Level::Info, "toggled"));
    set_filter(BOTH_STEADY[0]).unwrap();
    let before = recorded(&ring, Level::Fatal);
    while_the_filter_changes(&BOTH_STEADY, |_| {
        for _ in 0..EVENTS {
            log(steady, fields!());
            log(toggled, fields!());
        }
    });
    assert_eq!(recorded(&ring, Level::Fatal) - before, 4 * EVENTS);
}

#[test]
fn a_target_that_is_switched_on_and_off_is_logged_as_often_as_it_was_on() {
    let ring = lane();
    let toggled = at(Level::Error, "toggled");
    let (before, on) = (recorded(&ring, Level::Error), AtomicU64::new(0));
    while_the_filter_changes(&BOTH_STEADY, |_| {
        for _ in 0..5000 {
            on.fetch_add(log(toggled, fields!()).into(), Ordering::Relaxed);
        }
    });
    assert_eq!(recorded(&ring, Level::Error) - before, on.into_inner());
}

/// How many first uses, by two threads at once, of new callsites of a target were not answered
/// with `expected` while the filter changed.
fn wrong_first_uses(target: &'static str, expected: bool) -> u64 {
    let callsites: Vec<_> = (0..4000).map(|_| at(Level::Info, target)).collect();
    let wrong = AtomicU64::new(0);
    while_the_filter_changes(&BOTH_STEADY, |thread| {
        let (front, back) = callsites.split_at(callsites.len() / 2);
        for callsite in if thread < 2 { front } else { back } {
            for _ in 0..3 {
                wrong.fetch_add(
                    (log(callsite, fields!()) != expected).into(),
                    Ordering::Relaxed,
                );
            }
        }
    });
    wrong.into_inner()
}

#[test]
fn no_event_of_a_callsite_first_used_while_the_filter_changes_is_lost() {
    let _ring = lane();
    set_filter(BOTH_STEADY[0]).unwrap();
    assert_eq!(wrong_first_uses("steady", true), 0);
}

#[test]
fn no_event_of_a_callsite_first_used_while_the_filter_changes_gets_through() {
    let _ring = lane();
    set_filter(BOTH_STEADY[0]).unwrap();
    assert_eq!(wrong_first_uses("quiet", false), 0);
}

#[test]
fn callsites_first_used_while_the_filter_changes_follow_the_last_filter() {
    let _ring = lane();
    let callsites: Vec<_> = (0..2000)
        .map(|_| info("toggled", "an event", &[]))
        .collect();
    while_the_filter_changes(&BOTH_STEADY, |_| {
        for callsite in &callsites {
            log(callsite, fields!());
        }
    });
    set_filter(BOTH_STEADY[1]).unwrap();
    assert_eq!(
        callsites
            .iter()
            .filter(|callsite| log(callsite, fields!()))
            .count(),
        0
    );
}

#[test]
fn filters_set_by_two_threads_at_once_leave_one_of_them() {
    let _ring = lane();
    let callsites: Vec<_> = (0..500).map(|_| info("either", "an event", &[])).collect();
    callsites
        .iter()
        .for_each(|callsite| assert!(log(callsite, fields!())));
    for _ in 0..50 {
        thread::scope(|scope| {
            for filter in ["off", "either=info"] {
                scope.spawn(move || while set_filter(filter) == Err(FilterError::Busy) {});
            }
        });
        let on = callsites
            .iter()
            .filter(|callsite| log(callsite, fields!()))
            .count();
        assert!(on == 0 || on == callsites.len(), "{on} are on");
    }
}
