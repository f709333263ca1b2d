//! Many threads: memory does not grow, and each event is counted.

mod support;

use std::{
    sync::{Arc, Barrier},
    thread,
};

use ttlog_std::{Trace, info};

const BATCH: usize = 100;
const BATCHES: usize = 80;
const AT_ONCE: usize = 2_000;
/// Maximum growth of memory: the allocator's arenas only. A thread that has ended keeps no memory.
const GROWTH_MAX_KIB: u64 = 8 << 10;

fn batch(first: usize) {
    let threads: Vec<_> = (first..first + BATCH)
        .map(|number| thread::spawn(move || info!("thread {number} says hello")))
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn memory_stays_flat_and_counts_exact_when_ten_thousand_threads_log_once() {
    let directory = tempfile::tempdir().unwrap();
    let trace = Trace::builder()
        .events(2_000)
        .directory(directory.path())
        .build()
        .unwrap();
    let mut logged = 0;
    for _ in 0..10 {
        batch(logged);
        logged += BATCH;
    }
    let before = support::resident_kib();
    for _ in 10..BATCHES {
        batch(logged);
        logged += BATCH;
    }
    let grown = support::resident_kib().saturating_sub(before);
    assert!(grown < GROWTH_MAX_KIB, "{grown} KiB more");

    let barrier = Arc::new(Barrier::new(AT_ONCE));
    let threads: Vec<_> = (0..AT_ONCE)
        .map(|number| {
            let barrier = Arc::clone(&barrier);
            let thread = thread::Builder::new().stack_size(64 << 10);
            let work = move || {
                info!("thread {number} of many");
                // All threads are alive at the same time.
                barrier.wait();
            };
            thread.spawn(work).unwrap()
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    logged += AT_ONCE;

    let stats = trace.stats();
    assert_eq!(stats.recorded, logged as u64);
    assert_eq!(
        stats.kept + stats.overwritten + stats.dropped,
        stats.recorded
    );
    assert!(stats.shared > 0, "{stats:?}");
    assert_eq!(stats.dropped, 0, "{stats:?}");
}
