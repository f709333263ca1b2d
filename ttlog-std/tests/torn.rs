//! Eight threads, a small ring, and snapshots while they write.

mod support;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use support::SnapshotContent;
use ttlog_std::{Trace, info};

const THREADS: u64 = 8;
const EVENTS: u64 = if cfg!(debug_assertions) {
    100_000
} else {
    1_000_000
};

/// Returns a number that depends on both arguments, so that mixed words of two events are detected.
fn check(thread: u64, serial: u64) -> u64 {
    (thread << 40 | serial).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Asserts that no event is torn, doubled or invented, and that each thread's events are in order.
fn assert_whole(read: &SnapshotContent) {
    let mut next: HashMap<u64, u64> = HashMap::new();
    for event in &read.events {
        let number = |name| support::field(event, name).parse::<u64>().unwrap();
        let (thread, serial) = (number("thread"), number("serial"));
        assert!(thread < THREADS && serial < EVENTS, "{event:?}");
        assert_eq!(number("check"), check(thread, serial), "{event:?}");
        assert_eq!(
            support::field(event, "text"),
            "text ".repeat((serial % 7) as usize),
            "{event:?}"
        );
        let next = next.entry(thread).or_default();
        assert!(serial >= *next, "{event:?} after {next}");
        *next = serial + 1;
    }
}

#[test]
fn snapshots_of_a_busy_ring_hold_whole_events_in_the_order_of_their_threads() {
    let directory = tempfile::tempdir().unwrap();
    let trace = Trace::builder()
        .bytes(512 << 10)
        .directory(directory.path())
        .cool_down(Duration::ZERO)
        .build()
        .unwrap();
    let texts: Vec<String> = (0..7).map(|length| "text ".repeat(length)).collect();
    let done = AtomicUsize::new(0);
    let mut snapshots = 0;
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (texts, done) = (&texts, &done);
            scope.spawn(move || {
                for serial in 0..EVENTS {
                    let text = texts[(serial % 7) as usize].as_str();
                    info!(
                        thread,
                        serial,
                        text,
                        check = check(thread, serial),
                        "event {serial}"
                    );
                }
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        while done.load(Ordering::Relaxed) < THREADS as usize {
            let path = trace.request_snapshot("busy").wait().unwrap();
            assert_whole(&support::read(&path));
            snapshots += 1;
        }
    });
    assert!(snapshots > 0);

    let stats = trace.stats();
    assert_eq!(stats.recorded, THREADS * EVENTS);
    assert_eq!(
        stats.kept + stats.overwritten + stats.dropped,
        stats.recorded
    );

    // No thread logs any more. Two snapshots hold the same events: the last ones.
    let [first, second] = ["quiet", "still"]
        .map(|reason| support::read(&trace.request_snapshot(reason).wait().unwrap()));
    assert_whole(&first);
    assert_eq!(first.events, second.events);
    assert_eq!(first.events.len() as u64, stats.kept);
    let sum = |counts: &[u64]| counts.iter().sum::<u64>();
    assert_eq!(
        sum(&first.accounting.totals.unwrap().overwritten),
        stats.overwritten
    );
    assert!(
        first
            .events
            .iter()
            .any(|event| support::field(event, "serial") == (EVENTS - 1).to_string())
    );
}
