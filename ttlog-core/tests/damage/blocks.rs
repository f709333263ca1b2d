//! Good blocks in a wrong file: missing, doubled, moved, or of another snapshot or run.

use ttlog_core::{
    decode::{Damage, DamageKind, Snapshot},
    snapshot::BLOCK_MAX_BYTES,
};

use crate::{
    good::{LEAD_BYTES, LZ4, PREAMBLE_BYTES, STORED, block, copy, run_id},
    support::decode,
};

/// Returns the numbers of all blocks but the end block.
fn all_but_end() -> core::ops::Range<usize> {
    0..STORED.blocks.len() - 1
}

/// Returns a file of these blocks, in this order, as they are.
fn file_of(blocks: &[usize]) -> Vec<u8> {
    let mut bytes = STORED.bytes[..PREAMBLE_BYTES].to_vec();
    for &number in blocks {
        bytes.extend_from_slice(STORED.block(number));
    }
    bytes
}

/// Returns a file of these blocks, numbered without a gap, with right checksums.
fn renumbered(blocks: &[usize]) -> Vec<u8> {
    let mut bytes = STORED.bytes[..PREAMBLE_BYTES].to_vec();
    for (sequence, &number) in blocks.iter().enumerate() {
        bytes.extend(copy(STORED.block(number), run_id(), sequence as u16));
    }
    bytes
}

/// Returns the numbers of all blocks, without block `missing`.
fn without(missing: usize) -> Vec<usize> {
    (0..STORED.blocks.len())
        .filter(|number| *number != missing)
        .collect()
}

/// Returns the numbers of all blocks, with block `twice` doubled.
fn doubled(twice: usize) -> Vec<usize> {
    let mut blocks: Vec<usize> = (0..STORED.blocks.len()).collect();
    blocks.insert(twice, twice);
    blocks
}

/// Returns the numbers of all blocks, with block `first` and the one behind it exchanged.
fn swapped(first: usize) -> Vec<usize> {
    let mut blocks: Vec<usize> = (0..STORED.blocks.len()).collect();
    blocks.swap(first, first + 1);
    blocks
}

fn kinds(bytes: &[u8]) -> Vec<DamageKind> {
    let damage = decode(bytes).unwrap().damage;
    damage.into_iter().map(|damage| damage.kind).collect()
}

/// Returns the damage of a file whose end block states other blocks.
fn other_blocks(bytes: &[u8]) -> [Damage; 1] {
    [Damage {
        offset: bytes.len() - STORED.block(STORED.blocks.len() - 1).len(),
        kind: DamageKind::OtherBlocks,
    }]
}

#[test]
fn copies_of_all_blocks_in_order_are_the_same_file() {
    let all: Vec<usize> = (0..STORED.blocks.len()).collect();
    assert!(file_of(&all) == STORED.bytes && renumbered(&all) == STORED.bytes);
    assert!(STORED.blocks.len() > 6);
}

#[test]
fn a_missing_block_costs_no_event_of_another() {
    for missing in 0..STORED.blocks.len() {
        let decoded = decode(&file_of(&without(missing))).unwrap();
        STORED.check(&decoded, |block| block != missing);
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

#[test]
fn a_missing_block_is_reported_if_the_others_are_renumbered() {
    for missing in all_but_end() {
        let bytes = renumbered(&without(missing));
        assert_eq!(decode(&bytes).unwrap().damage, other_blocks(&bytes));
    }
}

#[test]
fn a_doubled_block_is_reported() {
    for twice in all_but_end() {
        assert_eq!(kinds(&file_of(&doubled(twice))), [DamageKind::OutOfOrder]);
    }
}

#[test]
fn a_doubled_block_is_reported_if_the_others_are_renumbered() {
    for twice in all_but_end() {
        let bytes = renumbered(&doubled(twice));
        assert_eq!(decode(&bytes).unwrap().damage, other_blocks(&bytes));
    }
}

#[test]
fn events_of_a_doubled_block_have_the_same_identity() {
    for twice in all_but_end() {
        let decoded = decode(&file_of(&doubled(twice))).unwrap();
        let mut identities: Vec<_> = decoded
            .events
            .iter()
            .map(|event| (event.writer, event.seq.unwrap()))
            .collect();
        identities.sort_unstable();
        identities.dedup();
        assert_eq!(identities.len(), STORED.events.len());
    }
}

#[test]
fn swapped_blocks_lose_no_event() {
    for first in 0..STORED.blocks.len() - 2 {
        let mut found = decode(&file_of(&swapped(first))).unwrap();
        found.events.sort_by_key(|event| event.ticks);
        STORED.check(&found, |_| true);
    }
}

#[test]
fn swapped_blocks_are_reported() {
    for first in 0..STORED.blocks.len() - 2 {
        let missing = DamageKind::Missing { blocks: 1 };
        assert_eq!(
            kinds(&file_of(&swapped(first))),
            [missing, DamageKind::OutOfOrder, missing]
        );
    }
}

#[test]
fn swapped_blocks_are_reported_if_they_are_renumbered() {
    for first in 0..STORED.blocks.len() - 2 {
        let bytes = renumbered(&swapped(first));
        assert_eq!(decode(&bytes).unwrap().damage, other_blocks(&bytes));
    }
}

#[test]
fn a_block_behind_the_end_block_is_reported_and_left_out() {
    let last = STORED.blocks.len() - 1;
    let decoded = decode(&file_of(&swapped(last - 1))).unwrap();
    STORED.check(&decoded, |block| block != last - 1);
    let kinds: Vec<_> = decoded.damage.iter().map(|damage| damage.kind).collect();
    let bytes = STORED.blocks[last - 1].len();
    assert_eq!(
        kinds,
        [
            DamageKind::Missing { blocks: 1 },
            DamageKind::Trailing { bytes }
        ]
    );
}

#[test]
fn a_block_of_another_snapshot_of_the_run_is_reported() {
    for number in 1..STORED.blocks.len() - 1 {
        let other = copy(LZ4.block(1), run_id(), number as u16);
        let range = STORED.blocks[number].clone();
        let bytes = [
            &STORED.bytes[..range.start],
            &other,
            &STORED.bytes[range.end..],
        ]
        .concat();
        assert_eq!(decode(&bytes).unwrap().damage, other_blocks(&bytes));
    }
}

#[test]
fn a_block_of_another_run_is_reported_and_left_out() {
    let first_pages = STORED.events[0].0;
    for number in 1..STORED.blocks.len() {
        let other = copy(STORED.block(first_pages), !run_id(), number as u16);
        let offset = STORED.blocks[number].start;
        let (front, back) = STORED.bytes.split_at(offset);
        let decoded = decode(&[front, &other, back].concat()).unwrap();
        let kind = DamageKind::OtherRun;
        assert_eq!(decoded.damage, [Damage { offset, kind }]);
        STORED.check(&decoded, |_| true);
    }
}

#[test]
fn a_block_of_another_run_in_place_of_a_block_is_reported_as_both() {
    for number in 1..STORED.blocks.len() - 1 {
        let other = copy(STORED.block(number), !run_id(), number as u16);
        let range = STORED.blocks[number].clone();
        let mut bytes = STORED.bytes.clone();
        bytes[range].copy_from_slice(&other);
        let missing = DamageKind::Missing { blocks: 1 };
        assert_eq!(kinds(&bytes), [DamageKind::OtherRun, missing]);
        STORED.check(&decode(&bytes).unwrap(), |block| block != number);
    }
}

#[test]
fn a_block_of_version_1_in_a_file_of_version_2_is_of_another_run() {
    let v1 = include_bytes!("../golden/v1-stored.bin");
    let length = usize::from(u16::from_le_bytes([v1[22], v1[23]]));
    let header = &v1[PREAMBLE_BYTES..PREAMBLE_BYTES + 16 + length];
    let (front, back) = STORED.bytes.split_at(STORED.blocks[2].start);
    assert_eq!(
        kinds(&[front, header, back].concat()),
        [DamageKind::OtherRun]
    );
}

#[test]
fn an_end_block_that_states_other_numbers_is_reported() {
    let last = STORED.block(STORED.blocks.len() - 1);
    let content = &last[LEAD_BYTES..];
    // The last field is the checksum of the blocks, before it their number.
    for from_end in 1..=6 {
        let mut content = content.to_vec();
        let at = content.len() - from_end;
        content[at] ^= 1;
        let sequence = (STORED.blocks.len() - 1) as u16;
        let end = block(4, 0, sequence, content.len() as u16, &content);
        let bytes = [&STORED.bytes[..STORED.bytes.len() - last.len()], &end].concat();
        assert_eq!(decode(&bytes).unwrap().damage, other_blocks(&bytes));
    }
}

#[test]
fn the_accounting_is_read_if_the_end_block_states_other_blocks() {
    let bytes = renumbered(&without(2));
    let expected = decode(&STORED.bytes).unwrap().totals;
    assert!(expected.is_some());
    assert_eq!(decode(&bytes).unwrap().totals, expected);
}

#[test]
fn a_chunk_takes_no_context_from_one_that_does_not_end_where_it_begins() {
    // All pages blocks but the first and the last, each in turn. The context changes often.
    for missing in 2..STORED.blocks.len() - 1 {
        for flip in [0x01, 0xFF] {
            let mut bytes = STORED.bytes.clone();
            bytes[STORED.blocks[missing].start + LEAD_BYTES] ^= flip;
            STORED.check(&decode(&bytes).unwrap(), |block| block != missing);
        }
        STORED.check_contexts(&decode(&renumbered(&without(missing))).unwrap());
    }
}

/// Reads the first snapshot of a file. Returns its damage, and the offset at which reading stopped.
fn first_snapshot(bytes: &[u8]) -> (Vec<Damage>, usize) {
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = Snapshot::new(bytes).unwrap().blocks();
    let mut damage = vec![];
    while let Some(block) = blocks.next(&mut buffer) {
        damage.extend(block.err());
    }
    assert!(blocks.next(&mut buffer).is_none(), "the end is final");
    (damage, blocks.offset())
}

#[test]
fn reading_stops_where_another_snapshot_begins() {
    let two = [&STORED.bytes[..], &LZ4.bytes].concat();
    assert_eq!(first_snapshot(&two), (vec![], STORED.bytes.len()));
    STORED.check(&decode(&two).unwrap(), |_| true);
    LZ4.check(&decode(&two[STORED.bytes.len()..]).unwrap(), |_| true);
}

#[test]
fn reading_stops_at_the_end_of_the_only_snapshot() {
    assert_eq!(first_snapshot(&STORED.bytes), (vec![], STORED.bytes.len()));
}

#[test]
fn bytes_between_two_snapshots_are_reported() {
    let offset = STORED.bytes.len();
    let two = [&STORED.bytes[..], b"noise", &LZ4.bytes].concat();
    let kind = DamageKind::Trailing { bytes: 5 };
    assert_eq!(
        first_snapshot(&two),
        (vec![Damage { offset, kind }], offset + 5)
    );
}

#[test]
fn a_snapshot_that_is_cut_ends_where_another_begins() {
    for cut in PREAMBLE_BYTES..STORED.bytes.len() {
        let two = [&STORED.bytes[..cut], &STORED.bytes].concat();
        let (damage, offset) = first_snapshot(&two);
        let kind = DamageKind::NoEnd;
        assert_eq!(offset, cut);
        assert_eq!(damage.last(), Some(&Damage { offset, kind }));
        let decoded = decode(&two).unwrap();
        STORED.check(&decoded, |block| STORED.blocks[block].end <= cut);
    }
}

#[test]
fn a_damaged_end_block_does_not_join_two_snapshots() {
    let mut two = [&STORED.bytes[..], &LZ4.bytes].concat();
    let offset = STORED.bytes.len();
    two[offset - 1] ^= 1;
    let (damage, stopped) = first_snapshot(&two);
    let kinds: Vec<_> = damage.iter().map(|damage| damage.kind).collect();
    assert_eq!(
        (kinds, stopped),
        (vec![DamageKind::Checksum, DamageKind::NoEnd], offset)
    );
}
