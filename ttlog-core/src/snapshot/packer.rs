//! Writing values in postcard's encoding.
//!
//! The bytes are those that postcard writes, which a test compares. They are written by hand here,
//! because on a board postcard's way through serde, with a result to look at behind every field,
//! takes a kilobyte of flash more. Reading is postcard's.

/// Puts the parts of a value, one after the other.
///
/// There is no error to return: whoever takes the bytes sees in the end whether there was room for
/// them.
pub(crate) struct Packer<'p>(&'p mut dyn FnMut(&[u8]));

/// What is written as a value.
pub(crate) trait Pack {
    /// Puts all fields, in order.
    fn pack(&self, packer: &mut Packer<'_>);
}

/// Gives the bytes of `value` to `take`, a few at a time.
pub(crate) fn pack(value: &dyn Pack, take: &mut dyn FnMut(&[u8])) {
    value.pack(&mut Packer(take));
}

/// Writes `value` into `room`, as far as it goes, and answers how many bytes it takes.
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
    /// Puts bytes as they are.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> &mut Self {
        (self.0)(bytes);
        self
    }

    /// Puts an integer: seven bits to a byte, the lowest first, the top bit set where more follow.
    pub(crate) fn put_integer(&mut self, integer: u64) -> &mut Self {
        let mut rest = integer;
        while rest >= 0x80 {
            self.put(&[rest as u8 | 0x80]);
            rest >>= 7;
        }
        self.put(&[rest as u8])
    }

    /// Puts an array of integers, whose length the reader knows.
    pub(crate) fn put_integers(&mut self, integers: &[u64]) -> &mut Self {
        for &integer in integers {
            self.put_integer(integer);
        }
        self
    }

    /// Puts bytes behind their number: a text, or a list of bytes.
    pub(crate) fn put_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.put_integer(bytes.len() as u64).put(bytes)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::{
        Totals,
        snapshot::{Anchor, CallsiteInfo, SnapshotHeader, callsites::Description},
    };

    /// Integers of every length.
    fn integers() -> impl Iterator<Item = u64> {
        (0..u64::BITS)
            .flat_map(|bit| [(1 << bit) - 1, 1 << bit])
            .chain([u64::MAX])
    }

    #[track_caller]
    fn is_as_postcard<T: serde::Serialize>(value: &T, pack: &dyn Pack) {
        let (mut ours, mut theirs) = ([0; 2000], [0; 2000]);
        let length = pack_into(pack, &mut ours);
        let theirs = postcard::to_slice(value, &mut theirs).unwrap();
        assert_eq!(&ours[..length], theirs);
        assert_eq!(pack_into(pack, &mut []), length);
        // What finds no room does no harm.
        let mut less = [0; 2000];
        assert_eq!(pack_into(pack, &mut less[..length / 2]), length);
        assert_eq!(less[..length / 2], ours[..length / 2]);
        assert_eq!(less[length / 2..], [0; 2000][length / 2..]);
    }

    #[test]
    fn a_header_is_as_postcard_writes_it() {
        for integer in integers() {
            let anchor = Anchor {
                ticks: integer,
                monotonic_ns: integer / 2,
                unix_ns: integer / 3,
            };
            let header = SnapshotHeader {
                service: "shop",
                host: "",
                pid: integer as u32,
                reason: "ä reason of more than 127 bytes, which takes two bytes for its length, \
                         and so it goes on and on until there are as many as that, or more",
                merged: (integer / 5) as u32,
                target: "thumbv7m",
                build_id: "1",
                clock_hz: integer,
                start_ticks: integer / 7,
                taken_ticks: integer / 11,
                anchors: [anchor, Anchor::default()],
                events_max: integer / 13,
            };
            is_as_postcard(&header, &header);
        }
    }

    #[test]
    fn totals_are_as_postcard_writes_them() {
        for integer in integers() {
            let totals = Totals {
                kept: [integer, 1, 2, 3, 4, 5],
                overwritten: [0, integer / 2, 6, 7, 8, 9],
                dropped: core::array::from_fn(|cause| [cause as u64, integer, 0, 0, 0, 10]),
                shared: integer as u32,
                complete_since_ticks: integer,
                torn_pages: (integer / 3) as u32,
                blocks: (integer / 5) as u32,
            };
            is_as_postcard(&totals, &totals);
        }
    }

    #[test]
    fn a_description_is_as_postcard_writes_it() {
        for integer in integers() {
            let count = integer as usize % 33;
            let info = CallsiteInfo {
                id: integer as u32,
                level: 5,
                kind: 1,
                line: (integer / 3) as u32,
                target: "shop::order",
                file: "src/order.rs",
                text: "order.place id={0} ü",
                names: ["id", "", "größe"]
                    .into_iter()
                    .cycle()
                    .take(count)
                    .collect(),
                kinds: [0x08, 0, 0x8F].into_iter().cycle().take(count).collect(),
            };
            is_as_postcard(&info, &Description::from(&info));
        }
    }
}
