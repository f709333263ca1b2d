//! Rings in raw images of a memory.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;
use ttlog_core::{
    Geometry, Word, info,
    region::{self, Region, RegionConfig},
    registry,
    ring::Run,
    warn,
};

use crate::support::{Answer, Recorder, SECOND, answer, dump, ndjson, program, save};

const CONFIG: RegionConfig<'static> = RegionConfig {
    geometry: Geometry { page_words: 64 },
    dictionary_words: 400,
    service: "pump",
    target: "thumbv7m",
    build_id: "b17d",
};
const PAGES: usize = 4;

/// The memory of a board with two banks, each with the events of a run.
fn board() -> &'static [Word] {
    let words = (0..2 * CONFIG.memory_words(PAGES)).map(|_| Word::new(0));
    let memory: &[Word] = words.collect::<Vec<_>>().leak();
    let (first, second) = memory.split_at(memory.len() / 2);
    for run in 1..3_u32 {
        let own = Run {
            id: 0x5eed,
            clock_hz: SECOND,
            start_ticks: 5,
        };
        let recovery = region::recover([first, second], &CONFIG, own).unwrap();
        let recorder = Recorder::over(recovery.region.ring());
        for number in 0..30_u32 {
            recorder.at((u64::from(number) + 1) * SECOND + 5);
            info!("pump.tick run={run} number={number}");
        }
        warn!("pump.dry");
        registry::callsites().for_each(|callsite| recovery.region.describe(callsite));
    }
    memory
}

fn bytes(memory: &[Word]) -> Vec<u8> {
    let words = memory
        .iter()
        .map(|word| word.load(core::sync::atomic::Ordering::Relaxed));
    words.flat_map(u32::to_le_bytes).collect()
}

fn image(dir: &TempDir, before: usize, board: &[u8]) -> PathBuf {
    let bytes = [&vec![0xA5; before], board, &[0x5A; 77]].concat();
    save(dir, "ram.bin", &bytes)
}

/// An image of both.
pub(crate) fn example() -> Answer {
    let dir = TempDir::new().unwrap();
    dump([image(&dir, 0, &bytes(board()))])
}

#[test]
fn the_rings_in_an_image_are_shown_with_their_texts() {
    let dir = TempDir::new().unwrap();
    let board = bytes(board());
    let path = image(&dir, 4096, &board);
    let answer = dump([&path]);
    assert_eq!((answer.status, &*answer.err), (0, ""));
    let document = answer.document();
    for (number, file) in document["files"].as_array().unwrap().iter().enumerate() {
        assert_eq!(file["service"], "pump");
        assert_eq!(file["build_id"], "b17d");
        assert_eq!(
            (&file["reason"], &file["taken"]),
            (&Value::from("image"), &Value::Null)
        );
        assert_eq!(file["offset"], 4096 + number * board.len() / 2);
        assert_eq!(file["image"]["state"], "recovered");
        assert_eq!(file["image"]["boot"], number + 1);
        assert_eq!(file["image"]["done"], false);
        assert_eq!(file["image"]["undescribed"], 0);
        assert_eq!(file["accounting"]["recorded"]["total"], 31);
    }
    let events = document["events"].as_array().unwrap();
    let last = events.last().unwrap();
    assert_eq!(last["message"], "pump.dry");
    assert_eq!(last["timestamp"], "+30.000000000");
    assert!(events.iter().any(|event| event["fields"]["run"] == 1));
}

#[test]
fn times_can_be_asked_for_from_the_last_event_on() {
    let dir = TempDir::new().unwrap();
    let path = image(&dir, 0, &bytes(board()));
    let answer = ndjson(&path, ["--since=-2s"]);
    assert_eq!(answer.messages().len(), 8, "{answer:?}");
}

#[test]
fn a_region_alone_is_an_image_and_so_is_one_of_the_other_byte_order() {
    let dir = TempDir::new().unwrap();
    let board = bytes(board());
    let region = &board[..board.len() / 2];
    let whole = ndjson(&save(&dir, "a.bin", region), []);
    assert!(
        whole
            .messages()
            .contains(&"pump.tick run=1 number=29".into()),
        "{whole:?}"
    );
    let swapped: Vec<u8> = region
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|word| word.iter().rev().copied())
        .collect();
    let path = save(&dir, "a.bin", &swapped);
    assert_eq!(ndjson(&path, []).messages(), whole.messages());
}

#[test]
fn what_is_damaged_in_an_image_is_said_and_the_rest_is_shown() {
    let dir = TempDir::new().unwrap();
    let memory = board();
    // The length of a record in the last page, and the second bank's header.
    let half = memory.len() / 2;
    let page = half - 64;
    memory[page + 26].fetch_xor(1, core::sync::atomic::Ordering::Relaxed);
    memory[half + 5].fetch_xor(1, core::sync::atomic::Ordering::Relaxed);
    let path = image(&dir, 8, &bytes(memory));
    let answer = dump([&path]);
    assert_eq!(answer.status, 1);
    let document = answer.document();
    assert_eq!(document["files"].as_array().unwrap().len(), 1);
    assert_eq!(document["files"][0]["image"]["state"], "corrupt");
    assert!(
        answer.err.contains("at byte 8: 1 pages of the ring"),
        "{answer:?}"
    );
    assert!(
        answer.err.contains(&format!(
            "at byte {}: a region whose checksum does not match",
            8 + half * 4
        )),
        "{answer:?}"
    );
}

#[test]
fn text_says_that_it_is_an_image() {
    let dir = TempDir::new().unwrap();
    let memory = board();
    Region::read(memory).unwrap().acknowledge();
    let path = image(&dir, 0, &bytes(memory));
    let answer = answer(program().arg("--format=text").arg(&path));
    let head = answer.out.lines().next().unwrap();
    assert!(
        head.ends_with("ram.bin: pump, ring of boot 1, recovered, acknowledged"),
        "{head}"
    );
}

#[test]
fn wherever_an_image_is_cut_nothing_panics() {
    let dir = TempDir::new().unwrap();
    let board = bytes(board());
    for length in (0..board.len()).step_by(997) {
        let answer = dump([save(&dir, "a.bin", &board[..length])]);
        assert_eq!(
            answer.status,
            if length < board.len() / 2 { 2 } else { 0 },
            "{length}: {answer:?}"
        );
    }
}
