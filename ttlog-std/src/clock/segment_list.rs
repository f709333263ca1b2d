//! The segments of a run's clock: a bounded list that is appended to and read without waiting.
//!
//! A reader copies the segments and drops those that were overwritten meanwhile, so a panic hook or a
//! signal handler can read the list at any time.
//!
//! A segment must not begin before a time that a reader has already converted. A reader therefore
//! reads its moment first and the list after that. An append first sets a flag, and reads its time
//! after that. A reader that finds the flag clears it: the append then fails, and a later append
//! replaces it. So a reader never waits, and the times that it has computed stay valid.

use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    fence,
};

use ttlog_core::{ClockSegment, ClockSegments};

/// Maximum number of segments. When the list is full, the oldest is dropped.
pub(crate) const SEGMENTS_MAX: usize = 1_024;
/// One slot more than can be read, because one may be being written.
const SLOTS: usize = SEGMENTS_MAX + 1;
const SLOT_WORDS: usize = ClockSegment::BYTES / 8;

/// In the state: an append is in progress. The other bits are the number of segments so far.
const APPENDING: u64 = 1;

/// Room for all segments as they stand in a snapshot.
pub(crate) type SegmentBuffer = [u8; SEGMENTS_MAX * ClockSegment::BYTES];

/// The segments, in the order of their ticks.
#[derive(Debug)]
pub(crate) struct SegmentList {
    state: AtomicU64,
    slots: Box<[[AtomicU64; SLOT_WORDS]]>,
}

impl SegmentList {
    /// Creates a list of one segment.
    pub(super) fn new(first: ClockSegment) -> Self {
        let slots = (0..SLOTS).map(|_| Default::default()).collect();
        let list = Self {
            state: AtomicU64::new(0),
            slots,
        };
        list.append(|| Some(first));
        list
    }

    /// Empties the list, and appends a segment. No other thread uses the list.
    #[cfg(test)]
    pub(super) fn restart(&self, first: ClockSegment) {
        self.state.store(0, Relaxed);
        self.append(|| Some(first));
    }

    /// Appends the segment that `make` returns. Returns `false` if there is none, or if the list was
    /// read meanwhile. The caller makes sure that only one thread appends at a time.
    pub(super) fn append(&self, make: impl FnOnce() -> Option<ClockSegment>) -> bool {
        let begun = self.state.fetch_or(APPENDING, AcqRel) | APPENDING;
        let Some(segment) = make() else {
            self.state.fetch_and(!APPENDING, Relaxed);
            return false;
        };
        for (to, bytes) in self
            .slot(begun >> 1)
            .iter()
            .zip(segment.to_bytes().as_chunks().0)
        {
            // A reader that reads one of these words then also reads a state of at least `begun`.
            to.store(u64::from_le_bytes(*bytes), Release);
        }
        self.state
            .compare_exchange(begun, begun + APPENDING, Release, Relaxed)
            .is_ok()
    }

    /// Copies the segments that hold at `oldest_ticks` and later into `buffer`. The caller has read
    /// its moment before.
    pub(super) fn read<'b>(
        &self,
        oldest_ticks: u64,
        buffer: &'b mut SegmentBuffer,
    ) -> ClockSegments<'b> {
        let count = self.state.fetch_and(!APPENDING, AcqRel) >> 1;
        let kept = count.saturating_sub(SEGMENTS_MAX as u64)..count;
        let first = kept
            .clone()
            .rfind(|&number| self.slot(number)[0].load(Relaxed) <= oldest_ticks)
            .unwrap_or(kept.start);
        let slots = buffer.as_chunks_mut::<{ ClockSegment::BYTES }>().0;
        for (to, number) in slots.iter_mut().zip(first..count) {
            for (to, word) in to.as_chunks_mut().0.iter_mut().zip(self.slot(number)) {
                *to = word.load(Relaxed).to_le_bytes();
            }
        }
        fence(Acquire);
        let whole_from = (self.state.load(Relaxed) >> 1).saturating_sub(SEGMENTS_MAX as u64);
        let dropped = whole_from.saturating_sub(first).min(count - first) as usize;
        let end = (count - first) as usize * ClockSegment::BYTES;
        ClockSegments(
            buffer
                .get(dropped * ClockSegment::BYTES..end)
                .unwrap_or_default(),
        )
    }

    fn slot(&self, number: u64) -> &[AtomicU64; SLOT_WORDS] {
        &self.slots[(number % SLOTS as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Cursor, thread};

    use ttlog_core::{
        Geometry, Ring, SnapshotHeader, Word,
        ring::Run,
        snapshot::{Encoder, lz4_table},
    };
    use ttlog_reader::{Clock, Summary};

    use super::*;
    use crate::write_sink::WriteSink;

    /// A segment whose numbers all follow from its tick.
    fn segment(ticks: u64) -> ClockSegment {
        ClockSegment {
            ticks,
            unix_ns: ticks * 3,
            rate_ns: ticks * 5,
            rate_ticks: ticks * 7 + 1,
        }
    }

    fn read(list: &SegmentList, oldest_ticks: u64) -> Vec<ClockSegment> {
        let mut buffer: Box<SegmentBuffer> = Box::new([0; _]);
        list.read(oldest_ticks, &mut buffer).iter().collect()
    }

    #[test]
    fn a_full_list_drops_the_oldest() {
        let list = SegmentList::new(segment(0));
        let appended = 3 * SEGMENTS_MAX as u64 + 7;
        for ticks in 1..appended {
            assert!(list.append(|| Some(segment(ticks))));
        }
        let expected: Vec<_> = (appended - SEGMENTS_MAX as u64..appended)
            .map(segment)
            .collect();
        assert_eq!(read(&list, 0), expected);
    }

    #[test]
    fn a_full_list_fits_the_header_of_a_snapshot() {
        let list = SegmentList::new(segment(0));
        for ticks in 1..2 * SEGMENTS_MAX as u64 {
            list.append(|| Some(segment(ticks * u64::from(u32::MAX))));
        }
        let memory: Vec<Word> = (0..1_000).map(|_| Word::new(0)).collect();
        let ring = Ring::new(&memory, Geometry { page_words: 200 }, Run::default()).unwrap();
        let (mut scratch, mut table) = (vec![0; 128 * 1024], lz4_table());
        let mut buffer: Box<SegmentBuffer> = Box::new([0; _]);
        let header = SnapshotHeader {
            segments: list.read(0, &mut buffer),
            ..SnapshotHeader::of(&ring, 0)
        };
        let mut file = Vec::new();
        Encoder::lz4(&mut scratch, &mut table)
            .encode(&ring, &header, WriteSink(&mut file))
            .unwrap();
        let clock = Summary::read_from(&mut Cursor::new(file)).map(|summary| summary.clock);
        assert_eq!(clock.unwrap(), Clock::new(0, 0, &header.segments));
    }

    #[test]
    fn segments_that_end_before_the_oldest_tick_are_left_out() {
        let list = SegmentList::new(segment(0));
        for ticks in [10, 20, 30] {
            list.append(|| Some(segment(ticks)));
        }
        assert_eq!(read(&list, 0).len(), 4);
        assert_eq!(read(&list, 19), [segment(10), segment(20), segment(30)]);
        assert_eq!(read(&list, 20), [segment(20), segment(30)]);
        assert_eq!(read(&list, u64::MAX), [segment(30)]);
    }

    #[test]
    fn a_reader_ends_an_append_that_may_have_begun_before_its_moment() {
        let list = SegmentList::new(segment(1));
        let appended = list.append(|| {
            assert_eq!(read(&list, 0), [segment(1)]);
            Some(segment(2))
        });
        assert!(!appended);
        assert!(!list.append(|| None));
        assert!(list.append(|| Some(segment(3))));
        assert_eq!(read(&list, 0), [segment(1), segment(3)]);
    }

    #[test]
    fn what_is_read_while_others_append_is_whole_and_in_order() {
        const APPENDED: u64 = 200_000;
        let list = SegmentList::new(segment(0));
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for ticks in 1..APPENDED {
                    list.append(|| Some(segment(ticks)));
                }
            });
            while !writer.is_finished() {
                let segments = read(&list, 0);
                assert!(segments.is_sorted_by(|a, b| a.ticks < b.ticks));
                for it in segments {
                    assert_eq!(it, segment(it.ticks));
                }
            }
        });
    }
}
