//! Requests for snapshots, and their results.

mod support;

use std::{
    env,
    process::Command,
    sync::MutexGuard,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use ttlog_core::snapshot::SnapshotKind;
use ttlog_std::{BuildError, Builder, SnapshotError, Trace, info};

/// Waits until no other test of this file runs a recorder.
fn turn() -> (MutexGuard<'static, ()>, TempDir, Builder) {
    let (turn, directory, builder) = support::turn();
    (turn, directory, builder.events(1_000))
}

/// A time that no test reaches.
const LONG: Duration = Duration::from_secs(3_600);

#[test]
fn a_request_to_a_full_queue_fails_at_once() {
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
fn a_budget_of_nothing_delays_requests_until_a_flush_or_the_end() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.files_a_minute(0, 0).build().unwrap();
    let flushed = ["a", "b"].map(|reason| trace.request_snapshot(reason));
    assert!(flushed[0].result().is_none());
    trace.flush(Duration::from_secs(60)).unwrap();
    let [a, b] = flushed.map(|ticket| ticket.wait().unwrap());
    assert_eq!(a, b, "one file holds both");
    let last = trace.request_snapshot("last");
    trace.shutdown(Duration::from_secs(60)).unwrap();
    assert!(last.wait().unwrap().exists());
}

#[test]
fn requests_within_the_cool_down_are_merged_and_covered_by_the_next_file() {
    let (_turn, directory, builder) = turn();
    let trace = builder.cool_down(LONG).build().unwrap();
    let first = trace.request_snapshot("storm").wait().unwrap();
    info!("after the first file");
    let late: Vec<_> = (0..6).map(|_| trace.request_snapshot("storm")).collect();
    assert!(!late[0].is_merged() && late[0].result().is_none());
    assert!(late[1..].iter().all(|ticket| ticket.is_merged()));
    // Another reason gets its own file.
    let other = trace.request_snapshot("other").wait().unwrap();
    assert_eq!(support::read(&other).header.merged, Some(0));
    assert_eq!(trace.stats().snapshots_merged, 5);
    drop(trace);
    let paths: Vec<_> = late.into_iter().map(|t| t.wait().unwrap()).collect();
    assert!(paths.iter().all(|path| *path == paths[0]) && paths[0] != first);
    let read = support::read(&paths[0]);
    assert_eq!(read.header.kind, Some(SnapshotKind::Request));
    assert_eq!(
        (read.header.reason.as_deref(), read.header.merged),
        (Some("storm"), Some(5))
    );
    assert_eq!(read.events.last().unwrap().message, "after the first file");
    assert_eq!(support::files(directory.path()).len(), 3);
}

#[test]
fn after_the_cool_down_a_reason_gets_another_snapshot() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.cool_down(Duration::ZERO).build().unwrap();
    let first = trace.request_snapshot("again").wait().unwrap();
    let second = trace.request_snapshot("again").wait().unwrap();
    assert_ne!(first, second);
    assert_eq!(trace.stats().snapshots_written, 2);
}

#[test]
fn a_delayed_snapshot_holds_the_events_after_the_request() {
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
fn a_delayed_request_leaves_one_file_if_nothing_was_overwritten() {
    let (_turn, directory, builder) = turn();
    let trace = builder.build().unwrap();
    info!("the cause");
    let ticket = trace.request_snapshot_after("later", Duration::from_millis(50));
    let receipt = ticket.receipt().unwrap();
    assert_eq!((receipt.events(), receipt.complete_since()), (1, None));
    trace.shutdown(LONG).unwrap();
    assert_eq!(support::files(directory.path()), [receipt.path()]);
}

#[test]
fn a_delayed_request_keeps_what_preceded_it_in_a_file_of_its_own() {
    let (_turn, directory, builder) = turn();
    let trace = builder.bytes(64 << 10).build().unwrap();
    info!("the cause");
    let ticket = trace.request_snapshot_after("later", LONG);
    for number in 0..200 {
        info!("noise {number}");
    }
    while support::files(directory.path()).is_empty() {
        std::thread::yield_now();
    }
    for number in 0..100_000 {
        info!("noise {number}");
    }
    trace.shutdown(LONG).unwrap();
    let receipt = ticket.receipt().unwrap();
    assert!(receipt.complete_since().is_some());
    let files = support::files(directory.path());
    let before = files.iter().find(|path| *path != receipt.path()).unwrap();
    assert_eq!(support::read(before).events[0].message, "the cause");
}

#[test]
fn a_delayed_request_is_served_while_the_queue_is_never_empty() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.queue(64).build().unwrap();
    let late = trace.request_snapshot_after("late", Duration::from_millis(20));
    let asked = Instant::now();
    let mut others = 0;
    // Keeps the queue from becoming empty.
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
fn dropping_the_last_handle_writes_the_requested_snapshots() {
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
fn after_a_shutdown_requests_fail_and_events_are_recorded() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.build().unwrap();
    trace.shutdown(LONG).unwrap();
    trace.shutdown(LONG).unwrap();
    assert!(matches!(
        trace.request_snapshot("late").wait(),
        Err(SnapshotError::ShutDown)
    ));
    // The second request with this reason fails too.
    assert!(matches!(
        trace.request_snapshot("late").wait(),
        Err(SnapshotError::ShutDown)
    ));
    info!("still recorded");
    assert_eq!(trace.get_buffer().events().len(), 1);
}

#[test]
fn one_recorder_runs_at_a_time_and_init_returns_a_handle_of_it() {
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
    // After the last handle is dropped, another recorder starts.
    Trace::builder()
        .directory(directory.path())
        .build()
        .unwrap();
}

#[test]
fn settings_that_are_out_of_range_or_not_valid_are_errors() {
    let (_turn, _directory, _) = turn();
    let error = |builder: Builder| builder.build().unwrap_err();
    for events in [0, usize::MAX] {
        assert!(matches!(
            error(Trace::builder().events(events)),
            BuildError::OutOfRange {
                setting: "number of events",
                ..
            }
        ));
    }
    for bytes in [0, 8, usize::MAX] {
        assert!(matches!(
            error(Trace::builder().bytes(bytes)),
            BuildError::OutOfRange {
                setting: "number of bytes",
                ..
            }
        ));
    }
    for requests in [0, usize::MAX] {
        assert!(matches!(
            error(Trace::builder().queue(requests)),
            BuildError::OutOfRange {
                setting: "queue length",
                ..
            }
        ));
    }
    assert!(std::panic::catch_unwind(|| Trace::init(0, 10)).is_err());
}

/// Runs in a child process whose address space is limited.
#[test]
fn memory_that_is_not_available_is_an_error_that_states_the_bytes() {
    const TEST: &str = "memory_that_is_not_available_is_an_error_that_states_the_bytes";
    let Some((_, directory)) = support::scenario() else {
        let directory = tempfile::tempdir().unwrap();
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -v 4000000 && exec \"$0\" \"$@\""]);
        limited.arg(env::current_exe().unwrap());
        let ended = support::run_scenario_by(&mut limited, TEST, "memory", directory.path());
        assert!(ended.status.success(), "{}", ended.stderr);
        return;
    };
    let bytes = 8 << 30;
    let builder = Trace::builder().directory(&directory).bytes(bytes);
    let error = builder.build().unwrap_err();
    assert!(matches!(error, BuildError::Memory { .. }), "{error:?}");
    assert!(error.to_string().contains(&bytes.to_string()), "{error}");
    // The next recorder starts.
    let trace = Trace::builder().directory(directory).build().unwrap();
    trace.request_snapshot("after the error").wait().unwrap();
}
