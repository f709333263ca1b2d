//! The identity of events: run id, writer number, and sequence number in the writer.

use core::{cell::Cell, sync::atomic::Ordering};
use std::collections::HashMap;

use ttlog_core::{
    DropCause, Level, RecordHeader, Ring, ThreadName, Word, WriteError, Writer,
    decode::{Content, Snapshot},
    snapshot::{BLOCK_MAX_BYTES, SCRATCH_MIN_BYTES},
};

use crate::{
    mixed,
    support::{RUN, Seen, decode, ring, snapshot, stored},
    write,
};

fn events(ring: &Ring<'_>) -> Vec<Seen> {
    decode(&snapshot(ring).0).unwrap().events
}

fn serial(event: &Seen) -> u64 {
    u32::from_le_bytes(event.body[..4].try_into().unwrap()).into()
}

/// Checks that each event's sequence number is its serial number, and that events up to `last` are
/// there.
fn check_serials(ring: &Ring<'_>, last: u64) {
    let events = events(ring);
    assert_eq!(events.iter().map(serial).max(), Some(last));
    for event in events {
        assert_eq!(event.seq, Some(serial(&event)), "{event:?}");
    }
}

#[test]
fn the_events_of_a_writer_are_numbered_from_0() {
    let ring = ring(2, 100);
    let writer = Writer::new();
    for number in 0..10 {
        write(&writer, &ring, 1, number);
    }
    let numbers: Vec<_> = events(&ring).iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (0..10).map(Some).collect::<Vec<_>>());
}

#[test]
fn numbers_continue_in_the_next_page() {
    let ring = ring(3, 60);
    let writer = Writer::new();
    for number in 0..500 {
        write(&writer, &ring, number.into(), number);
        check_serials(&ring, number.into());
    }
}

#[test]
fn numbers_continue_after_a_release() {
    let ring = ring(3, 60);
    let writer = Writer::new();
    for number in 0..100 {
        write(&writer, &ring, number.into(), number);
        if number % 7 == 0 {
            writer.release(&ring);
        }
        check_serials(&ring, number.into());
    }
}

#[test]
fn a_record_that_interrupts_another_has_the_number_behind_it() {
    let ring = ring(6, 60);
    let writer = Writer::new();
    let header = RecordHeader::new(1, Level::Info).with_words(3);
    let next = Cell::new(0);
    let take = || next.replace(next.get() + 1);
    for ticks in 0..40 {
        let written = writer.write(&ring, ticks, header, &|room: &[Word]| {
            room[0].store(take(), Ordering::Relaxed);
            let nested = writer.write(&ring, ticks, header, &|room: &[Word]| {
                room[0].store(take(), Ordering::Relaxed);
            });
            // A record that finds no room in the page has no number.
            assert!(matches!(
                nested,
                Ok(()) | Err(WriteError::Dropped(DropCause::Nested))
            ));
        });
        written.unwrap();
    }
    assert!(next.get() > 60 && next.get() < 80, "{}", next.get());
    check_serials(&ring, u64::from(next.get()) - 1);
}

#[test]
fn numbers_are_those_of_a_writer_also_if_threads_share_it() {
    let ring = ring(3, 100);
    let writer = Writer::new();
    for number in 0..60_u32 {
        writer.set_thread(ThreadName::new(number % 2, "worker"));
        write(&writer, &ring, number.into(), number);
    }
    check_serials(&ring, 59);
    assert!(events(&ring).iter().all(|event| event.writer == 0));
}

#[test]
fn each_writer_has_its_own_numbers() {
    let ring = ring(8, 60);
    let writers = [1, 2, 3].map(|number| {
        let writer = Writer::new();
        writer.set_number(number);
        writer
    });
    for number in 0..20 {
        for writer in &writers {
            write(writer, &ring, number.into(), number);
        }
    }
    check_serials(&ring, 19);
    let mut writers: Vec<u32> = events(&ring).iter().map(|event| event.writer).collect();
    writers.sort_unstable();
    writers.dedup();
    assert_eq!(writers, [1, 2, 3]);
}

#[test]
fn a_writer_with_a_new_number_begins_at_0() {
    let ring = ring(3, 60);
    let writer = Writer::new();
    for number in [1, 2] {
        writer.set_number(number);
        write(&writer, &ring, 1, 0);
        write(&writer, &ring, 1, 1);
        writer.release(&ring);
    }
    check_serials(&ring, 1);
}

#[test]
fn a_record_that_does_not_fit_a_block_keeps_its_number() {
    let ring = ring(2, 900);
    let writer = Writer::new();
    for number in 0..100_u32 {
        if number == 55 {
            let header = RecordHeader::new(1, Level::Info).with_words(300);
            writer.write(&ring, 1, header, &|_: &[Word]| {}).unwrap();
        } else {
            write(&writer, &ring, 1, number);
        }
    }
    let events = decode(&stored(&ring, SCRATCH_MIN_BYTES).0).unwrap().events;
    let numbers: Vec<_> = events.iter().map(|event| event.seq.unwrap()).collect();
    let expected: Vec<u64> = (0..100).filter(|number| *number != 55).collect();
    assert_eq!(numbers, expected);
    assert!(events.iter().all(|event| event.seq == Some(serial(event))));
}

#[test]
fn chunks_of_a_page_state_the_numbers_of_the_whole_page() {
    let ring = mixed();
    let whole = events(&ring);
    let chunked = decode(&stored(&ring, SCRATCH_MIN_BYTES).0).unwrap().events;
    let numbers = |events: &[Seen]| -> Vec<_> { events.iter().map(|event| event.seq).collect() };
    assert_eq!(numbers(&chunked), numbers(&whole));
}

#[test]
fn an_event_has_the_same_identity_in_all_snapshots() {
    let ring = ring(6, 60);
    let writers = [1, 2].map(|number| {
        let writer = Writer::new();
        writer.set_number(number);
        writer
    });
    let mut known: HashMap<(u32, u64), Seen> = HashMap::new();
    let mut seen_again = 0;
    for number in 0..300_u32 {
        let writer = &writers[usize::from(number % 3 == 0)];
        write(writer, &ring, number.into(), number);
        for event in events(&ring) {
            let identity = (event.writer, event.seq.unwrap());
            if let Some(before) = known.get(&identity) {
                assert_eq!((before.ticks, &before.body), (event.ticks, &event.body));
                seen_again += 1;
            }
            known.insert(identity, event);
        }
    }
    assert_eq!(known.len(), 300);
    assert!(seen_again > 1000);
}

#[test]
fn every_block_states_the_run() {
    let ring = mixed();
    for bytes in [snapshot(&ring).0, stored(&ring, SCRATCH_MIN_BYTES).0] {
        let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
        let mut blocks = Snapshot::new(&bytes).unwrap().blocks();
        let mut count = 0;
        while let Some(block) = blocks.next(&mut buffer) {
            let block = block.unwrap();
            assert_eq!(block.run_id, Some(RUN.id));
            if let Content::Header(header) = block.content {
                assert_eq!(header.run_id, RUN.id);
            }
            count += 1;
        }
        assert!(count > 2);
    }
}
