//! All sizes of scratch buffers and all ends of sinks.

use std::thread;

use ttlog_core::{
    Context, Header, Level, Name, Refused, Ring, SnapshotHeader, Word, Writer,
    lane::Dropped,
    snapshot::{EncodeError, Encoder, Full, SCRATCH_MIN_BYTES, Sink, SliceSink, lz4_table},
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
fn the_encoder_answers_what_stands_in_the_end_block() {
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
            .encode(&ring, &header(), &mut bytes)
            .unwrap();
        assert_eq!(decode(&bytes.0).unwrap().events, events, "{scratch_bytes}");
    }
}

#[test]
fn a_scratch_buffer_below_the_least_is_refused() {
    let encoded = Encoder::stored(&mut [0; SCRATCH_MIN_BYTES - 1]).encode(
        &ring(2, 64),
        &header(),
        Bytes::default(),
    );
    assert_eq!(
        encoded,
        Err(EncodeError::Scratch {
            bytes: SCRATCH_MIN_BYTES - 1
        })
    );
}

#[test]
fn a_header_that_no_block_holds_is_refused() {
    let reason = "r".repeat(SCRATCH_MIN_BYTES);
    let header = SnapshotHeader {
        reason: &reason,
        ..header()
    };
    let encoded = Encoder::stored(&mut [0; SCRATCH_MIN_BYTES]).encode(
        &ring(2, 64),
        &header,
        Bytes::default(),
    );
    assert_eq!(
        encoded,
        Err(EncodeError::Scratch {
            bytes: SCRATCH_MIN_BYTES
        })
    );
}

#[test]
fn the_smallest_scratch_buffer_holds_every_record_of_a_ring_with_pages_of_146_words() {
    let ring = ring(3, 146);
    let writer = Writer::new();
    for words in (2..=ring.record_max_words()).rev().take(3) {
        let header = Header::new(1, Level::Info).with_words(words);
        writer.write(&ring, 2, header, &|_: &[Word]| {}).unwrap();
        let (_, totals) = stored(&ring, SCRATCH_MIN_BYTES);
        assert_eq!(totals.overwritten, [0; 6], "{words} words");
    }
}

/// Sends each byte by itself, as a serial line does.
#[derive(Default)]
struct Serial(Vec<u8>);

impl Serial {
    fn send(&mut self, byte: u8) {
        self.0.push(byte);
    }
}

impl Sink for Serial {
    type Error = core::convert::Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        bytes.iter().for_each(|byte| self.send(*byte));
        Ok(())
    }
}

#[test]
fn a_serial_line_gets_what_a_file_would() {
    let ring = mixed();
    let mut serial = Serial::default();
    Encoder::stored(&mut [0; SCRATCH_MIN_BYTES])
        .encode(&ring, &header(), &mut serial)
        .unwrap();
    assert_eq!(serial.0, stored(&ring, SCRATCH_MIN_BYTES).0);
}

#[test]
fn a_record_that_no_block_holds_costs_no_other_event() {
    let ring = ring(2, 600);
    let writer = Writer::new();
    write(&writer, &ring, 1, 1);
    let words = 300;
    let header = Header::new(1, Level::Info).with_words(words);
    writer.write(&ring, 2, header, &|_: &[Word]| {}).unwrap();
    write(&writer, &ring, 3, 3);
    assert_eq!(
        serials(&decode(&stored(&ring, SCRATCH_MIN_BYTES).0).unwrap()),
        [1, 3]
    );
}

#[test]
fn a_record_that_no_block_holds_is_in_the_accounting() {
    let ring = ring(2, 600);
    let words = 300;
    let header = Header::new(1, Level::Info).with_words(words);
    Writer::new()
        .write(&ring, 2, header, &|_: &[Word]| {})
        .unwrap();
    let (_, totals) = stored(&ring, SCRATCH_MIN_BYTES);
    assert_eq!(totals.recorded()[Level::Info as usize], 1);
}

#[test]
fn a_record_that_no_block_holds_costs_no_context() {
    let ring = ring(2, 900);
    let writer = Writer::new();
    writer.set_name(Name::new(7, "worker-7"));
    writer.replace_context(Some(Context::root()));
    for serial in 0..100 {
        let words = if serial == 50 { 300 } else { 4 };
        let header = Header::new(1, Level::Info).with_words(words);
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

/// A sink that has room for so many bytes.
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

/// Encodes into a sink with so much room.
fn bounded(ring: &Ring<'_>, room: usize) -> (Vec<u8>, bool) {
    let mut sink = Bounded {
        bytes: vec![],
        room,
    };
    let encoded = Encoder::stored(&mut [0; 600]).encode(ring, &header(), &mut sink);
    if let Err(error) = encoded {
        assert_eq!(error, EncodeError::Sink("full"));
    }
    (sink.bytes, encoded.is_ok())
}

#[test]
fn a_sink_that_fails_ends_the_snapshot_with_its_error() {
    // No other test may use callsites meanwhile: they are in each snapshot.
    let _lane = lane();
    let ring = filled(ring(2, 200), 20);
    let (whole, _) = bounded(&ring, usize::MAX);
    for room in 0..=whole.len() {
        assert_eq!(bounded(&ring, room).1, room == whole.len(), "{room}");
    }
}

#[test]
fn what_a_sink_took_before_it_failed_is_readable() {
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
    let encoded =
        Encoder::stored(&mut [0; 600]).encode(&mixed(), &header(), SliceSink::new(&mut bytes));
    assert_eq!(encoded, Err(EncodeError::Sink(Full)));
}

#[test]
fn a_record_without_text_that_is_too_long_for_the_ring_is_dropped_and_counted() {
    let ring = ring(2, 64);
    let writer = Writer::new();
    let header = Header::new(1, Level::Info).with_words(50);
    let refused = writer.write(&ring, 1, header, &|_: &[Word]| {});
    assert_eq!(refused, Err(Refused::TooLong { max_words: 40 }));
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
    ring.count_dropped(Level::Fatal, Dropped::NoId);
    let (_, totals) = snapshot(&ring);
    assert_eq!(totals.dropped[Dropped::NoId as usize], [0, 0, 0, 0, 0, 1]);
}
