//! Snapshots in a stream that holds other bytes too, and that has lost bytes.

use core::ops::Range;

use ttlog_core::{decode::Scan, snapshot::FILE_MAGIC};

use crate::{
    good::{Good, LZ4, PREAMBLE_BYTES, STORED, copy, run_id},
    support::{Seen, decode},
};

/// Returns the output of a bootloader, with the beginnings of preambles and blocks in it.
fn noise(round: u8) -> Vec<u8> {
    let mut noise = b"\r\nboot ok\r\n\x1eTTB\x1eTTBB\x1eTT2\x1eTT\x89TTL\r\n".to_vec();
    noise.extend((0..200_u8).map(|byte| byte.wrapping_mul(31).wrapping_add(round)));
    noise
}

fn ranges(bytes: &[u8]) -> Vec<Range<usize>> {
    Scan::new(bytes).collect()
}

/// Returns the events of each snapshot in a stream.
fn events(bytes: &[u8]) -> Vec<Vec<Seen>> {
    let events = |range: Range<usize>| decode(&bytes[range]).unwrap().events;
    ranges(bytes).into_iter().map(events).collect()
}

fn all_of(good: &Good) -> Vec<Seen> {
    good.events.iter().map(|(_, event)| event.clone()).collect()
}

#[test]
fn snapshots_are_found_between_noise() {
    let (mut stream, mut expected) = (noise(0), vec![]);
    for (round, good) in [&*STORED, &LZ4, &STORED, &STORED].into_iter().enumerate() {
        expected.push(stream.len()..stream.len() + good.bytes.len());
        stream.extend_from_slice(&good.bytes);
        // There is no noise between the last two.
        if round != 2 {
            stream.extend(noise(round as u8 + 1));
        }
    }
    assert_eq!(ranges(&stream), expected);
}

#[test]
fn noise_has_no_snapshots() {
    assert_eq!(ranges(&[]), []);
    assert_eq!(ranges(&noise(9)), []);
    assert_eq!(ranges(&[&FILE_MAGIC[..], &noise(9)].concat()), []);
}

#[test]
fn a_snapshot_whose_beginning_is_lost_is_found_by_its_blocks() {
    for (number, block) in STORED.blocks.iter().enumerate() {
        let stream = [&noise(1), &STORED.bytes[block.start..]].concat();
        let start = noise(1).len();
        assert_eq!(ranges(&stream), vec![start..stream.len(); 1]);
        if number < 2 {
            assert_eq!(events(&stream)[0].len(), STORED.events.len());
        }
    }
}

#[test]
fn all_whole_blocks_are_read_if_bytes_are_lost_anywhere() {
    let bytes = &STORED.bytes;
    for lost in [1, 7] {
        for at in 0..bytes.len() - lost {
            let stream = [
                &noise(1)[..],
                &bytes[..at],
                &bytes[at + lost..],
                &noise(2),
                &LZ4.bytes,
            ]
            .concat();
            let found = events(&stream);
            // A snapshot that has lost its middle is still one.
            assert_eq!(found.len(), 2, "at {at}");
            let is_touched = |block: &Range<usize>| block.start < at + lost && at < block.end;
            let whole = STORED
                .events
                .iter()
                .filter(|(block, _)| !is_touched(&STORED.blocks[*block]));
            let whole: Vec<u64> = whole.map(|(_, event)| event.ticks).collect();
            let ticks: Vec<u64> = found[0].iter().map(|event| event.ticks).collect();
            assert_eq!(ticks, whole, "{lost} bytes at {at}");
            assert_eq!(found[1].len(), all_of(&LZ4).len());
        }
    }
}

#[test]
fn a_snapshot_that_a_reset_has_cut_ends_where_the_next_begins() {
    let bytes = &STORED.bytes;
    for cut in PREAMBLE_BYTES..bytes.len() {
        let stream = [&bytes[..cut], b"boot\r\n", bytes].concat();
        let found = events(&stream);
        let last = found.last().unwrap();
        assert_eq!(*last, all_of(&STORED), "cut at {cut}");
        let whole = STORED.blocks.iter().filter(|block| block.end <= cut);
        assert_eq!(found.len(), 1 + usize::from(whole.count() > 0));
    }
}

#[test]
fn blocks_of_another_run_are_another_snapshot() {
    let (front, back) = (STORED.blocks[2].end, 3..STORED.blocks.len());
    let mut stream = STORED.bytes[..front].to_vec();
    for number in back {
        stream.extend(copy(STORED.block(number), !run_id(), number as u16));
    }
    assert_eq!(ranges(&stream), [0..front, front..stream.len()]);
}
