//! Damaged files: the program shows the whole blocks, names the damage, and never panics.

mod support;

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
};

use clap::Parser;
use dump::{Environment, Options, Status, run};
use serde_json::Value;
use support::{Recorder, SECOND, dump, header, save};
use tempfile::TempDir;
use ttlog_core::{
    decode::{Block, Content, Snapshot},
    info,
    snapshot::BLOCK_MAX_BYTES,
};

const EVENTS: u64 = 60;

/// A snapshot of many small blocks.
fn example() -> Vec<u8> {
    let recorder = Recorder::new(20, 64);
    let threads = [recorder.thread("a"), recorder.thread("b")];
    for serial in 0..EVENTS {
        recorder.at(serial * 1000);
        recorder.on(threads[serial as usize % 2]);
        info!("serial {serial}");
    }
    recorder.stored(&header(SECOND), 512)
}

/// The program within this process.
fn show(path: &Path, format: &str) -> (Status, String, String) {
    let options = Options::parse_from(["dump", "--format", format, path.to_str().unwrap()]);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = run(&options, &Environment::default(), &mut out, &mut err);
    (
        status,
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
    )
}

/// Returns the serial of each event, or `None` if its description is lost.
fn serials(lines: &str) -> Vec<Option<u64>> {
    let serial = |line: &str| {
        let (_, rest) = line.split_once("\"fields\":{\"serial\":")?;
        rest.split_once('}')?.0.parse().ok()
    };
    lines.lines().map(serial).collect()
}

/// The blocks of a whole snapshot: their start and end offsets, and the serials in them.
struct Layout {
    blocks: Vec<(usize, usize, BTreeSet<u64>)>,
}

impl Layout {
    fn new(bytes: &[u8]) -> Self {
        let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
        let mut blocks = Snapshot::new(bytes).unwrap().blocks();
        let mut found: Vec<(usize, usize, BTreeSet<u64>)> = Vec::new();
        while let Some(block) = blocks.next(&mut buffer) {
            let Block {
                offset, content, ..
            } = block.unwrap();
            if let Some(last) = found.last_mut() {
                last.1 = offset;
            }
            let mut serials = BTreeSet::new();
            if let Content::Pages(chunks) = content {
                for record in chunks.flat_map(|chunk| chunk.records().collect::<Vec<_>>()) {
                    // The only argument is the serial, in two words.
                    let [word, ..] = *record.body().as_chunks::<4>().0 else {
                        panic!("short")
                    };
                    serials.insert(u64::from(u32::from_le_bytes(word)));
                }
            }
            found.push((offset, bytes.len(), serials));
        }
        Self { blocks: found }
    }

    /// Returns the serials in blocks that do not overlap `from..to`.
    fn outside(&self, from: usize, to: usize) -> BTreeSet<u64> {
        let whole = self
            .blocks
            .iter()
            .filter(|(start, end, _)| *end <= from || to <= *start);
        whole
            .flat_map(|(_, _, serials)| serials.iter().copied())
            .collect()
    }
}

#[test]
fn whatever_byte_is_flipped_all_whole_blocks_are_shown() {
    let dir = TempDir::new().unwrap();
    let good = example();
    let layout = Layout::new(&good);
    assert!(
        layout.blocks.len() > 5,
        "{} blocks, {} bytes",
        layout.blocks.len(),
        good.len()
    );
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= [0xff, 0x01, 0x80][at % 3];
        let (status, out, err) = show(&save(&dir, "flipped.bin", &bytes), "ndjson");
        let serials = serials(&out);
        let known: BTreeSet<u64> = serials.iter().copied().flatten().collect();
        let expected = layout.outside(at, at + 1);
        assert!(serials.len() >= expected.len(), "byte {at}");
        // Without its description, an event has no serial to tell it by.
        assert!(
            known.is_superset(&expected) || known.is_empty(),
            "byte {at}"
        );
        assert_eq!(status, Status::Damaged, "byte {at}");
        assert!(err.contains("at byte "), "byte {at}: {err}");
    }
}

#[test]
fn wherever_the_file_is_cut_all_before_is_shown() {
    let dir = TempDir::new().unwrap();
    let good = example();
    let layout = Layout::new(&good);
    let first_block_end = layout.blocks[0].1;
    for length in 0..good.len() {
        let (status, out, err) = show(&save(&dir, "cut.bin", &good[..length]), "ndjson");
        let known: BTreeSet<u64> = serials(&out).into_iter().flatten().collect();
        assert_eq!(known, layout.outside(length, good.len()), "{length} bytes");
        let status_expected = if length < first_block_end {
            Status::Nothing
        } else {
            Status::Damaged
        };
        assert_eq!(status, status_expected, "{length} bytes: {err}");
    }
}

#[test]
fn the_document_of_a_damaged_file_parses_and_the_numbers_still_add_up() {
    let dir = TempDir::new().unwrap();
    let good = example();
    let layout = Layout::new(&good);
    for (start, end, serials) in &layout.blocks {
        let mut bytes = good.clone();
        bytes[(start + end) / 2] ^= 0x55;
        let (status, out, _) = show(&save(&dir, "damaged.bin", &bytes), "json");
        assert_eq!(status, Status::Damaged);
        let document: Value = serde_json::from_str(&out).unwrap();
        let file = &document["files"][0];
        let accounting = &file["accounting"];
        let shown = document["events"].as_array().unwrap().len();
        assert_eq!(accounting["kept"]["total"], shown);
        assert!(file["damage_count"].as_u64().unwrap() > 0);
        if *end == good.len() {
            assert_eq!(accounting["recorded"], Value::Null);
            continue;
        }
        assert_eq!(accounting["unreadable"]["total"], serials.len());
        assert_eq!(accounting["recorded"]["total"], EVENTS);
    }
}

#[test]
fn events_whose_description_is_lost_are_shown_as_such() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    recorder.at(5);
    info!("whose text is lost {}", 1);
    let good = recorder.snapshot(&header(SECOND));
    let callsites = Layout::new(&good).blocks[1].0;
    let mut bytes = good.clone();
    bytes[callsites + 20] ^= 1;
    let answer = dump([save(&dir, "a.bin", &bytes)]);
    assert_eq!(answer.status, 1);
    let event = &answer.document()["events"][0];
    assert!(
        event["message"].as_str().unwrap().contains("lost"),
        "{event}"
    );
    assert_eq!(event["timestamp"], "2026-11-23T12:00:00.000000005Z");
    assert_eq!(event["target"], Value::Null);
    assert_eq!(event["line"], Value::Null);
    let text = dump([
        "--format=text".as_ref(),
        dir.path().join("a.bin").as_os_str(),
    ]);
    assert!(text.out.contains("lost"), "{text:?}");
}

#[test]
fn without_the_header_there_are_events_but_no_times() {
    let dir = TempDir::new().unwrap();
    let mut bytes = example();
    bytes[30] ^= 1;
    let path = save(&dir, "a.bin", &bytes);
    let answer = dump([&path]);
    assert_eq!(answer.status, 1);
    let document = answer.document();
    assert_eq!(document["files"][0]["service"], Value::Null);
    assert_eq!(document["events"][0]["timestamp"], Value::Null);
    assert!(document["events"].as_array().unwrap().len() > 25);
    let answer = dump(["--since=-5s".as_ref(), path.as_os_str()]);
    assert_eq!(answer.status, 2);
    assert!(
        answer.err.contains("the header with the clock is lost"),
        "{answer:?}"
    );
}

#[test]
fn much_damage_is_summed_up() {
    let dir = TempDir::new().unwrap();
    let good = example();
    let mut bytes = Vec::new();
    for copy in 0..10 {
        // Snapshots behind each other, as if a disk had lost what was between them.
        bytes.extend_from_slice(&good[if copy == 0 { 0 } else { 100 }..good.len() - 10]);
    }
    let answer = dump([save(&dir, "a.bin", &bytes)]);
    assert_eq!(answer.status, 1);
    let lines: Vec<_> = answer.err.lines().collect();
    assert!(lines.len() <= 21, "{lines:#?}");
    for line in &lines[..lines.len().min(20)] {
        assert!(
            line.starts_with("dump: ") && line.contains("a.bin: at byte "),
            "{line}"
        );
    }
    let count = answer.document()["files"][0]["damage_count"]
        .as_u64()
        .unwrap();
    if count > 20 {
        assert!(
            lines[20].ends_with(&format!("and {} more", count - 20)),
            "{}",
            lines[20]
        );
    }
}

#[test]
fn random_bytes_behind_a_good_beginning_do_no_harm() {
    let dir = TempDir::new().unwrap();
    let good = example();
    let mut random: u64 = 99;
    let mut statuses: HashMap<u8, u32> = HashMap::new();
    for _ in 0..200 {
        let mut next = || {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 33) as usize
        };
        let mut bytes = good.clone();
        for _ in 0..1 + next() % 8 {
            let at = next() % bytes.len();
            let length = (next() % 64).min(bytes.len() - at);
            match next() % 3 {
                0 => bytes[at..at + length]
                    .iter_mut()
                    .for_each(|byte| *byte = next() as u8),
                1 => drop(bytes.drain(at..at + length)),
                _ => {
                    let copy = bytes[at..at + length].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        let path = save(&dir, "a.bin", &bytes);
        for format in ["json", "ndjson", "text"] {
            let (status, out, err) = show(&path, format);
            *statuses.entry(status as u8).or_default() += 1;
            assert_eq!(status == Status::Whole, err.is_empty());
            if format == "json" && status != Status::Nothing {
                serde_json::from_str::<Value>(&out).unwrap();
            }
        }
    }
    assert!(statuses[&1] > 300, "{statuses:?}");
    fs::remove_file(dir.path().join("a.bin")).unwrap();
}
