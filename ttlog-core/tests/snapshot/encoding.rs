//! Scratch buffers of all sizes, and sinks that fail at any byte.

use std::{convert::Infallible, thread};

use ttlog_core::{
    Context, DropCause, Level, RecordHeader, Ring, SnapshotHeader, ThreadName, Word, WriteError,
    Writer,
    snapshot::{
        ByteSink, EncodeError, Encoder, SCRATCH_MIN_BYTES, Sink, SliceFull, SliceSink, lz4_table,
    },
};

use crate::{
    filled, lane, mixed,
    support::{Bytes, Decoded, Seen, decode, header, ring, snapshot, stored},
    write,
};

fn serials(decoded: &Decoded) -> Vec<u32> {
    let word = |event: &Seen| u32::from_le_bytes(event.body[..4].try_into().unwrap());
    decoded.events.iter().map(word).collect()
}

#[test]
fn a_second_snapshot_holds_the_same_events() {
    let ring = mixed();
    assert_eq!(
        decode(&snapshot(&ring).0).unwrap().events,
        decode(&snapshot(&ring).0).unwrap().events
    );
}

#[test]
fn the_encoder_returns_the_content_of_the_end_block() {
    let (bytes, totals) = snapshot(&mixed());
    assert_eq!(decode(&bytes).unwrap().totals, Some(totals));
}

#[test]
fn every_scratch_size_gives_the_same_stored_events() {
    let ring = mixed();
    let events = decode(&snapshot(&ring).0).unwrap().events;
    for scratch_bytes in (SCRATCH_MIN_BYTES..6000).step_by(97) {
        let decoded = decode(&stored(&ring, scratch_bytes).0).unwrap();
        assert_eq!(decoded.events, events, "{scratch_bytes}");
    }
}

#[test]
fn every_scratch_size_gives_the_same_compressed_events() {
    let ring = mixed();
    let events = decode(&snapshot(&ring).0).unwrap().events;
    let mut table = lz4_table();
    for scratch_bytes in (SCRATCH_MIN_BYTES..12_000).step_by(201) {
        let mut bytes = Bytes::default();
        let mut scratch = vec![0; scratch_bytes];
        Encoder::lz4(&mut scratch, &mut table)
            .encode(&ring, &header(&ring), &mut bytes)
            .unwrap();
        assert_eq!(decode(&bytes.0).unwrap().events, events, "{scratch_bytes}");
    }
}

#[test]
fn a_scratch_buffer_below_the_minimum_is_an_error() {
    let ring = ring(2, 64);
    let encoded = Encoder::stored(&mut [0; SCRATCH_MIN_BYTES - 1]).encode(
        &ring,
        &header(&ring),
        Bytes::default(),
    );
    assert_eq!(
        encoded,
        Err(EncodeError::Scratch {
            bytes: SCRATCH_MIN_BYTES - 1,
            needed: Some(SCRATCH_MIN_BYTES),
        })
    );
}

#[test]
fn a_header_that_does_not_fit_a_block_is_an_error_that_states_what_it_needs() {
    let ring = ring(2, 64);
    let mut table = lz4_table();
    for reason_bytes in [SCRATCH_MIN_BYTES, 2_048, 20_000] {
        let reason = "r".repeat(reason_bytes);
        let header = SnapshotHeader {
            reason: &reason,
            ..header(&ring)
        };
        for compresses in [false, true] {
            let mut encode = |scratch: &mut [u8]| {
                let mut encoder = match compresses {
                    false => {
                        return Encoder::stored(scratch).encode(&ring, &header, Bytes::default());
                    }
                    true => Encoder::lz4(scratch, &mut table),
                };
                encoder.encode(&ring, &header, Bytes::default())
            };
            let Err(EncodeError::Scratch { bytes, needed }) = encode(&mut vec![0; reason_bytes])
            else {
                panic!("{reason_bytes} bytes hold the reason and more");
            };
            assert_eq!(bytes, reason_bytes);
            let needed = needed.unwrap();
            assert!(encode(&mut vec![0; needed - 1]).is_err());
            assert!(encode(&mut vec![0; needed]).is_ok());
        }
    }
}

#[test]
fn a_header_that_fits_no_block_needs_no_scratch_buffer_but_shorter_texts() {
    let ring = ring(2, 64);
    let reason = "r".repeat(70_000);
    let header = SnapshotHeader {
        reason: &reason,
        ..header(&ring)
    };
    let encoded = Encoder::stored(&mut vec![0; 80_000]).encode(&ring, &header, Bytes::default());
    let error = encoded.unwrap_err();
    assert_eq!(
        error,
        EncodeError::Scratch {
            bytes: 80_000,
            needed: None
        }
    );
}

#[test]
fn the_smallest_scratch_buffer_holds_every_record_of_a_ring_with_pages_of_146_words() {
    let ring = ring(3, 146);
    let writer = Writer::new();
    for words in (2..=ring.record_max_words()).rev().take(3) {
        let header = RecordHeader::new(1, Level::Info).with_words(words);
        writer.write(&ring, 2, header, &|_: &[Word]| {}).unwrap();
        let (_, totals) = stored(&ring, SCRATCH_MIN_BYTES);
        assert_eq!(totals.overwritten, [0; 6], "{words} words");
    }
}

/// Writes the same bytes into two sinks.
struct Both<A, B>(A, B);

impl<A: Sink<Error = Infallible>, B: Sink<Error = Infallible>> Sink for Both<A, B> {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.write(bytes)?;
        self.1.write(bytes)
    }
}

#[test]
fn a_byte_sink_gets_the_bytes_of_a_file() {
    let ring = mixed();
    let (mut sent, mut file) = (vec![], Bytes::default());
    // One encoding, because a callsite that another test registers meanwhile is in the next one.
    let sinks = Both(ByteSink(|byte| sent.push(byte)), &mut file);
    Encoder::stored(&mut [0; SCRATCH_MIN_BYTES])
        .encode(&ring, &header(&ring), sinks)
        .unwrap();
    assert_eq!(sent, file.0);
}

#[test]
fn a_record_that_does_not_fit_a_block_costs_no_other_event() {
    let ring = ring(2, 600);
    let writer = Writer::new();
    write(&writer, &ring, 1, 1);
    let words = 300;
    let header = RecordHeader::new(1, Level::Info).with_words(words);
    writer.write(&ring, 2, header, &|_: &[Word]| {}).unwrap();
    write(&writer, &ring, 3, 3);
    assert_eq!(
        serials(&decode(&stored(&ring, SCRATCH_MIN_BYTES).0).unwrap()),
        [1, 3]
    );
}

#[test]
fn a_record_that_does_not_fit_a_block_is_in_the_accounting() {
    let ring = ring(2, 600);
    let words = 300;
    let header = RecordHeader::new(1, Level::Info).with_words(words);
    Writer::new()
        .write(&ring, 2, header, &|_: &[Word]| {})
        .unwrap();
    let (_, totals) = stored(&ring, SCRATCH_MIN_BYTES);
    assert_eq!(totals.recorded()[Level::Info as usize], 1);
}

#[test]
fn a_record_that_does_not_fit_a_block_costs_no_context() {
    let ring = ring(2, 900);
    let writer = Writer::new();
    writer.set_thread(ThreadName::new(7, "worker-7"));
    writer.replace_context(Some(Context::root()));
    for serial in 0..100 {
        let words = if serial == 50 { 300 } else { 4 };
        let header = RecordHeader::new(1, Level::Info).with_words(words);
        writer
            .write(&ring, serial, header, &|_: &[Word]| {})
            .unwrap();
    }
    let (bytes, totals) = stored(&ring, SCRATCH_MIN_BYTES);
    let events = decode(&bytes).unwrap().events;
    assert_eq!(events.len(), 99);
    for event in &events {
        assert_eq!(event.context, events[0].context);
        assert_eq!(event.thread_name, "worker-7");
    }
    assert!(events[0].context.is_some());
    assert_eq!(totals.overwritten[Level::Info as usize], 1);
    assert_eq!(totals.complete_since_ticks, 50);
    assert_eq!(totals.torn_pages, 0);
}

/// A sink that takes `room` bytes.
struct Bounded {
    bytes: Vec<u8>,
    room: usize,
}

impl Sink for Bounded {
    type Error = &'static str;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        let taken = bytes.len().min(self.room - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        if taken == bytes.len() {
            Ok(())
        } else {
            Err("full")
        }
    }
}

/// Encodes into a sink that takes `room` bytes. Returns the bytes that it took, and whether these are all.
fn bounded(ring: &Ring<'_>, room: usize) -> (Vec<u8>, bool) {
    let mut sink = Bounded {
        bytes: vec![],
        room,
    };
    let encoded = Encoder::stored(&mut [0; 600]).encode(ring, &header(ring), &mut sink);
    if let Err(error) = encoded {
        assert_eq!(error, EncodeError::Sink("full"));
    }
    (sink.bytes, encoded.is_ok())
}

#[test]
fn a_sink_that_fails_ends_the_snapshot_with_its_error() {
    // Every snapshot describes all callsites, so no other test may use a new one meanwhile.
    let _lane = lane();
    let ring = filled(ring(2, 200), 20);
    let (whole, _) = bounded(&ring, usize::MAX);
    for room in 0..=whole.len() {
        assert_eq!(bounded(&ring, room).1, room == whole.len(), "{room}");
    }
}

#[test]
fn the_bytes_that_a_sink_took_before_it_failed_are_readable() {
    let _lane = lane();
    let ring = filled(ring(2, 200), 20);
    let (whole, _) = bounded(&ring, usize::MAX);
    for room in 12..whole.len() {
        let taken = bounded(&ring, room).0;
        assert_eq!(
            decode(&taken).unwrap().events,
            decode(&whole[..room]).unwrap().events,
            "{room}"
        );
    }
}

#[test]
fn a_slice_that_is_too_short_is_an_error() {
    let mut bytes = [0; 100];
    let ring = mixed();
    let encoded =
        Encoder::stored(&mut [0; 600]).encode(&ring, &header(&ring), SliceSink::new(&mut bytes));
    assert_eq!(encoded, Err(EncodeError::Sink(SliceFull)));
}

#[test]
fn a_record_that_is_too_long_for_the_ring_is_an_error() {
    let ring = ring(2, 64);
    let writer = Writer::new();
    let header = RecordHeader::new(1, Level::Info).with_words(50);
    let refused = writer.write(&ring, 1, header, &|_: &[Word]| {});
    assert_eq!(refused, Err(WriteError::TooLong { max_words: 38 }));
}

#[test]
fn snapshots_of_several_threads_at_once_hold_the_same_events() {
    let ring = mixed();
    let events = decode(&snapshot(&ring).0).unwrap().events;
    thread::scope(|scope| {
        let snapshots: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| decode(&snapshot(&ring).0).unwrap().events))
            .collect();
        for snapshot in snapshots {
            assert_eq!(snapshot.join().unwrap(), events);
        }
    });
}

#[test]
fn dropped_events_are_in_the_accounting_by_cause_and_level() {
    let ring = ring(2, 64);
    ring.count_dropped(Level::Fatal, DropCause::NoId);
    let (_, totals) = snapshot(&ring);
    assert_eq!(totals.dropped[DropCause::NoId as usize], [0, 0, 0, 0, 0, 1]);
}
