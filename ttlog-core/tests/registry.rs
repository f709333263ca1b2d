//! All ids of callsites, used up by several threads at once.

mod support;

use std::{collections::HashSet, sync::LazyLock, thread};

use ttlog_core::{
    Callsite, CallsiteKind, DropCause, Level, LevelCounts, Metadata, RecordHeader, Ring,
    ScalarValue, Value, fields, registry,
};

use support::{install, log, read, snapshot};

const THREADS: usize = 8;
const CALLSITES: usize = 70_000;

/// The result of the run.
struct Outcome {
    callsites: Vec<&'static Callsite>,
    /// A snapshot after each thread had recorded through all callsites.
    snapshot: Vec<u8>,
    /// The accounting of the snapshot.
    recorded: LevelCounts,
    /// Number of events of callsites that got no id, and how many of them the ring counted.
    without_id: (u64, u64),
    /// Result of recording through a callsite with an id when no id is left.
    still_records: bool,
}

/// Callsites stay registered, so all tests use one run.
static OUTCOME: LazyLock<Outcome> = LazyLock::new(|| {
    let ring = install(|| 1, 64, 4096);
    let callsites: Vec<_> = (0..CALLSITES as u32).map(callsite).collect();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            // Two threads start at the same callsite, so that both use some for the first time.
            let (behind, before) = callsites.split_at(CALLSITES / THREADS * (thread / 2));
            scope.spawn(move || {
                for callsite in before.iter().chain(behind) {
                    log(callsite, fields![callsite.metadata().line]);
                }
            });
        }
    });
    let (snapshot, totals) = snapshot(&ring);
    let without_id = run_out(&ring);
    let still_records = log(callsites[0], fields![0_u32]);
    Outcome {
        callsites,
        snapshot,
        recorded: totals.recorded(),
        without_id,
        still_records,
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

/// Uses new callsites until one gets no id, and then ten more.
fn run_out(ring: &Ring<'_>) -> (u64, u64) {
    while log(callsite(0), fields![0_u32]) {}
    for _ in 0..10 {
        log(callsite(0), fields![0_u32]);
    }
    (11, ring.dropped(DropCause::NoId)[Level::Info as usize])
}

#[test]
fn every_callsite_has_its_own_id() {
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
fn an_id_that_was_not_assigned_finds_nothing() {
    LazyLock::force(&OUTCOME);
    for id in [0, RecordHeader::ID_MAX + 1, u32::MAX] {
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
    let mut expected = LevelCounts::default();
    expected[Level::Info as usize] = (THREADS * CALLSITES) as u64;
    assert_eq!(OUTCOME.recorded, expected);
}

#[test]
fn an_event_has_the_id_of_its_callsite() {
    let mut events = 0;
    read(&OUTCOME.snapshot, |_, event| {
        let line = Value::Plain(ScalarValue::U32(event.callsite.unwrap().line));
        assert_eq!(event.values(), [line]);
        events += 1;
    });
    assert!(events > 10_000, "{events}");
}

#[test]
fn threads_that_register_the_same_callsites_waste_few_ids() {
    let last = OUTCOME
        .callsites
        .iter()
        .filter_map(|callsite| callsite.id())
        .max();
    assert!(last.unwrap() < 80_000, "{last:?}");
}

#[test]
fn events_of_callsites_without_an_id_are_dropped_and_counted() {
    let (recorded, counted) = OUTCOME.without_id;
    assert_eq!(counted, recorded);
}

#[test]
fn callsites_with_an_id_record_when_no_id_is_left() {
    assert!(OUTCOME.still_records);
}
