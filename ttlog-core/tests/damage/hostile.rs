//! Bytes that were no good snapshot ever, many of them with a right checksum.

use ttlog_core::{
    Random, SnapshotHeader,
    decode::{DamageKind, NotASnapshot, Snapshot, TimeBase},
    snapshot::Anchor,
};

use crate::{
    good::{PREAMBLE_BYTES, STORED, block, pages},
    support::decode,
};

/// The damage in a file of this one block behind a header block that is whole.
fn damage_of(block: &[u8]) -> Vec<DamageKind> {
    let (front, _) = STORED.bytes.split_at(STORED.blocks[0].end);
    let decoded = decode(&[front, block].concat()).unwrap();
    decoded
        .damage
        .into_iter()
        .map(|damage| damage.kind)
        .collect()
}

/// 255 bytes of zeros for each byte, as LZ4 writes them.
fn bomb(bytes: usize) -> Vec<u8> {
    [&[0x1F, 0, 1, 0][..], &vec![0xFF; bytes], &[0]].concat()
}

#[test]
fn an_lz4_bomb_is_not_decompressed_beyond_what_its_block_states() {
    let block = block(3, 1, 1, 1000, &bomb(0xF000));
    assert_eq!(
        damage_of(&block),
        [DamageKind::Compression, DamageKind::NoEnd]
    );
}

#[test]
fn a_block_that_states_more_than_a_block_may_hold_is_not_decompressed() {
    let block = block(3, 1, 1, 0xFFFF, &bomb(300));
    assert_eq!(
        damage_of(&block),
        [DamageKind::Compression, DamageKind::NoEnd]
    );
}

#[test]
fn a_block_that_decompresses_to_less_than_it_states_is_damaged() {
    let block = block(3, 1, 1, 0x8000, &bomb(8));
    assert_eq!(
        damage_of(&block),
        [DamageKind::Compression, DamageKind::NoEnd]
    );
}

#[test]
fn a_stored_block_whose_lengths_differ_is_damaged() {
    let block = block(3, 0, 1, 5, &[0; 4]);
    assert_eq!(
        damage_of(&block),
        [DamageKind::Compression, DamageKind::NoEnd]
    );
}

#[test]
fn a_codec_that_is_not_known_is_named() {
    let block = block(3, 77, 1, 4, &[0; 4]);
    assert_eq!(
        damage_of(&block),
        [DamageKind::Codec(77), DamageKind::NoEnd]
    );
}

#[test]
fn a_kind_of_block_that_is_not_known_is_no_damage() {
    let block = block(200, 0, 1, 4, &[0; 4]);
    assert_eq!(damage_of(&block), [DamageKind::NoEnd]);
}

#[test]
fn a_header_or_an_end_that_stops_too_early_is_damaged() {
    for kind in [1, 4] {
        let block = block(kind, 0, 1, 4, &[0; 4]);
        assert_eq!(damage_of(&block), [DamageKind::Content, DamageKind::NoEnd]);
    }
}

#[test]
fn fields_that_a_later_version_added_are_no_damage() {
    let end = STORED.block(STORED.blocks.len() - 1);
    let content = [&end[16..], b"something new"].concat();
    let block = block(4, 0, 1, content.len() as u16, &content);
    assert_eq!(damage_of(&block), []);
}

/// A record's first word.
const fn header(id: u32, level: u32, form: u32, words: u32) -> u32 {
    id << 15 | level << 12 | form << 10 | words
}

/// How many events are read of a chunk that states so many words and has these.
fn events_in(stated_words: u32, records: &[u32]) -> usize {
    let words = [&[0, 2, 0, 0, 0, 24 << 16 | stated_words], records].concat();
    decode(&pages(&words)).unwrap().events.len()
}

#[test]
fn a_chunk_that_states_more_words_than_there_are_gives_none() {
    let record = [header(1, 2, 0, 2), 0];
    for stated_words in [3, 100, 0x7FFF, 0x8000, 0xFFFF] {
        assert_eq!(events_in(stated_words, &record), 0);
    }
}

#[test]
fn a_record_that_goes_beyond_its_chunk_ends_it() {
    let records = [header(1, 2, 0, 2), 0, header(1, 2, 0, 3), 0];
    assert_eq!(events_in(4, &records), 1);
}

#[test]
fn a_record_that_is_shorter_than_its_header_ends_the_chunk() {
    for words in [0, 1] {
        let records = [header(1, 2, 0, 2), 0, header(1, 2, 0, words), 0];
        assert_eq!(events_in(4, &records), 1);
    }
}

#[test]
fn a_level_that_is_not_known_costs_this_event_only() {
    let records = [header(1, 7, 0, 2), 0, header(1, 2, 0, 2), 0];
    assert_eq!(events_in(4, &records), 1);
}

#[test]
fn a_span_without_its_ids_costs_this_event_only() {
    let records = [
        header(1, 2, 2, 3),
        0,
        0,
        header(1, 2, 3, 2),
        0,
        header(1, 2, 0, 2),
        0,
    ];
    assert_eq!(events_in(7, &records), 1);
}

#[test]
fn a_mark_that_is_not_known_or_too_short_is_passed_over() {
    for mark in 0..8 {
        let records = [header(0, mark, 0, 3), 0, u32::MAX, header(1, 2, 0, 2), 0];
        assert_eq!(events_in(5, &records), 1);
    }
}

#[test]
fn text_that_states_more_bytes_than_there_are_costs_its_arguments_only() {
    for length in [5, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF] {
        let records = [header(1, 2, 0, 4), 0, length, 0];
        assert_eq!(events_in(4, &records), 1);
    }
}

#[test]
fn times_at_the_end_of_the_range_do_not_overflow() {
    let time = header(0, 0, 0, 4);
    let records = [time, 0, u32::MAX, u32::MAX, header(1, 2, 0, 2), u32::MAX];
    let words = [&[0, 2, 0, u32::MAX, u32::MAX, 24 << 16 | 6][..], &records].concat();
    assert_eq!(decode(&pages(&words)).unwrap().events[0].ticks, u64::MAX);
}

#[test]
fn blocks_that_overlap_and_are_none_do_not_keep_the_reader_busy() {
    // Each states that it holds all of the next 60 KB, so that a checksum of each takes minutes.
    let lie = b"\x1eTTB\x03\0\0\0\0\xF0\0\xF0lies";
    let bytes = [&STORED.bytes[..STORED.blocks[0].end], &lie.repeat(100_000)].concat();
    let decoded = decode(&bytes).unwrap();
    assert_eq!(
        decoded.damage.last().map(|last| last.kind),
        Some(DamageKind::NoEnd)
    );
}

#[test]
fn anchors_at_the_ends_of_the_range_do_not_overflow() {
    let most = Anchor {
        ticks: 0,
        monotonic_ns: u64::MAX,
        unix_ns: u64::MAX,
    };
    for clock_hz in [0, 1, u64::MAX] {
        for anchors in [
            [Anchor::default(), most],
            [most, Anchor { ticks: 1, ..most }],
        ] {
            let header = SnapshotHeader {
                anchors,
                clock_hz,
                ..SnapshotHeader::default()
            };
            for ticks in [0, 1, u64::MAX] {
                let _ = TimeBase::new(&header).ns(ticks);
            }
        }
    }
}

/// So many random bytes.
fn random_bytes(random: &Random, length: usize) -> Vec<u8> {
    (0..length).map(|_| random.next() as u8).collect()
}

#[test]
fn random_bytes_are_no_snapshot() {
    let random = Random::new();
    for length in 1..500 {
        let bytes = random_bytes(&random, length);
        assert_eq!(Snapshot::new(&bytes).err(), Some(NotASnapshot::Magic));
    }
}

#[test]
fn random_content_with_a_right_checksum_gives_no_more_events_than_fit_it() {
    let random = Random::new();
    for round in 0..2000 {
        let content = random_bytes(&random, round % 300);
        let (kind, codec) = (1 + random.next() as u8 % 4, random.next() as u8 % 2);
        let raw_bytes = if codec == 0 {
            content.len() as u16
        } else {
            (random.next() as u16).max(content.len() as u16)
        };
        let decoded = decode(&block(kind, codec, 0, raw_bytes, &content)).unwrap();
        assert!(decoded.events.len() * 8 <= usize::from(raw_bytes));
    }
}

#[test]
fn content_that_is_wrong_in_one_byte_and_has_a_right_checksum_gives_no_more_events() {
    let random = Random::new();
    for _ in 0..3000 {
        let mut bytes = STORED.bytes[..PREAMBLE_BYTES].to_vec();
        for number in 0..STORED.blocks.len() {
            let lead = &STORED.block(number)[..16];
            let mut content = STORED.block(number)[16..].to_vec();
            let at = random.next() as usize % content.len();
            content[at] ^= random.next() as u8;
            bytes.extend(block(
                lead[4],
                0,
                number as u16,
                content.len() as u16,
                &content,
            ));
        }
        let decoded = decode(&bytes).unwrap();
        assert!(decoded.events.len() * 8 <= bytes.len());
    }
}
