//! The filter, also if it changes while the program records.

mod support;

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
};

use ttlog_core::{
    Callsite, CallsiteKind, FILTER_MAX_BYTES, FilterError, Level, Ring, fields, filter_in_force,
    set_filter,
};

use support::{info, install, log, snapshot, statement};

/// Locks the lane's ring, and sets the empty filter.
fn lane() -> MutexGuard<'static, Ring<'static>> {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    static RING: LazyLock<Mutex<Ring<'static>>> =
        LazyLock::new(|| Mutex::new(install(|| TICKS.fetch_add(1, Ordering::Relaxed), 16, 1024)));
    let ring = RING.lock().unwrap_or_else(PoisonError::into_inner);
    set_filter("").unwrap();
    ring
}

/// Makes a callsite of a level.
fn at(level: Level, target: &'static str) -> &'static Callsite {
    statement(CallsiteKind::Event, level, target, "an event", &[])
}

/// Returns which of these callsites are enabled.
fn enabled<const N: usize>(callsites: [&'static Callsite; N]) -> [bool; N] {
    callsites.map(|callsite| log(callsite, fields![]))
}

/// Returns the number of events of a level that were recorded or dropped.
fn recorded(ring: &Ring<'_>, level: Level) -> u64 {
    snapshot(ring).1.recorded()[level as usize]
}

#[test]
fn without_a_filter_all_levels_are_recorded() {
    let _ring = lane();
    assert_eq!(
        enabled(Level::ALL.map(|level| at(level, "unfiltered"))),
        [true; Level::COUNT]
    );
}

#[test]
fn a_filter_disables_and_enables_a_callsite_in_use() {
    let _ring = lane();
    let callsite = info("switched", "an event", &[]);
    let seen = ["warn", "info", "off", "switched=info", ""].map(|filter| {
        set_filter(filter).unwrap();
        log(callsite, fields![])
    });
    assert_eq!(seen, [false, true, false, true, true]);
}

#[test]
fn a_filter_holds_for_callsites_that_are_used_later() {
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
fn a_callsite_that_was_disabled_at_its_first_use_can_be_enabled() {
    let _ring = lane();
    set_filter("off").unwrap();
    let callsite = info("woken", "an event", &[]);
    log(callsite, fields![]);
    set_filter("").unwrap();
    assert!(log(callsite, fields![]));
}

#[test]
fn an_event_of_a_disabled_callsite_is_not_recorded() {
    let ring = lane();
    let callsite = at(Level::Fatal, "out");
    set_filter("off").unwrap();
    let before = recorded(&ring, Level::Fatal);
    log(callsite, fields![]);
    assert_eq!(recorded(&ring, Level::Fatal), before);
}

#[test]
fn each_target_has_its_minimum_level() {
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
    // The number of the lowest level that is enabled.
    let from = targets.map(|target| {
        let levels = Level::ALL.map(|level| at(level, target));
        enabled(levels).iter().position(|enabled| *enabled)
    });
    assert_eq!(from, [Some(3), None, None, Some(1), Some(4), None]);
}

#[test]
fn an_invalid_filter_changes_nothing() {
    let _ring = lane();
    let callsite = info("kept", "an event", &[]);
    set_filter("off").unwrap();
    assert_eq!(
        set_filter("info,kept=loud"),
        Err(FilterError::Level { offset: 5 })
    );
    assert!(!log(callsite, fields![]));
}

#[test]
fn a_filter_of_the_maximum_length_is_read_to_its_end() {
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
fn a_longer_filter_is_an_error() {
    let _ring = lane();
    let bytes = FILTER_MAX_BYTES + 1;
    assert_eq!(
        set_filter(&" ".repeat(bytes)),
        Err(FilterError::TooLong { bytes })
    );
}

/// Returns the filter in force.
fn in_force() -> String {
    filter_in_force(&mut [0; FILTER_MAX_BYTES]).into()
}

#[test]
fn the_filter_in_force_is_the_last_one_that_was_set() {
    let _ring = lane();
    let longest = " ".repeat(FILTER_MAX_BYTES - 4) + "warn";
    for filter in ["info,größe=off", "", &longest, "off"] {
        set_filter(filter).unwrap();
        assert_eq!(in_force(), filter);
    }
    set_filter("info,kept=loud").unwrap_err();
    assert_eq!(in_force(), "off");
}

#[test]
fn the_filter_in_force_is_never_a_mixture_of_two() {
    let _ring = lane();
    set_filter(BOTH_STEADY[0]).unwrap();
    while_the_filter_changes(&BOTH_STEADY, |_| {
        for _ in 0..5000 {
            let filter = in_force();
            assert!(BOTH_STEADY.contains(&&*filter), "{filter}");
        }
    });
}

/// Runs `work` on four threads, with the number of the thread, while the filter changes.
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

/// Two filters of different texts. Both enable `steady` and disable `quiet`.
const BOTH_STEADY: [&str; 2] = [
    "off,steady=info,toggled=info",
    "steady=warn,toggled=off,another::module=error,warn,quiet=off,steady=trace",
];

#[test]
fn no_event_of_an_enabled_target_is_lost_while_the_filter_changes() {
    const EVENTS: u64 = 20_000;
    let ring = lane();
    let (steady, toggled) = (at(Level::Fatal, "steady"), at(Level::Info, "toggled"));
    set_filter(BOTH_STEADY[0]).unwrap();
    let before = recorded(&ring, Level::Fatal);
    while_the_filter_changes(&BOTH_STEADY, |_| {
        for _ in 0..EVENTS {
            log(steady, fields![]);
            log(toggled, fields![]);
        }
    });
    assert_eq!(recorded(&ring, Level::Fatal) - before, 4 * EVENTS);
}

#[test]
fn an_event_is_recorded_exactly_if_its_callsite_was_enabled() {
    let ring = lane();
    let toggled = at(Level::Error, "toggled");
    let (before, on) = (recorded(&ring, Level::Error), AtomicU64::new(0));
    while_the_filter_changes(&BOTH_STEADY, |_| {
        for _ in 0..5000 {
            on.fetch_add(log(toggled, fields![]).into(), Ordering::Relaxed);
        }
    });
    assert_eq!(recorded(&ring, Level::Error) - before, on.into_inner());
}

/// Uses new callsites of a target, each from two threads at once, while the filter changes. Returns how
/// often a callsite was not `expected`: enabled or disabled.
fn wrong_first_uses(target: &'static str, expected: bool) -> u64 {
    let callsites: Vec<_> = (0..4000).map(|_| at(Level::Info, target)).collect();
    let wrong = AtomicU64::new(0);
    while_the_filter_changes(&BOTH_STEADY, |thread| {
        let (front, back) = callsites.split_at(callsites.len() / 2);
        for callsite in if thread < 2 { front } else { back } {
            for _ in 0..3 {
                wrong.fetch_add(
                    (log(callsite, fields![]) != expected).into(),
                    Ordering::Relaxed,
                );
            }
        }
    });
    wrong.into_inner()
}

#[test]
fn no_event_of_an_enabled_callsite_is_lost_at_its_first_use_while_the_filter_changes() {
    let _ring = lane();
    set_filter(BOTH_STEADY[0]).unwrap();
    assert_eq!(wrong_first_uses("steady", true), 0);
}

#[test]
fn no_event_of_a_disabled_callsite_is_recorded_at_its_first_use_while_the_filter_changes() {
    let _ring = lane();
    set_filter(BOTH_STEADY[0]).unwrap();
    assert_eq!(wrong_first_uses("quiet", false), 0);
}

#[test]
fn callsites_used_for_the_first_time_while_the_filter_changes_follow_the_last_filter() {
    let _ring = lane();
    let callsites: Vec<_> = (0..2000)
        .map(|_| info("toggled", "an event", &[]))
        .collect();
    while_the_filter_changes(&BOTH_STEADY, |_| {
        for callsite in &callsites {
            log(callsite, fields![]);
        }
    });
    set_filter(BOTH_STEADY[1]).unwrap();
    assert_eq!(
        callsites
            .iter()
            .filter(|callsite| log(callsite, fields![]))
            .count(),
        0
    );
}

#[test]
fn a_filter_is_not_refused_because_other_threads_change_it() {
    let _ring = lane();
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                for filter in ["info", "warn"].iter().cycle().take(200) {
                    set_filter(filter).unwrap();
                }
            });
        }
    });
    assert!(["info", "warn"].contains(&&*in_force()));
}

#[test]
fn one_of_two_filters_that_are_set_at_once_is_in_force() {
    let _ring = lane();
    let callsites: Vec<_> = (0..500).map(|_| info("either", "an event", &[])).collect();
    callsites
        .iter()
        .for_each(|callsite| assert!(log(callsite, fields![])));
    for _ in 0..50 {
        thread::scope(|scope| {
            for filter in ["off", "either=info"] {
                scope.spawn(move || set_filter(filter).unwrap());
            }
        });
        let on = callsites
            .iter()
            .filter(|callsite| log(callsite, fields![]))
            .count();
        assert!(on == 0 || on == callsites.len(), "{on} are on");
    }
}
