//! Asking for snapshots, and what is answered.

mod support;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use ttlog_std::{BuildError, Builder, SnapshotError, Trace, info};

/// There is one recorder in a process at a time.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> (MutexGuard<'static, ()>, TempDir, Builder) {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = tempfile::tempdir().unwrap();
    let builder = Trace::builder().events(1_000).directory(directory.path());
    (turn, directory, builder)
}

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3_600);

#[test]
fn a_full_queue_refuses_on_the_ticket_and_holds_nobody_up() {
    let (_turn, directory, builder) = turn();
    let trace = builder.queue(1).build().unwrap();
    let asked = Instant::now();
    let tickets: Vec<_> = (0..2_000)
        .map(|number| trace.request_snapshot(format!("reason {number}")))
        .collect();
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    let (mut written, mut refused) = (0, 0);
    for ticket in tickets {
        match ticket.wait() {
            Ok(path) => written += u64::from(path.exists()),
            Err(SnapshotError::QueueFull) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(
        written > 0 && refused > 0,
        "{written} written, {refused} refused"
    );
    let stats = trace.stats();
    assert_eq!(
        (stats.snapshots_written, stats.snapshots_failed),
        (written, refused)
    );
    assert!(
        support::files(directory.path()).len() <= 100,
        "retention is on"
    );
}

#[test]
fn requests_of_one_reason_are_merged_and_counted_in_the_next_file() {
    let (_turn, directory, builder) = turn();
    let trace = builder.cool_down(LONG).build().unwrap();
    // Held back, so that the others find it pending.
    let first = trace.request_snapshot_after("storm", Duration::from_millis(100));
    let merged: Vec<_> = (0..5).map(|_| trace.request_snapshot("storm")).collect();
    assert!(!first.is_merged());
    let path = first.wait().unwrap();
    for ticket in merged {
        assert!(ticket.is_merged());
        assert_eq!(ticket.wait().unwrap(), path);
    }
    let read = support::read(&path);
    assert_eq!((&*read.reason, read.merged), ("storm", 5));
    // Cooling down: answered with the same file. Another reason is none of its business.
    let again = trace.request_snapshot("storm");
    assert!(again.is_merged());
    assert_eq!(again.wait().unwrap(), path);
    let other = trace.request_snapshot("other");
    assert!(!other.is_merged());
    assert_eq!(support::read(&other.wait().unwrap()).merged, 0);
    assert_eq!(trace.stats().snapshots_merged, 6);
    assert_eq!(support::files(directory.path()).len(), 2);
}

#[test]
fn after_the_cool_down_a_reason_gets_a_snapshot_of_its_own_again() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.cool_down(Duration::ZERO).build().unwrap();
    let first = trace.request_snapshot("again").wait().unwrap();
    let second = trace.request_snapshot("again").wait().unwrap();
    assert_ne!(first, second);
    assert_eq!(trace.stats().snapshots_written, 2);
}

#[test]
fn a_request_for_later_holds_what_followed() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.build().unwrap();
    info!("the cause");
    let ticket = trace.request_snapshot_after("later", Duration::from_millis(200));
    assert!(ticket.result().is_none());
    assert!(matches!(
        ticket.wait_timeout(Duration::ZERO),
        Err(SnapshotError::TimedOut)
    ));
    info!("the consequence");
    let read = support::read(&ticket.wait().unwrap());
    let messages: Vec<_> = read.events.iter().map(|event| &*event.message).collect();
    assert_eq!(messages, ["the cause", "the consequence"]);
}

#[test]
fn a_request_for_later_has_its_turn_however_many_others_are_queued() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.queue(64).build().unwrap();
    let late = trace.request_snapshot_after("late", Duration::from_millis(20));
    let asked = Instant::now();
    let mut others = 0;
    // The queue never gets empty.
    while late.result().is_none() {
        drop(trace.request_snapshot(format!("other {others}")));
        others += 1;
        assert!(
            asked.elapsed() < Duration::from_secs(10),
            "{others} others came first"
        );
    }
    late.wait().unwrap();
}

#[test]
fn dropping_a_clone_ends_nothing_and_dropping_the_last_finishes_what_is_queued() {
    let (_turn, directory, builder) = turn();
    let trace = builder.build().unwrap();
    drop(trace.clone());
    trace.request_snapshot("after the clone").wait().unwrap();
    let sender = trace.get_sender();
    let late = trace.request_snapshot_after("not yet due", LONG);
    let tickets: Vec<_> = (0..20)
        .map(|number| trace.request_snapshot(format!("queued {number}")))
        .collect();
    drop(trace);
    for ticket in tickets {
        assert!(ticket.result().unwrap().unwrap().exists());
    }
    assert!(late.result().unwrap().unwrap().exists());
    assert_eq!(support::files(directory.path()).len(), 22);
    let refused = sender.request_snapshot("too late").wait();
    assert!(
        matches!(refused, Err(SnapshotError::ShutDown)),
        "{refused:?}"
    );
}

#[test]
fn after_a_shutdown_requests_are_refused_and_events_recorded_all_the_same() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.build().unwrap();
    trace.shutdown(LONG).unwrap();
    trace.shutdown(LONG).unwrap();
    assert!(matches!(
        trace.request_snapshot("late").wait(),
        Err(SnapshotError::ShutDown)
    ));
    // Again, though the same reason has been asked for.
    assert!(matches!(
        trace.request_snapshot("late").wait(),
        Err(SnapshotError::ShutDown)
    ));
    info!("still recorded");
    assert_eq!(trace.get_buffer().events().len(), 1);
}

#[test]
fn there_is_one_recorder_at_a_time_and_init_joins_it() {
    let (_turn, directory, builder) = turn();
    let trace = builder.build().unwrap();
    let second = Trace::builder().directory(directory.path()).build();
    assert!(
        matches!(second, Err(BuildError::AlreadyRunning)),
        "{second:?}"
    );
    let (same, again) = (Trace::init(10, 10), Trace::init(20, 20));
    drop(trace);
    info!("by way of one handle");
    assert_eq!(same.stats().recorded, 1);
    assert_eq!(again.stats(), same.stats());
    assert_eq!(again.directory(), directory.path());
    drop((same, again));
    // After the last handle is gone, another one can be started.
    Trace::builder()
        .directory(directory.path())
        .build()
        .unwrap();
}

#[test]
fn a_capacity_of_nothing_and_other_impossible_wishes_are_errors() {
    let (_turn, _directory, _) = turn();
    let error = |builder: Builder| builder.build().unwrap_err();
    assert!(matches!(
        error(Trace::builder().events(0)),
        BuildError::NoCapacity
    ));
    assert!(matches!(
        error(Trace::builder().bytes(0)),
        BuildError::NoCapacity
    ));
    assert!(matches!(
        error(Trace::builder().queue(0)),
        BuildError::NoQueue
    ));
    assert!(matches!(
        error(Trace::builder().events(usize::MAX)),
        BuildError::Geometry(_)
    ));
    assert!(matches!(
        error(Trace::builder().bytes(8)),
        BuildError::Geometry(_)
    ));
    assert!(matches!(
        error(Trace::builder().filter("shop=loud")),
        BuildError::Filter(_)
    ));
    assert!(std::panic::catch_unwind(|| Trace::init(0, 10)).is_err());
}
