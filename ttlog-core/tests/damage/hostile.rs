//! Bytes that no encoder writes, many of them with a right checksum.

use ttlog_core::{
    ClockSegment, ClockSegments, SnapshotHeader, SplitMix64,
    decode::{Chunk, Content, DamageKind, NotASnapshot, Snapshot, TimeBase},
    snapshot::BLOCK_MAX_BYTES,
};

use crate::{
    good::{LEAD_BYTES, PREAMBLE_BYTES, STORED, block, pages},
    support::decode,
};

/// Returns the damage in a file of a whole header block and this block.
fn damage_of(block: &[u8]) -> Vec<DamageKind> {
    let (front, _) = STORED.bytes.split_at(STORED.blocks[0].end);
    let decoded = decode(&[front, block].concat()).unwrap();
    decoded
        .damage
        .into_iter()
        .map(|damage| damage.kind)
        .collect()
}

/// Returns LZ4 content that decompresses to 255 zeros for each byte.
fn bomb(bytes: usize) -> Vec<u8> {
    [&[0x1F, 0, 1, 0][..], &vec![0xFF; bytes], &[0]].concat()
}

#[test]
fn an_lz4_bomb_is_decompressed_at_most_to_the_length_that_its_block_states() {
    let block = block(3, 1, 1, 1000, &bomb(0xF000));
    assert_eq!(
        damage_of(&block),
        [DamageKind::Compression, DamageKind::NoEnd]
    );
}

#[test]
fn a_block_that_states_more_than_the_maximum_is_not_decompressed() {
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
fn an_unknown_codec_is_reported_with_its_number() {
    let block = block(3, 77, 1, 4, &[0; 4]);
    assert_eq!(
        damage_of(&block),
        [DamageKind::Codec(77), DamageKind::NoEnd]
    );
}

#[test]
fn an_unknown_kind_of_block_is_not_damage() {
    let block = block(200, 0, 1, 4, &[0; 4]);
    assert_eq!(damage_of(&block), [DamageKind::NoEnd]);
}

#[test]
fn a_header_or_an_end_that_stops_too_early_is_damaged() {
    let header = block(1, 0, 1, 4, &[0; 4]);
    assert_eq!(damage_of(&header), [DamageKind::Content, DamageKind::NoEnd]);
    let end = block(4, 0, 1, 4, &[0; 4]);
    assert_eq!(damage_of(&end), [DamageKind::Content]);
}

#[test]
fn fields_behind_the_known_ones_are_not_damage() {
    let last = STORED.blocks.len() - 1;
    let content = [&STORED.block(last)[LEAD_BYTES..], b"something new"].concat();
    let end = block(4, 0, last as u16, content.len() as u16, &content);
    let bytes = [&STORED.bytes[..STORED.blocks[last].start], &end].concat();
    assert_eq!(decode(&bytes).unwrap().damage, []);
}

/// Returns a record's first word.
const fn header(id: u32, level: u32, form: u32, words: u32) -> u32 {
    id << 15 | level << 12 | form << 10 | words
}

/// Returns the number of events in a chunk that states `stated_words` words and has these.
fn events_in(stated_words: u32, records: &[u32]) -> usize {
    let words = [&[0, 2, 0, 0, 0, 26 << 16 | stated_words, 0, 0], records].concat();
    decode(&pages(&words)).unwrap().events.len()
}

#[test]
fn a_chunk_that_states_more_words_than_there_are_has_no_events() {
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
fn an_unknown_level_costs_this_event_only() {
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
fn an_unknown_or_short_mark_is_skipped() {
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
    let words = [
        &[0, 2, 0, u32::MAX, u32::MAX, 26 << 16 | 6, 0, 0][..],
        &records,
    ]
    .concat();
    assert_eq!(decode(&pages(&words)).unwrap().events[0].ticks, u64::MAX);
}

#[test]
fn overlapping_false_blocks_do_not_keep_the_reader_busy() {
    // Each states that the next 60 KB are its content, so a checksum of each takes minutes.
    let lies: [&[u8]; 2] = [
        b"\x1eTTB\x03\0\0\0\0\xF0\0\xF0lies",
        b"\x1eTT2of a run\x03\0\0\0\0\xF0\0\xF0lies",
    ];
    for lie in lies {
        let bytes = [&STORED.bytes[..STORED.blocks[0].end], &lie.repeat(100_000)].concat();
        let decoded = decode(&bytes).unwrap();
        assert_eq!(
            decoded.damage.last().map(|last| last.kind),
            Some(DamageKind::NoEnd)
        );
    }
}

#[test]
fn many_damaged_places_do_not_keep_the_reader_busy() {
    // A search from each place to the end of the file takes minutes.
    let (mut places, mut snapshots) = (Vec::new(), Vec::new());
    for number in 0..200_000_u32 {
        let sequence = number as u16;
        let unknown = block(9, 0, sequence, 1, b"x");
        places.extend([&b"noise"[..], &unknown].concat());
        snapshots.extend([&STORED.bytes[..PREAMBLE_BYTES], &unknown, b"noise"].concat());
    }
    let bytes = [&STORED.bytes[..STORED.blocks[0].end], &places].concat();
    assert!(decode(&bytes).unwrap().damage.len() > 200_000);

    let mut rest = &snapshots[..];
    let mut count = 0;
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    while !rest.is_empty() {
        let mut blocks = Snapshot::new(rest).unwrap().blocks();
        while blocks.next(&mut buffer).is_some() {}
        rest = &rest[blocks.offset()..];
        count += 1;
    }
    assert_eq!(count, 200_000);
}

#[test]
fn what_is_skipped_in_a_whole_block_is_stated() {
    let records = [header(1, 7, 0, 2), 0, header(1, 2, 0, 2), 0];
    let bytes: Vec<u8> = records.iter().flat_map(|word| word.to_le_bytes()).collect();
    let chunk = Chunk {
        page: 0,
        generation: 2,
        writer: 0,
        base_ticks: 0,
        from: 26,
        first_seq: Some(5),
        records: &bytes,
    };
    let mut cursor = chunk.cursor(None);
    let mut rest = chunk.records;
    assert_eq!(
        cursor.next(&mut rest).and_then(|record| record.seq),
        Some(6)
    );
    assert_eq!(cursor.skipped, 1);

    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    for (kind, content) in [
        // An entry of two bytes that cannot be read, an entry that is cut, and a chunk that is cut.
        (2, &[2, 0, 0xFF, 0xFF][..]),
        (2, &[9, 0, 1]),
        (3, &[0; 40]),
    ] {
        let file = [
            &STORED.bytes[..PREAMBLE_BYTES],
            &block(kind, 0, 0, content.len() as u16, content),
        ]
        .concat();
        let mut blocks = Snapshot::new(&file).unwrap().blocks();
        let is_damaged = match blocks.next(&mut buffer).unwrap().unwrap().content {
            Content::Callsites(mut callsites) => {
                assert!(callsites.by_ref().next().is_none());
                callsites.is_damaged()
            }
            Content::Pages(mut chunks) => {
                chunks.by_ref().for_each(drop);
                chunks.is_damaged()
            }
            other => panic!("{other:?}"),
        };
        assert!(is_damaged, "kind {kind}: {content:?}");
    }
}

#[test]
fn clock_segments_at_the_ends_of_the_range_do_not_overflow() {
    let ends = [0, 1, u64::MAX];
    for (ticks, unix_ns, rate_ns) in ends
        .into_iter()
        .flat_map(|a| ends.map(move |b| (a, b)))
        .flat_map(|(a, b)| ends.map(move |c| (a, b, c)))
    {
        for rate_ticks in ends {
            let segment = ClockSegment {
                ticks,
                unix_ns,
                rate_ns,
                rate_ticks,
            }
            .to_bytes();
            for (segments, clock_hz) in [
                (ClockSegments(&segment), 0),
                (ClockSegments::default(), rate_ticks),
            ] {
                let header = SnapshotHeader {
                    segments,
                    clock_hz,
                    start_ticks: unix_ns,
                    ..SnapshotHeader::default()
                };
                let time = TimeBase::new(&header);
                for at in ends {
                    let _ = (time.ns(at), time.elapsed_ns(at, ticks));
                }
            }
        }
    }
}

#[test]
fn clock_segments_that_are_cut_are_ignored() {
    let header = SnapshotHeader {
        segments: ClockSegments(&[0xFF; ClockSegment::BYTES - 1]),
        ..SnapshotHeader::default()
    };
    assert_eq!(header.segments.iter().count(), 0);
    assert!(!TimeBase::new(&header).is_wall());
}

/// Returns random bytes.
fn random_bytes(random: &SplitMix64, length: usize) -> Vec<u8> {
    (0..length).map(|_| random.next() as u8).collect()
}

#[test]
fn random_bytes_are_not_a_snapshot() {
    let random = SplitMix64::new();
    for length in 1..500 {
        let bytes = random_bytes(&random, length);
        assert_eq!(Snapshot::new(&bytes).err(), Some(NotASnapshot::Magic));
    }
}

#[test]
fn random_content_with_a_right_checksum_has_no_more_events_than_fit_in_it() {
    let random = SplitMix64::new();
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
fn content_that_is_changed_in_one_byte_and_has_a_right_checksum_has_no_more_events_than_fit() {
    let random = SplitMix64::new();
    for _ in 0..3000 {
        let mut bytes = STORED.bytes[..PREAMBLE_BYTES].to_vec();
        for number in 0..STORED.blocks.len() {
            let (lead, content) = STORED.block(number).split_at(LEAD_BYTES);
            let mut content = content.to_vec();
            let at = random.next() as usize % content.len();
            content[at] ^= random.next() as u8;
            bytes.extend(block(
                lead[12],
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
