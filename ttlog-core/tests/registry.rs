//! More callsites than small ids could tell apart, registered by several threads at once.

mod support;

use std::{collections::HashSet, sync::LazyLock, thread};

use ttlog_core::{
    Callsite, CallsiteKind, Header, Level, Metadata, Ring, ScalarValue, Value, lane::Dropped,
    page::PerLevel, registry,
};

use support::{fields, install, log, read, snapshot};

const THREADS: usize = 8;
const CALLSITES: usize = 70_000;

/// What came of it.
struct Outcome {
    callsites: Vec<&'static Callsite>,
    /// A snapshot when all of them had logged, on each thread.
    snapshot: Vec<u8>,
    /// Its accounting.
    recorded: PerLevel,
    /// Events of callsites that were first used when no id was left, and how many were counted.
    refused: (u64, u64),
    /// A callsite from before that still logs.
    still_logs: bool,
}

/// Callsites are registered for ever, so all tests look at one run.
static OUTCOME: LazyLock<Outcome> = LazyLock::new(|| {
    let ring = install(|| 1, 64, 4096);
    let callsites: Vec<_> = (0..CALLSITES as u32).map(callsite).collect();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            // Two threads each start at the same callsite, so that some are first used by both.
            let (behind, before) = callsites.split_at(CALLSITES / THREADS * (thread / 2));
            scope.spawn(move || {
                for callsite in before.iter().chain(behind) {
                    log(callsite, fields!(callsite.metadata().line));
                }
            });
        }
    });
    let (snapshot, totals) = snapshot(&ring);
    let refused = run_out(&ring);
    let still_logs = log(callsites[0], fields!(0_u32));
    Outcome {
        callsites,
        snapshot,
        recorded: totals.recorded(),
        refused,
        still_logs,
    }
});

fn callsite(line: u32) -> &'static Callsite {
    static NAMES: [&str; 1] = ["line"];
    let metadata = Metadata {
        kind: CallsiteKind::Event,
        level: Level::Info,
        target: "many",
        file: "src/many.rs",
        line,
        text: "line={0}",
        names: &NAMES,
        more_kinds: &[],
    };
    Box::leak(Box::new(Callsite::new(Box::leak(Box::new(metadata)))))
}

/// Uses new callsites until there is no id for them, and ten more.
fn run_out(ring: &Ring<'_>) -> (u64, u64) {
    while log(callsite(0), fields!(0_u32)) {}
    for _ in 0..10 {
        log(callsite(0), fields!(0_u32));
    }
    (11, ring.dropped(Dropped::NoId)[Level::Info as usize])
}

#[test]
fn every_callsite_has_an_id_of_its_own() {
    let ids: HashSet<u32> = OUTCOME
        .callsites
        .iter()
        .map(|callsite| callsite.id().unwrap())
        .collect();
    assert_eq!(ids.len(), CALLSITES);
}

#[test]
fn a_callsite_is_found_by_its_id() {
    for callsite in &OUTCOME.callsites {
        let found = registry::get(callsite.id().unwrap()).unwrap();
        assert!(core::ptr::eq(found, *callsite));
    }
}

#[test]
fn an_id_that_was_not_given_out_finds_nothing() {
    LazyLock::force(&OUTCOME);
    for id in [0, Header::ID_MAX + 1, u32::MAX] {
        assert!(registry::get(id).is_none(), "{id}");
    }
}

#[test]
fn callsites_are_listed_by_rising_id() {
    LazyLock::force(&OUTCOME);
    let ids: Vec<u32> = registry::callsites()
        .map(|callsite| callsite.id().unwrap())
        .collect();
    assert!(ids.len() >= CALLSITES && ids.is_sorted());
}

#[test]
fn no_event_is_lost_while_callsites_are_registered() {
    let mut expected = PerLevel::default();
    expected[Level::Info as usize] = (THREADS * CALLSITES) as u64;
    assert_eq!(OUTCOME.recorded, expected);
}

#[test]
fn an_event_is_of_the_callsite_that_logged_it() {
    let mut events = 0;
    read(&OUTCOME.snapshot, |_, event| {
        let line = Value::Plain(ScalarValue::U32(event.callsite.unwrap().line));
        assert_eq!(event.values(), [line]);
        events += 1;
    });
    assert!(events > 10_000, "{events}");
}

#[test]
fn threads_that_use_the_same_callsites_first_leave_most_ids() {
    let last = OUTCOME
        .callsites
        .iter()
        .filter_map(|callsite| callsite.id())
        .max();
    assert!(last.unwrap() < 80_000, "{last:?}");
}

#[test]
fn events_of_callsites_without_an_id_are_dropped_and_counted() {
    let (issued, counted) = OUTCOME.refused;
    assert_eq!(counted, issued);
}

#[test]
fn callsites_that_have_an_id_still_log_when_none_is_left() {
    assert!(OUTCOME.still_logs);
}
