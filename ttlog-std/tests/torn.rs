//! Eight threads, a small ring, and snapshots while they write.

mod support;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use support::Read;
use ttlog_std::{Trace, info};

const THREADS: u64 = 8;
const EVENTS: u64 = if cfg!(debug_assertions) {
    100_000
} else {
    1_000_000
};

/// Depends on thread and serial, so that words of two events cannot pass for one.
fn check(thread: u64, serial: u64) -> u64 {
    (thread << 40 | serial).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Nothing torn, doubled or invented, and the order of each thread kept.
fn assert_true(read: &Read) {
    let mut next: HashMap<u64, u64> = HashMap::new();
    for event in &read.events {
        let number = |name| event.field(name).parse::<u64>().unwrap();
        let (thread, serial) = (number("thread"), number("serial"));
        assert!(thread < THREADS && serial < EVENTS, "{event:?}");
        assert_eq!(number("check"), check(thread, serial), "{event:?}");
        assert_eq!(
            event.field("text"),
            "text ".repeat((serial % 7) as usize),
            "{event:?}"
        );
        let next = next.entry(thread).or_default();
        assert!(serial >= *next, "{event:?} after {next}");
        *next = serial + 1;
    }
}

#[test]
fn snapshots_of_a_busy_ring_hold_true_events_in_the_order_of_their_threads() {
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
            assert_true(&support::read(&path));
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

    // Nobody writes any more: two snapshots hold the same events, which are the last ones.
    let [first, second] = ["quiet", "still"]
        .map(|reason| support::read(&trace.request_snapshot(reason).wait().unwrap()));
    assert_true(&first);
    assert_eq!(first.events, second.events);
    assert_eq!(first.events.len() as u64, stats.kept);
    let sum = |counts: &[u64]| counts.iter().sum::<u64>();
    assert_eq!(sum(&first.totals.overwritten), stats.overwritten);
    assert!(
        first
            .events
            .iter()
            .any(|event| event.field("serial") == (EVENTS - 1).to_string())
    );
}
