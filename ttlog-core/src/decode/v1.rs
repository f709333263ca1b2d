//! Format version 1, which had no identity of events: what differs from the version that is written.

use serde::Deserialize;

use crate::{
    clock_segment::{ClockSegment, ClockSegments},
    drop_cause::DropCause,
    level_counts::LevelCounts,
    snapshot::{SnapshotHeader, SnapshotKind, Totals},
};

/// The first four bytes of a block.
pub(super) const BLOCK_MAGIC: [u8; 4] = *b"\x1eTTB";

/// A block did not state its run: in the fields of a block as they are now, the first eight bytes were
/// missing.
pub(super) const FIELDS_START: usize = 8;

/// Number of bytes that led a chunk: the sequence number of the first event was missing.
pub(super) const CHUNK_HEADER_BYTES: usize = 24;

/// The same moment on the ring's clock, on a monotonic clock, and on the wall clock.
#[derive(Clone, Copy, Deserialize)]
struct Anchor {
    ticks: u64,
    monotonic_ns: u64,
    unix_ns: u64,
}

/// The content of the header block.
#[derive(Deserialize)]
pub(super) struct Header<'a> {
    service: &'a str,
    host: &'a str,
    pid: u32,
    reason: &'a str,
    merged: u32,
    target: &'a str,
    build_id: &'a str,
    clock_hz: u64,
    start_ticks: u64,
    taken_ticks: u64,
    anchors: [Anchor; 2],
    events_max: u64,
}

impl<'a> Header<'a> {
    /// Returns the header as one of the version that is written. The two anchors make one segment, which
    /// is put into `room`.
    pub(super) fn into_header(self, room: &'a mut [u8]) -> Option<SnapshotHeader<'a>> {
        let [first, last] = self.anchors;
        let anchored_ticks = last.ticks.saturating_sub(first.ticks);
        let anchored_ns = last.monotonic_ns.saturating_sub(first.monotonic_ns);
        let (rate_ns, rate_ticks) = if self.clock_hz != 0 {
            (1_000_000_000, self.clock_hz)
        } else if anchored_ticks != 0 && anchored_ns != 0 {
            (anchored_ns, anchored_ticks)
        } else {
            (1, 1)
        };
        let segment = ClockSegment {
            ticks: last.ticks,
            unix_ns: last.unix_ns,
            rate_ns,
            rate_ticks,
        };
        let is_wall = last.unix_ns != 0;
        let segments = if is_wall {
            let room = room.first_chunk_mut()?;
            *room = segment.to_bytes();
            &room[..]
        } else {
            &[]
        };
        // Without a segment, only this states the rate.
        let anchored_hz = u128::from(rate_ticks) * 1_000_000_000 / u128::from(rate_ns);
        Some(SnapshotHeader {
            kind: SnapshotKind::Unknown,
            service: self.service,
            host: self.host,
            pid: self.pid,
            reason: self.reason,
            merged: self.merged,
            target: self.target,
            build_id: self.build_id,
            clock_hz: if is_wall {
                self.clock_hz
            } else {
                anchored_hz.try_into().unwrap_or(u64::MAX)
            },
            start_ticks: self.start_ticks,
            moment_ticks: self.taken_ticks,
            events_max: self.events_max,
            segments: ClockSegments(segments),
            ..SnapshotHeader::default()
        })
    }
}

/// The content of the end block.
#[derive(Deserialize)]
pub(super) struct End {
    kept: LevelCounts,
    overwritten: LevelCounts,
    dropped: [LevelCounts; DropCause::COUNT],
    shared: u32,
    complete_since_ticks: u64,
    torn_pages: u32,
    blocks: u32,
}

impl End {
    /// Returns the totals. The checksum of the blocks was missing.
    pub(super) fn into_totals(self) -> Totals {
        Totals {
            kept: self.kept,
            overwritten: self.overwritten,
            dropped: self.dropped,
            shared: self.shared,
            complete_since_ticks: self.complete_since_ticks,
            torn_pages: self.torn_pages,
            blocks: self.blocks,
            blocks_checksum: 0,
            late: 0,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::decode::TimeBase;

    /// Returns the time at 1300 ticks of a run that began at 1000.
    fn ns(clock_hz: u64, anchors: [(u64, u64, u64); 2]) -> u64 {
        let anchors = anchors.map(|(ticks, monotonic_ns, unix_ns)| Anchor {
            ticks,
            monotonic_ns,
            unix_ns,
        });
        let header = Header {
            service: "",
            host: "",
            pid: 0,
            reason: "",
            merged: 0,
            target: "",
            build_id: "",
            clock_hz,
            start_ticks: 1000,
            taken_ticks: 0,
            anchors,
            events_max: 0,
        };
        let mut room = [0; ClockSegment::BYTES];
        TimeBase::new(&header.into_header(&mut room).unwrap()).ns(1300)
    }

    #[test]
    fn the_wall_clock_is_that_of_the_last_anchor() {
        let anchors = [(1000, 0, 7), (1400, 9, 1_000_000)];
        assert_eq!(ns(1_000_000_000, anchors), 999_900);
    }

    #[test]
    fn without_a_rate_the_anchors_tell_it() {
        assert_eq!(ns(0, [(1000, 0, 0), (1400, 800, 1_000_000)]), 999_800);
        // Without a wall clock, too.
        assert_eq!(ns(0, [(1000, 0, 0), (1400, 800, 0)]), 600);
    }

    #[test]
    fn without_any_rate_a_tick_is_a_nanosecond() {
        assert_eq!(ns(0, [(0, 0, 0); 2]), 300);
        assert_eq!(ns(0, [(1400, 800, 0); 2]), 300);
        assert_eq!(ns(0, [(1400, 800, 1_000_000); 2]), 999_900);
    }

    #[test]
    fn without_a_wall_clock_times_count_from_the_start() {
        assert_eq!(ns(1_000_000, [(0, 0, 0); 2]), 300_000);
    }
}
