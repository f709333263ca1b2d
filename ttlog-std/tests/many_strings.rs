//! Text that never repeats does not use more and more memory.

mod support;

use std::fmt::Write;

use ttlog_std::{Trace, info};

#[test]
fn millions_of_different_strings_leave_memory_flat() {
    let count = if cfg!(debug_assertions) {
        1_000_000_u64
    } else {
        10_000_000
    };
    let directory = tempfile::tempdir().unwrap();
    let trace = Trace::builder()
        .events(1_000)
        .directory(directory.path())
        .build()
        .unwrap();
    let mut text = String::with_capacity(100);
    let mut log = |number: u64| {
        text.clear();
        write!(
            text,
            "customer-{number:x}-{:x}",
            number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )
        .unwrap();
        info!("seen {}", text.as_str());
    };
    (0..10_000).for_each(&mut log);
    let before = support::resident_kib();
    (10_000..count).for_each(&mut log);
    let grown = support::resident_kib().saturating_sub(before);
    assert!(grown < 4 << 10, "{grown} KiB more");
    assert_eq!(trace.stats().recorded, count);
}
