//! Holding pages: what the ring held at a moment stays until its snapshot is written.

mod support;

use core::{
    convert::Infallible,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::thread;

use support::{Bytes, Decoded, decode, install, ring};
use ttlog_core::{
    DropCause, Level, RecordHeader, Ring, SnapshotHeader, Totals, Word, WriteError, Writer, info,
    ring::Hold,
    snapshot::{Encoder, Sink, lz4_table},
};

const NEVER: u64 = u64::MAX;
const INFO: usize = Level::Info as usize;
/// Number of events that fit a page of 100 words.
const EVENTS_PER_PAGE: u64 = 24;

/// Writes an event whose time is its serial number. Counts it if it is dropped.
fn write(writer: &Writer<'static>, ring: &Ring<'static>, ticks: u64) -> Result<(), WriteError> {
    let header = RecordHeader::new(1, Level::Info).with_words(3);
    let written = writer.write(ring, ticks, header, &|room: &[Word]| {
        room[0].store(ticks as u32, Ordering::Relaxed);
    });
    if let Err(WriteError::Dropped(cause)) = written {
        ring.count_dropped(Level::Info, cause);
    }
    written
}

fn write_all(writer: &Writer<'static>, ring: &Ring<'static>, ticks: core::ops::Range<u64>) {
    for ticks in ticks {
        write(writer, ring, ticks).unwrap();
    }
}

/// Takes a snapshot under a hold, and reads it.
fn held(hold: &Hold<'_>) -> (Decoded, Totals) {
    let header = SnapshotHeader {
        reason: "test",
        ..SnapshotHeader::of(&hold.ring(), hold.moment_ticks())
    };
    let mut bytes = Bytes::default();
    let totals = Encoder::stored(&mut [0; 4096])
        .encode_held(hold, &header, &mut bytes)
        .unwrap();
    let decoded = decode(&bytes.0).unwrap();
    assert_eq!(decoded.damage, []);
    assert_eq!((decoded.found(), totals.torn_pages), (totals.kept, 0));
    (decoded, totals)
}

/// Returns the times of the events up to `moment_ticks`, in order.
fn times_until(decoded: &Decoded, moment_ticks: u64) -> Vec<u64> {
    let times = decoded.events.iter().map(|event| event.ticks);
    let mut times: Vec<_> = times.filter(|ticks| *ticks <= moment_ticks).collect();
    times.sort_unstable();
    times
}

#[test]
fn what_the_ring_held_at_the_moment_is_in_the_snapshot_however_much_is_recorded_later() {
    let ring = ring(8, 100);
    let writer = Writer::new();
    write_all(&writer, &ring, 1..1000);
    let hold = ring.hold(999, NEVER, 1).unwrap();
    write_all(&writer, &ring, 1000..50_000);
    let (decoded, totals) = held(&hold);
    // All pages but the spare one.
    let times = times_until(&decoded, 999);
    assert!(times.len() as u64 > 6 * EVENTS_PER_PAGE, "{}", times.len());
    assert_eq!(times, (times[0]..1000).collect::<Vec<_>>());
    // The event before the first one is the last that is missing.
    assert_eq!(totals.complete_since_ticks, times[0] - 1);
    assert_eq!(totals.recorded()[INFO], 49_999);
}

#[test]
fn while_more_spare_pages_are_left_than_the_reserve_nothing_after_the_moment_is_lost() {
    let ring = ring(32, 100);
    let writer = Writer::new();
    write_all(&writer, &ring, 1..2000);
    let hold = ring.hold(1999, NEVER, 10).unwrap();
    let later = |pages: u64| 2000..2000 + pages * EVENTS_PER_PAGE;
    // Two of the ten are in reserve for other writers.
    write_all(&writer, &ring, later(7));
    let (decoded, _) = held(&hold);
    let after = decoded.events.iter().filter(|event| event.ticks > 1999);
    assert_eq!(after.count() as u64, 7 * EVENTS_PER_PAGE);
    write_all(&writer, &ring, later(7).end..later(100).end);
    // Another writer finds a page.
    write(&Writer::new(), &ring, 9_999).unwrap();
}

#[test]
fn without_a_hold_the_same_snapshot_is_not_complete_since_before_the_moment() {
    let ring = ring(8, 100);
    let writer = Writer::new();
    write_all(&writer, &ring, 1..1000);
    write_all(&writer, &ring, 1000..50_000);
    let (_, totals) = support::stored(&ring, 4096);
    assert!(totals.complete_since_ticks > 999);
}

#[test]
fn events_that_are_lost_between_the_moment_and_the_hold_are_stated() {
    let ring = ring(4, 100);
    let writer = Writer::new();
    write_all(&writer, &ring, 1..1000);
    let hold = ring.hold(500, NEVER, 1).unwrap();
    write_all(&writer, &ring, 1000..2000);
    let (decoded, totals) = held(&hold);
    assert_eq!(times_until(&decoded, 500), []);
    assert!(totals.complete_since_ticks > 500);
}

#[test]
fn what_was_lost_under_a_hold_with_an_earlier_moment_is_stated() {
    let ring = ring(4, 100);
    let writer = Writer::new();
    write_all(&writer, &ring, 1..1000);
    let first = ring.hold(999, NEVER, 1).unwrap();
    // The writer empties the page that it has claimed.
    write_all(&writer, &ring, 1000..2000);
    drop(first);
    // The second moment lies within the first hold.
    let second = ring.hold(1500, NEVER, 1).unwrap();
    write_all(&writer, &ring, 2000..3000);
    let (_, totals) = held(&second);
    assert!(totals.complete_since_ticks > 1500);
    assert_eq!(totals.recorded()[INFO], 2999);
}

#[test]
fn a_writer_that_finds_no_spare_page_drops_and_counts_until_the_release() {
    let ring = ring(4, 100);
    let writers = [Writer::new(), Writer::new()];
    for writer in &writers {
        write_all(writer, &ring, 1..2);
    }
    let hold = ring.hold(1, NEVER, 1).unwrap();
    write_all(&writers[0], &ring, 2..100);
    let second: Vec<_> = (2..100)
        .map(|ticks| write(&writers[1], &ring, ticks))
        .collect();
    let dropped = Err(WriteError::Dropped(DropCause::NoPage));
    assert!(second[..20].iter().all(Result::is_ok));
    assert!(second[30..].iter().all(|written| *written == dropped));
    let (decoded, totals) = held(&hold);
    assert_eq!(times_until(&decoded, 1), [1, 1]);
    assert_eq!(totals.recorded()[INFO], 2 * 99);
    drop(hold);
    assert_eq!(write(&writers[1], &ring, 100), Ok(()));
}

#[test]
fn one_context_holds_at_a_time() {
    let ring = ring(4, 100);
    let first = ring.hold(1, NEVER, 1).unwrap();
    assert!(ring.hold(2, NEVER, 1).is_none());
    drop(first);
    assert!(ring.hold(2, NEVER, 1).is_some());
}

#[test]
fn a_hold_ends_when_a_writer_claims_a_page_after_its_time() {
    let ring = ring(4, 100);
    let writer = Writer::new();
    write_all(&writer, &ring, 1..200);
    // The holder is killed: it never drops its hold.
    let hold = core::mem::ManuallyDrop::new(ring.hold(199, 1000, 1).unwrap());
    write_all(&writer, &ring, 200..1000);
    assert!(hold.is_in_force());
    write_all(&writer, &ring, 1000..1200);
    assert!(!hold.is_in_force());
    let (decoded, totals) = held(&hold);
    assert_eq!(times_until(&decoded, 199), []);
    assert!(totals.complete_since_ticks > 199);
}

#[test]
fn the_release_of_a_hold_that_has_ended_does_not_end_a_later_one() {
    let ring = ring(4, 100);
    let first = ring.hold(1, 10, 1).unwrap();
    let second = ring.hold(11, NEVER, 1).unwrap();
    assert!(!first.is_in_force());
    drop(first);
    assert!(second.is_in_force());
    let writer = Writer::new();
    write_all(&writer, &ring, 12..1000);
    assert!(second.is_in_force());
}

#[test]
fn sequence_numbers_go_on_in_a_page_that_is_emptied_under_a_hold() {
    let ring = ring(4, 100);
    let writer = Writer::new();
    write_all(&writer, &ring, 0..10);
    let hold = ring.hold(9, NEVER, 1).unwrap();
    write_all(&writer, &ring, 10..500);
    let (decoded, _) = held(&hold);
    for event in &decoded.events {
        assert_eq!(event.seq, Some(event.ticks));
    }
}

#[test]
fn threads_that_never_pause_lose_nothing_from_before_the_moment() {
    const THREADS: u64 = 4;
    const PAGES: usize = 64;
    static TICKS: AtomicU64 = AtomicU64::new(1);
    let ring = ring(PAGES, 512);
    let done = AtomicBool::new(false);
    let recorded = AtomicU64::new(0);
    let [held_events, snapshots] = thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let writer = Writer::new();
                writer.set_number(ring.next_writer());
                let mut events = 0;
                while !done.load(Ordering::Relaxed) {
                    let ticks = TICKS.fetch_add(1, Ordering::Relaxed);
                    // Counts the event if it is dropped.
                    let _ = write(&writer, &ring, ticks);
                    events += 1;
                }
                writer.release(&ring);
                recorded.fetch_add(events, Ordering::Relaxed);
            });
        }
        // The ring is full before the first moment.
        while ring.count().overwritten[INFO] == 0 {
            thread::yield_now();
        }
        let (mut held_events, mut snapshots) = (0, 0);
        while snapshots < 20 {
            let moment = TICKS.load(Ordering::Relaxed);
            let hold = ring.hold(moment, NEVER, 8).unwrap();
            let (decoded, totals) = held(&hold);
            assert!(hold.is_in_force());
            drop(hold);
            // A thread that was stopped before the moment writes an earlier time later on: such events
            // are few, and only the last ones.
            let times = times_until(&decoded, moment);
            let since = totals.complete_since_ticks;
            assert!(since <= moment, "complete since {since}, moment {moment}");
            let complete = times.iter().filter(|ticks| **ticks > since).count() as u64;
            assert!(
                complete + 8 * THREADS >= moment - since,
                "{complete} {since} {moment}"
            );
            held_events += times.len() as u64;
            snapshots += 1;
        }
        done.store(true, Ordering::Relaxed);
        [held_events, snapshots]
    });
    let capacity = (PAGES as u64) * (512 - 26) / 3;
    assert!(held_events / snapshots > capacity * 8 / 10, "{held_events}");
    let counts = ring.count();
    assert_eq!(counts.recorded()[INFO], recorded.into_inner());
}

/// A slow line: an interrupt logs while each part of the snapshot is sent.
struct SlowLine(Vec<u8>);

impl Sink for SlowLine {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        for value in 0..50_u32 {
            info!("interrupt value={value}");
        }
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[test]
fn an_interrupt_may_log_while_main_sends_a_held_snapshot_over_a_slow_line() {
    static TICKS: AtomicU64 = AtomicU64::new(1);
    let ring = install(|| TICKS.fetch_add(1, Ordering::Relaxed), 6, 128);
    for number in 0..1000_u32 {
        info!("main number={number}");
    }
    let moment = TICKS.load(Ordering::Relaxed) - 1;
    let hold = ring.hold(moment, NEVER, 1).unwrap();
    let header = SnapshotHeader::of(&ring, moment);
    let mut line = SlowLine(Vec::new());
    let totals = Encoder::lz4(&mut [0; 2048], &mut lz4_table())
        .encode_held(&hold, &header, &mut line)
        .unwrap();
    drop(hold);
    let decoded = decode(&line.0).unwrap();
    assert_eq!(decoded.damage, []);
    let times = times_until(&decoded, moment);
    assert_eq!(times, (times[0]..=moment).collect::<Vec<_>>());
    assert!(times.len() > 4 * 23, "{}", times.len());
    assert!(totals.complete_since_ticks < times[0]);
    let recorded = ring.count().recorded();
    assert_eq!(recorded[INFO], TICKS.load(Ordering::Relaxed) - 2);
}
