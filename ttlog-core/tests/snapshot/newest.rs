//! Snapshots of the newest events only.

use ttlog_core::{Ring, SnapshotHeader, Writer, snapshot::Encoder};

use crate::{
    mixed,
    support::{Bytes, Decoded, decode, header, ring},
    write,
};

/// Takes a snapshot of the newest `events_max` events, and reads it.
fn newest(ring: &Ring<'_>, events_max: u64) -> Decoded {
    let header = SnapshotHeader {
        events_max,
        ..header(ring)
    };
    let mut bytes = Bytes::default();
    Encoder::stored(&mut vec![0; 65536])
        .encode(ring, &header, &mut bytes)
        .unwrap();
    decode(&bytes.0).unwrap()
}

/// Checks that a snapshot holds the newest events, each of which has its own tick.
fn check_newest(ring: &Ring<'_>, now_ticks: u64, events_max: u64) {
    let mut ticks: Vec<u64> = newest(ring, events_max)
        .events
        .iter()
        .map(|event| event.ticks)
        .collect();
    ticks.sort_unstable_by(|a, b| b.cmp(a));
    let due: Vec<u64> = (0..events_max).map(|age| now_ticks - age).collect();
    assert_eq!(ticks.get(..due.len()), Some(&due[..]), "of {events_max}");
}

#[test]
fn the_newest_events_of_one_writer_are_kept() {
    let ring = ring(8, 100);
    let writer = Writer::new();
    for serial in 1..=150_u32 {
        write(&writer, &ring, serial.into(), serial);
    }
    for events_max in 1..=150 {
        check_newest(&ring, 150, events_max);
    }
}

#[test]
fn the_newest_events_are_kept_beside_an_idle_writer() {
    let ring = ring(8, 100);
    let (idle, busy) = (Writer::new(), Writer::new());
    for serial in 1..=25_u32 {
        write(&idle, &ring, serial.into(), serial);
    }
    for serial in 26..=125_u32 {
        write(&busy, &ring, serial.into(), serial);
    }
    for events_max in 1..=100 {
        check_newest(&ring, 125, events_max);
    }
}

#[test]
fn the_newest_events_are_kept_if_a_page_of_old_events_is_released_late() {
    let ring = ring(8, 100);
    let (slow, busy) = (Writer::new(), Writer::new());
    for serial in 1..=25_u32 {
        write(&slow, &ring, serial.into(), serial);
    }
    for serial in 26..=125_u32 {
        write(&busy, &ring, serial.into(), serial);
    }
    slow.release(&ring);
    for events_max in 1..=100 {
        check_newest(&ring, 125, events_max);
    }
}

#[test]
fn pages_that_hold_only_older_events_are_left_out() {
    let ring = ring(8, 100);
    let writer = Writer::new();
    for serial in 1..=150_u32 {
        write(&writer, &ring, serial.into(), serial);
    }
    // A page holds about 25 events, and the newest event may be alone in its page.
    assert!(newest(&ring, 30).events.len() < 30 + 2 * 25);
}

#[test]
fn events_that_are_left_out_count_as_overwritten() {
    let ring = mixed();
    let (all, some) = (
        newest(&ring, 0).totals.unwrap(),
        newest(&ring, 10).totals.unwrap(),
    );
    assert!(some.kept < all.kept);
    assert_eq!(some.recorded(), all.recorded());
}

#[test]
fn no_event_after_complete_since_is_left_out() {
    let ring = mixed();
    let decoded = newest(&ring, 10);
    let since = decoded.totals.unwrap().complete_since_ticks;
    let after = |decoded: &Decoded| {
        decoded
            .events
            .iter()
            .filter(|event| event.ticks > since)
            .count()
    };
    assert_eq!(after(&decoded), after(&newest(&ring, 0)));
}
