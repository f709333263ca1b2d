//! The memory that snapshots take.
//!
//! One test, because it counts all allocations of this process.

#[path = "support/counting_allocator.rs"]
mod counting_allocator;
mod support;

use support::{Recorder, SECOND, header};
use ttlog_core::info;
use ttlog_reader::{Flaw, Snapshots};

use self::counting_allocator::measure;

fn snapshot(events: u64) -> Vec<u8> {
    let recorder = Recorder::new(256, 1024);
    for serial in 0..events {
        recorder.at(serial * 1000);
        info!(
            serial,
            "a line of ordinary length",
            user = "someone",
            ms = serial % 7
        );
    }
    recorder.snapshot(&header(SECOND))
}

fn read_all<'b>(mut snapshots: Snapshots, files: impl Iterator<Item = &'b Vec<u8>>) -> Snapshots {
    for file in files {
        snapshots.read("a.bin", file).unwrap();
    }
    snapshots
}

#[test]
fn doubles_take_no_memory_and_all_files_together_keep_to_the_limit() {
    let file = snapshot(10_000);
    let (one, one_bytes, _) = measure(|| read_all(Snapshots::new(), [&file].into_iter()));
    let again = std::iter::repeat_n(&file, 40);
    let (many, many_bytes, peak_bytes) = measure(|| read_all(Snapshots::new(), again));
    assert_eq!(one.events().count(), many.events().count());
    assert!(
        many_bytes < one_bytes + one_bytes / 2,
        "{many_bytes} {one_bytes}"
    );
    assert!(peak_bytes < 4 * one_bytes, "{peak_bytes} {one_bytes}");
    // Doubles take nothing out of the budget either.
    assert!(many.files().iter().all(|file| file.damages.count() == 0));

    let limit = 4 << 20;
    let files: Vec<_> = (0..40).map(|_| snapshot(10_000)).collect();
    let (limited, used_bytes, _) =
        measure(|| read_all(Snapshots::with_memory_limit(limit), files.iter()));
    assert!(used_bytes < limit + (1 << 20), "{used_bytes}");
    let is_over = |flaw| matches!(flaw, Flaw::OverBudget { .. });
    let over = limited.files().iter();
    let over = over.filter(|file| {
        file.damages
            .places()
            .iter()
            .any(|damage| is_over(damage.flaw))
    });
    assert!(over.count() > 30);
}
