//! Good snapshots with bytes that are changed, missing, or added.

use core::ops::Range;

use ttlog_core::decode::{Damage, DamageKind, NotASnapshot, Snapshot};

use crate::{
    good::{Good, LZ4, PREAMBLE_BYTES, STORED},
    support::decode,
};

const FLIPS: [u8; 2] = [0xFF, 0x01];

/// Calls `check` for each changed byte, with its offset and the changed file.
fn flip_each(good: &Good, offsets: Range<usize>, mut check: impl FnMut(usize, &[u8])) {
    let mut bytes = good.bytes.clone();
    for offset in offsets {
        for flip in FLIPS {
            bytes[offset] ^= flip;
            check(offset, &bytes);
            bytes[offset] ^= flip;
        }
    }
}

fn check_flips_in_blocks(good: &Good) {
    flip_each(good, PREAMBLE_BYTES..good.bytes.len(), |offset, bytes| {
        let damaged = good.block_at(offset);
        good.check(&decode(bytes).unwrap(), |block| Some(block) != damaged);
    });
}

fn check_flips_are_reported(good: &Good) {
    flip_each(good, PREAMBLE_BYTES..good.bytes.len(), |offset, bytes| {
        let start = good.blocks[good.block_at(offset).unwrap()].start;
        let damage = decode(bytes).unwrap().damage;
        assert!(
            damage.iter().any(|damage| damage.offset == start),
            "{offset}: {damage:?}"
        );
    });
}

fn check_cuts(good: &Good) {
    for length in PREAMBLE_BYTES..good.bytes.len() {
        let decoded = decode(&good.bytes[..length]).unwrap();
        good.check(&decoded, |block| good.blocks[block].end <= length);
    }
}

#[test]
fn a_flipped_byte_costs_no_event_of_another_block() {
    check_flips_in_blocks(&STORED);
}

#[test]
fn a_flipped_byte_costs_no_event_of_another_compressed_block() {
    check_flips_in_blocks(&LZ4);
}

#[test]
fn a_flipped_byte_in_a_block_is_reported_where_the_block_starts() {
    check_flips_are_reported(&STORED);
}

#[test]
fn a_flipped_byte_in_a_compressed_block_is_reported_where_the_block_starts() {
    check_flips_are_reported(&LZ4);
}

#[test]
fn a_flipped_byte_of_the_preamble_costs_no_event() {
    flip_each(&STORED, 0..PREAMBLE_BYTES, |_, bytes| {
        STORED.check(&decode(bytes).unwrap(), |_| true);
    });
}

#[test]
fn a_flipped_byte_of_the_preamble_is_reported() {
    flip_each(&STORED, 0..PREAMBLE_BYTES, |offset, bytes| {
        assert_ne!(decode(bytes).unwrap().damage, [], "{offset}");
    });
}

#[test]
fn a_cut_costs_no_event_of_the_blocks_before_it() {
    check_cuts(&STORED);
}

#[test]
fn a_cut_costs_no_event_of_the_compressed_blocks_before_it() {
    check_cuts(&LZ4);
}

#[test]
fn a_cut_is_reported_where_the_file_ends() {
    for length in PREAMBLE_BYTES..STORED.bytes.len() {
        let damage = decode(&STORED.bytes[..length]).unwrap().damage;
        let end = Damage {
            offset: length,
            kind: DamageKind::NoEnd,
        };
        assert_eq!(damage.last(), Some(&end));
    }
}

#[test]
fn a_cut_inside_a_block_is_reported_with_both_lengths() {
    let last = STORED.blocks.last().unwrap().clone();
    let damage = decode(&STORED.bytes[..last.end - 5]).unwrap().damage;
    let kind = DamageKind::Cut {
        needed: last.len(),
        found: last.len() - 5,
    };
    assert_eq!(
        damage[0],
        Damage {
            offset: last.start,
            kind
        }
    );
}

#[test]
fn a_file_that_ends_inside_the_magic_is_not_a_snapshot() {
    for length in 1..8 {
        let snapshot = Snapshot::new(&STORED.bytes[..length]);
        assert_eq!(snapshot.err(), Some(NotASnapshot::Magic));
    }
}

#[test]
fn an_empty_file_is_not_a_snapshot() {
    assert_eq!(Snapshot::new(&[]).err(), Some(NotASnapshot::Empty));
}

#[test]
fn a_later_version_is_an_error_with_its_number() {
    let later = [&STORED.bytes[..8], &[9, 0, !9, !0], b"other content"].concat();
    assert_eq!(Snapshot::new(&later).err(), Some(NotASnapshot::Version(9)));
}

#[test]
fn a_damaged_version_is_reported_and_the_blocks_are_read() {
    let bytes = [&STORED.bytes[..8], &[9, 0, !1, !0], &STORED.bytes[12..]].concat();
    let decoded = decode(&bytes).unwrap();
    STORED.check(&decoded, |_| true);
    let damage = Damage {
        offset: 8,
        kind: DamageKind::Version,
    };
    assert_eq!(decoded.damage, [damage]);
}

/// Returns the file with `noise` before one of its blocks or behind the last, and the offset of the noise.
fn with_noise(noise: &[u8], before: usize) -> (Vec<u8>, usize) {
    let at = STORED
        .blocks
        .get(before)
        .map_or(STORED.bytes.len(), |block| block.start);
    let (front, back) = STORED.bytes.split_at(at);
    ([front, noise, back].concat(), at)
}

/// Noise without and with the start of a block.
const NOISES: [&[u8]; 4] = [
    &[0],
    b"\x1eTT\x1eTT2\x01\0\0\0\xFF",
    b"\x1eTT\x1eTTB\x01\0\0\0\xFF",
    &[0xFF; 300],
];

#[test]
fn noise_anywhere_costs_no_event() {
    for noise in NOISES {
        for before in 0..=STORED.blocks.len() {
            let decoded = decode(&with_noise(noise, before).0).unwrap();
            STORED.check(&decoded, |_| true);
        }
    }
}

#[test]
fn noise_is_reported_with_its_place_and_length() {
    for noise in NOISES {
        for before in 0..=STORED.blocks.len() {
            let (bytes, offset) = with_noise(noise, before);
            let bytes_of_noise = noise.len();
            let kind = if before == STORED.blocks.len() {
                DamageKind::Trailing {
                    bytes: bytes_of_noise,
                }
            } else {
                DamageKind::Noise {
                    bytes: bytes_of_noise,
                }
            };
            assert_eq!(decode(&bytes).unwrap().damage, [Damage { offset, kind }]);
        }
    }
}

#[test]
fn noise_before_the_preamble_costs_no_event() {
    let bytes = [b"HTTP/1.1 200 OK\r\n\r\n", &STORED.bytes[..]].concat();
    let decoded = decode(&bytes).unwrap();
    STORED.check(&decoded, |_| true);
    let kind = DamageKind::Noise { bytes: 19 };
    assert_eq!(decoded.damage, [Damage { offset: 0, kind }]);
}

/// Files of format version 1.
const V1_FILES: [&[u8]; 2] = [
    include_bytes!("../golden/v1-stored.bin"),
    include_bytes!("../golden/v1-lz4.bin"),
];

#[test]
fn a_flipped_byte_of_a_file_of_version_1_is_reported() {
    for good in V1_FILES {
        let mut bytes = good.to_vec();
        for offset in 0..bytes.len() {
            for flip in FLIPS {
                bytes[offset] ^= flip;
                assert_ne!(decode(&bytes).unwrap().damage, [], "{offset}");
                bytes[offset] ^= flip;
            }
        }
    }
}

#[test]
fn a_cut_file_of_version_1_is_reported() {
    for good in V1_FILES {
        for length in PREAMBLE_BYTES..good.len() {
            let damage = decode(&good[..length]).unwrap().damage;
            assert_eq!(damage.last().unwrap().kind, DamageKind::NoEnd);
        }
    }
}
