//! Good snapshots of which bytes or blocks are changed, missing, or too many.

use core::ops::Range;

use ttlog_core::decode::{Damage, DamageKind, NotASnapshot, Snapshot};

use crate::{
    good::{Good, LZ4, PREAMBLE_BYTES, STORED, block},
    support::decode,
};

const FLIPS: [u8; 2] = [0xFF, 0x01];

/// Calls `check` with each byte flipped, in each way, and its offset.
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
fn a_cut_inside_a_block_says_how_much_of_it_is_there() {
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
fn what_ends_inside_the_magic_is_no_snapshot() {
    for length in 1..8 {
        let snapshot = Snapshot::new(&STORED.bytes[..length]);
        assert_eq!(snapshot.err(), Some(NotASnapshot::Magic));
    }
}

#[test]
fn nothing_is_no_snapshot() {
    assert_eq!(Snapshot::new(&[]).err(), Some(NotASnapshot::Empty));
}

#[test]
fn a_later_version_is_refused_by_its_number() {
    let later = [&STORED.bytes[..8], &[9, 0, !9, !0], b"who knows what"].concat();
    assert_eq!(Snapshot::new(&later).err(), Some(NotASnapshot::Version(9)));
}

#[test]
fn a_damaged_version_is_read_on_and_reported() {
    let bytes = [&STORED.bytes[..8], &[9, 0, !1, !0], &STORED.bytes[12..]].concat();
    let decoded = decode(&bytes).unwrap();
    STORED.check(&decoded, |_| true);
    let damage = Damage {
        offset: 8,
        kind: DamageKind::Version,
    };
    assert_eq!(decoded.damage, [damage]);
}

/// A file with something else before one of its blocks, or behind the last.
fn with_noise(noise: &[u8], before: usize) -> (Vec<u8>, usize) {
    let at = STORED
        .blocks
        .get(before)
        .map_or(STORED.bytes.len(), |block| block.start);
    let (front, back) = STORED.bytes.split_at(at);
    ([front, noise, back].concat(), at)
}

/// Noise with nothing in it, and with the start of a block in it.
const NOISES: [&[u8]; 3] = [&[0], b"\x1eTT\x1eTTB\x01\0\0\0\xFF", &[0xFF; 300]];

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
            let kind = DamageKind::Noise { bytes: noise.len() };
            assert_eq!(decode(&bytes).unwrap().damage, [Damage { offset, kind }]);
        }
    }
}

#[test]
fn noise_before_the_preamble_costs_no_event() {
    let bytes = [b"HTTP/1.1 200 OK\r\n\r\n", &STORED.bytes[..]].concat();
    STORED.check(&decode(&bytes).unwrap(), |_| true);
}

#[test]
fn a_missing_block_costs_no_event_of_another() {
    for missing in 0..STORED.blocks.len() {
        let mut bytes = STORED.bytes.clone();
        bytes.drain(STORED.blocks[missing].clone());
        STORED.check(&decode(&bytes).unwrap(), |block| block != missing);
    }
}

#[test]
fn missing_blocks_are_counted() {
    let mut bytes = STORED.bytes.clone();
    bytes.drain(STORED.blocks[1].start..STORED.blocks[3].start);
    let damage = Damage {
        offset: STORED.blocks[1].start,
        kind: DamageKind::Missing { blocks: 2 },
    };
    assert_eq!(decode(&bytes).unwrap().damage, [damage]);
}

/// The file with two neighbouring blocks in the wrong order.
fn swapped(first: usize) -> Vec<u8> {
    let end = STORED.blocks[first + 1].end;
    let (front, back) = (
        &STORED.bytes[..STORED.blocks[first].start],
        &STORED.bytes[end..],
    );
    [front, STORED.block(first + 1), STORED.block(first), back].concat()
}

#[test]
fn swapped_blocks_lose_no_event() {
    for first in 0..STORED.blocks.len() - 1 {
        let mut found = decode(&swapped(first)).unwrap();
        found.events.sort_by_key(|event| event.ticks);
        STORED.check(&found, |_| true);
    }
}

#[test]
fn a_block_that_comes_too_late_is_not_taken_for_thousands_that_are_missing() {
    for damage in decode(&swapped(2)).unwrap().damage {
        if let DamageKind::Missing { blocks } = damage.kind {
            assert!(usize::from(blocks) < STORED.blocks.len(), "{damage}");
        }
    }
    let [_, late, _] = decode(&swapped(2)).unwrap().damage[..] else {
        panic!("it should say that one is missing, one is late, and one is missing")
    };
    assert_eq!(late.kind, DamageKind::OutOfOrder);
}

#[test]
fn a_chunk_takes_no_context_from_one_that_does_not_end_where_it_begins() {
    // All pages blocks but the first and the last, each in turn: contexts change in every third.
    for missing in 2..STORED.blocks.len() - 1 {
        for flip in [0x01, 0xFF] {
            let mut bytes = STORED.bytes.clone();
            bytes[STORED.blocks[missing].start + 16] ^= flip;
            STORED.check(&decode(&bytes).unwrap(), |block| block != missing);
        }
        // Without a word about it, as if the file had never had the block.
        let whole = without_a_trace(missing);
        STORED.check_contexts(&decode(&whole).unwrap());
    }
}

/// The file without a block, its sequence without a gap.
fn without_a_trace(missing: usize) -> Vec<u8> {
    let mut bytes = STORED.bytes[..PREAMBLE_BYTES].to_vec();
    for number in (0..STORED.blocks.len()).filter(|number| *number != missing) {
        let (lead, content) = STORED.block(number).split_at(16);
        let sequence = number - usize::from(number > missing);
        bytes.extend(block(
            lead[4],
            lead[5],
            sequence as u16,
            content.len() as u16,
            content,
        ));
    }
    bytes
}

#[test]
fn two_snapshots_in_one_file_give_the_events_of_both() {
    let bytes = [&STORED.bytes[..], &LZ4.bytes].concat();
    let events = STORED.events.iter().chain(&LZ4.events);
    let both = Good {
        bytes: vec![],
        blocks: vec![],
        events: events.cloned().collect(),
    };
    both.check(&decode(&bytes).unwrap(), |_| true);
}
