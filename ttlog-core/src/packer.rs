//! Writing values in postcard's encoding.
//!
//! The bytes are those that postcard writes, which a test compares. This module writes them because
//! postcard, which checks a result behind every field, takes a kilobyte of flash more on a board.
//! Reading is postcard's.

/// Writes the parts of a value, one after the other, into a function that takes bytes.
///
/// There is no error to return: the function that takes the bytes knows in the end whether there was
/// room for them.
pub(crate) struct Packer<'p>(&'p mut dyn FnMut(&[u8]));

/// A value that can be written.
pub(crate) trait Pack {
    /// Writes all fields in order.
    fn pack(&self, packer: &mut Packer<'_>);
}

/// Passes the bytes of `value` to `take`, a few at a time.
pub(crate) fn pack(value: &dyn Pack, take: &mut dyn FnMut(&[u8])) {
    value.pack(&mut Packer(take));
}

/// Writes as much of `value` into `room` as fits. Returns the length of the whole value.
pub(crate) fn pack_into(value: &dyn Pack, room: &mut [u8]) -> usize {
    let mut used = 0;
    pack(value, &mut |bytes| {
        for &byte in bytes {
            if let Some(to) = room.get_mut(used) {
                *to = byte;
            }
            used += 1;
        }
    });
    used
}

impl Packer<'_> {
    /// Writes bytes as they are.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> &mut Self {
        (self.0)(bytes);
        self
    }

    /// Writes an integer: seven bits to a byte, the lowest first, with the top bit set if more follow.
    pub(crate) fn put_integer(&mut self, integer: u64) -> &mut Self {
        let mut rest = integer;
        while rest >= 0x80 {
            self.put(&[rest as u8 | 0x80]);
            rest >>= 7;
        }
        self.put(&[rest as u8])
    }

    /// Writes an array of integers, whose length the reader knows.
    pub(crate) fn put_integers(&mut self, integers: &[u64]) -> &mut Self {
        for &integer in integers {
            self.put_integer(integer);
        }
        self
    }

    /// Writes bytes behind their number: a text, or a list of bytes.
    pub(crate) fn put_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.put_integer(bytes.len() as u64).put(bytes)
    }
}

#[cfg(all(test, not(loom)))]
pub(crate) mod tests {
    use super::*;
    use crate::{
        Totals,
        clock_segment::{ClockSegment, ClockSegments},
        snapshot::{SnapshotHeader, SnapshotKind},
    };

    /// Integers of every length.
    pub(crate) fn integers() -> impl Iterator<Item = u64> {
        (0..u64::BITS)
            .flat_map(|bit| [(1 << bit) - 1, 1 << bit])
            .chain([u64::MAX])
    }

    #[track_caller]
    pub(crate) fn assert_postcard<T: serde::Serialize>(value: &T, pack: &dyn Pack) {
        let (mut ours, mut theirs) = ([0; 2000], [0; 2000]);
        let length = pack_into(pack, &mut ours);
        let theirs = postcard::to_slice(value, &mut theirs).unwrap();
        assert_eq!(&ours[..length], theirs);
        assert_eq!(pack_into(pack, &mut []), length);
        // A value that does not fit writes what does.
        let mut less = [0; 2000];
        assert_eq!(pack_into(pack, &mut less[..length / 2]), length);
        assert_eq!(less[..length / 2], ours[..length / 2]);
        assert_eq!(less[length / 2..], [0; 2000][length / 2..]);
    }

    #[test]
    fn a_header_is_what_postcard_writes() {
        for integer in integers() {
            let segments = ClockSegment {
                ticks: integer,
                unix_ns: integer / 2,
                rate_ns: integer / 3,
                rate_ticks: 1,
            }
            .to_bytes();
            let header = SnapshotHeader {
                run_id: 7,
                kind: SnapshotKind::Recovered,
                service: "shop",
                host: "",
                pid: integer as u32,
                reason: "ä reason of more than 127 bytes, which takes two bytes for its length, \
                         and so it goes on and on until there are as many as that, or more",
                merged: (integer / 5) as u32,
                target: "thumbv7m",
                build_id: "1",
                filter: "info",
                page_count: (integer / 17) as u32,
                page_words: (integer / 19) as u32,
                clock_hz: integer,
                start_ticks: integer / 7,
                moment_ticks: integer / 11,
                events_max: integer / 13,
                segments: ClockSegments(&segments),
                ..SnapshotHeader::default()
            };
            assert_postcard(&header, &header);
        }
    }

    #[test]
    fn totals_are_what_postcard_writes() {
        for integer in integers() {
            let totals = Totals {
                kept: [integer, 1, 2, 3, 4, 5],
                overwritten: [0, integer / 2, 6, 7, 8, 9],
                dropped: core::array::from_fn(|cause| [cause as u64, integer, 0, 0, 0, 10]),
                shared: integer as u32,
                complete_since_ticks: integer,
                torn_pages: (integer / 3) as u32,
                blocks: (integer / 5) as u32,
                blocks_checksum: (integer / 7) as u32,
                late: 0,
            };
            assert_postcard(&totals, &totals);
        }
    }
}
