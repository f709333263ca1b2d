//! Snapshots of good rings: the events, the accounting, and the blocks.

mod arguments;
mod callsites;
mod encoding;
mod identity;
mod newest;
mod spans;
#[path = "../support/mod.rs"]
mod support;

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ttlog_core::{Context, Level, RecordHeader, Ring, SpanId, TraceId, Word, Writer};

use support::{Seen, decode, install, ring, snapshot};

/// Locks the lane's ring. Each test records to its own target.
fn lane() -> MutexGuard<'static, Ring<'static>> {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    static RING: LazyLock<Mutex<Ring<'static>>> =
        LazyLock::new(|| Mutex::new(install(|| TICKS.fetch_add(1, Ordering::Relaxed), 16, 2048)));
    RING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a snapshot and returns the events of a target.
fn events_of(ring: &Ring<'_>, target: &str) -> Vec<Seen> {
    decode(&snapshot(ring).0)
        .unwrap()
        .of(target)
        .into_iter()
        .cloned()
        .collect()
}

/// Writes an event whose only argument is a serial number.
fn write(writer: &Writer<'static>, ring: &Ring<'static>, ticks: u64, serial: u32) {
    let header = RecordHeader::new(1, Level::Info).with_words(3);
    let written = writer.write(ring, ticks, header, &|room: &[Word]| {
        room[0].store(serial, Ordering::Relaxed);
    });
    written.unwrap();
}

/// Makes a ring with events of several lengths and contexts.
fn mixed() -> Ring<'static> {
    filled(ring(4, 300), 200)
}

/// Writes events of several lengths and contexts into `ring`, and returns it.
fn filled(ring: Ring<'static>, events: u32) -> Ring<'static> {
    let writer = Writer::new();
    for serial in 0..events {
        if serial % 7 == 0 {
            let trace_id = TraceId(u128::from(serial) + 1);
            writer.replace_context(Some(Context {
                trace_id,
                span_id: SpanId(1),
            }));
        }
        let words = 3 + serial as usize % 11;
        let header = RecordHeader::new(1, Level::Info).with_words(words);
        let written = writer.write(&ring, serial.into(), header, &|room: &[Word]| {
            room.iter()
                .for_each(|word| word.store(serial, Ordering::Relaxed));
        });
        written.unwrap();
    }
    ring
}

/// Returns the only event of a target.
fn only(ring: &Ring<'_>, target: &str) -> Seen {
    let mut events = events_of(ring, target);
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}
