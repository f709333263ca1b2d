//! The memory that ordinary and hostile files make the program use.
//!
//! One test, because it counts all allocations of this process.

#[path = "../../ttlog-core/reader/tests/support/counting_allocator.rs"]
mod counting_allocator;
mod support;

use std::{io, path::Path};

use clap::Parser;
use dump::{Environment, Options, Status, run};
use support::{Recorder, SECOND, header, save};
use tempfile::TempDir;
use ttlog_core::{info, span};

use self::counting_allocator::measure;

const LIMIT_BYTES: usize = 64 << 20;

/// Shows a file, and counts all memory. Shows only the few events at FATAL, which is quick.
fn check(path: &Path, expected: &[Status]) {
    let options = Options::parse_from(["dump", "--level=fatal", path.to_str().unwrap()]);
    let (status, _, peak) = measure(|| {
        run(
            &options,
            &Environment::default(),
            &mut io::sink(),
            &mut io::sink(),
        )
    });
    assert!(peak < LIMIT_BYTES, "{}: {} KiB", path.display(), peak >> 10);
    assert!(expected.contains(&status), "{}: {status:?}", path.display());
}

#[test]
fn no_file_of_2_mib_takes_more_than_64_mib() {
    let dir = TempDir::new().unwrap();
    let good = ordinary();
    assert!((1 << 20..3 << 20).contains(&good.len()), "{}", good.len());
    check(&save(&dir, "good.bin", &good), &[Status::Whole]);
    for part in 0..8 {
        let at = part * good.len() / 8 + 11;
        let mut flipped = good.clone();
        flipped[at] ^= 0x10;
        check(
            &save(&dir, "flipped.bin", &flipped),
            &[Status::Whole, Status::Damaged],
        );
        let cut = save(&dir, "cut.bin", &good[..at]);
        check(&cut, &[Status::Damaged, Status::Nothing]);
    }
    for (name, block) in [
        (
            "events.bin",
            Block::of_one_event_over_and_over as fn(u16) -> Block,
        ),
        ("pages.bin", Block::of_many_pages),
        ("texts.bin", Block::of_a_wide_text),
        ("spans.bin", Block::of_spans_without_end),
        ("statements.bin", Block::of_many_statements),
    ] {
        let mut bytes = b"\x89TTL\r\n\x1a\n\x01\0\0\0".to_vec();
        for sequence in 0.. {
            block(sequence).write(sequence, &mut bytes);
            if bytes.len() > 2 << 20 {
                break;
            }
        }
        check(&save(&dir, name, &bytes), &[Status::Damaged]);
    }
}

/// Some 40,000 events of several kinds.
fn ordinary() -> Vec<u8> {
    let recorder = Recorder::new(128, 4096);
    let threads = ["a", "b", "c"].map(|name| recorder.thread(name));
    for serial in 0..15_000_u64 {
        recorder.at(serial * 20_000);
        recorder.on(threads[serial as usize % 3]);
        let span = span!("request", serial);
        info!(
            serial,
            user = serial % 100,
            "auth.login ok ip={} ms={}",
            "10.0.0.7",
            serial % 7
        );
        drop(span);
    }
    recorder.stored(&header(SECOND), 64 * 1024)
}

/// Returns a block with this content and a correct checksum.
struct Block {
    kind: u8,
    codec: u8,
    raw_bytes: u16,
    stored: Vec<u8>,
}

const CALLSITES: u8 = 2;
const PAGES: u8 = 3;
const STORED: u8 = 0;
const LZ4: u8 = 1;
/// Id 1, level INFO; to be completed by form and length.
const EVENT: u32 = 1 << 15 | 2 << 12;

impl Block {
    fn write(&self, sequence: u16, out: &mut Vec<u8>) {
        let mut fields = vec![self.kind, self.codec];
        for number in [sequence, self.raw_bytes, self.stored.len() as u16] {
            fields.extend(number.to_le_bytes());
        }
        let crc = crc32(fields.iter().chain(&self.stored));
        out.extend(b"\x1eTTB");
        out.extend(fields);
        out.extend(crc.to_le_bytes());
        out.extend(&self.stored);
    }

    fn of_words(words: impl IntoIterator<Item = u32>) -> Self {
        let stored: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        Self {
            kind: PAGES,
            codec: STORED,
            raw_bytes: stored.len() as u16,
            stored,
        }
    }

    /// 64 KiB of records in some 450 bytes.
    fn of_one_event_over_and_over(_: u16) -> Self {
        let (words, record_words) = (16_000_u32, 40);
        let mut chunk = vec![0, 2, 1, 0, 0, 24 << 16 | (words - 6), EVENT | record_words];
        chunk.resize(6 + record_words as usize, 0);
        let literals: Vec<u8> = chunk.into_iter().flat_map(u32::to_le_bytes).collect();
        let record = &literals[24..];
        // LZ4: 184 bytes as they are, then the last 160 of them again and again, then 8 more.
        let repeated = words as usize * 4 - literals.len() - 8;
        let mut stored = vec![0xff, literals.len() as u8 - 15];
        stored.extend(&literals);
        stored.extend([record.len() as u8, 0]);
        stored.extend(vec![255; (repeated - 19) / 255]);
        stored.push(((repeated - 19) % 255) as u8);
        stored.push(8 << 4);
        stored.extend(&record[record.len() - 8..]);
        Self {
            kind: PAGES,
            codec: LZ4,
            raw_bytes: (words * 4) as u16,
            stored,
        }
    }

    /// Each with a single event.
    fn of_many_pages(number: u16) -> Self {
        let generation = 2 * u32::from(number) + 2;
        let page = |page| [page, generation, 1, page, 0, 24 << 16 | 2, EVENT | 2, 0];
        Self::of_words((0..2_000).flat_map(page))
    }

    fn of_spans_without_end(number: u16) -> Self {
        const ENTER: u32 = 2 << 10;
        let number = u32::from(number) + 1;
        let records = (0..2_600).flat_map(|id| [EVENT | ENTER | 6, 1, id, number, 0, 0]);
        let lead = [number, 2, 1, 0, 0, 24 << 16 | (2_600 * 6)];
        Self::of_words(lead.into_iter().chain(records))
    }

    /// A statement that asks for half a gigabyte of spaces, or its event at FATAL.
    fn of_a_wide_text(number: u16) -> Self {
        if number % 8 == 1 {
            let chunk = [u32::from(number), 2, 1, 0, 0, 24 << 16 | 3];
            return Self::of_words(chunk.into_iter().chain([1 << 15 | 5 << 12 | 3, 0, 7]));
        }
        let text = "{0:>65535}".repeat(6_400);
        let length = [text.len() as u8 | 0x80, (text.len() >> 7) as u8 | 0x80, 3];
        let mut stored = vec![1, 5, 0, 1, 0, 0];
        stored.extend(length);
        stored.extend(text.into_bytes());
        // One argument without a name, an i32.
        stored.extend([1, 0, 1, 3]);
        Self {
            kind: CALLSITES,
            codec: STORED,
            raw_bytes: stored.len() as u16,
            stored,
        }
    }

    /// Without a text, of eleven bytes each.
    fn of_many_statements(number: u16) -> Self {
        let first = 0x4000 + 0x1700 * u32::from(number);
        let stored: Vec<u8> = (first..first + 0x1700)
            .flat_map(|id| {
                let id = [id as u8 | 0x80, (id >> 7) as u8 | 0x80, (id >> 14) as u8];
                id.into_iter().chain([2, 0, 1, 0, 0, 0, 0, 0])
            })
            .collect();
        Self {
            kind: CALLSITES,
            codec: STORED,
            raw_bytes: stored.len() as u16,
            stored,
        }
    }
}

fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
