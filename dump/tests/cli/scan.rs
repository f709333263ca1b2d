//! Snapshots in the log of a serial line.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use ttlog_core::info;

use crate::support::{Recorder, SECOND, answer, dump, header, program, save};

const NOISE: &[u8] = b"U-Boot 2026.01\r\n\x1eTTB\x89TTL\r\nStarting...\r\n";

fn snapshot(message: &str, second: u64) -> Vec<u8> {
    let recorder = Recorder::new(4, 128);
    recorder.at(second * SECOND);
    info!("{message}");
    recorder.stored(&header((second + 1) * SECOND), 512)
}

#[test]
fn snapshots_between_noise_are_merged_and_the_noise_is_named() {
    let dir = TempDir::new().unwrap();
    let (first, second) = (snapshot("first", 1), snapshot("second", 2));
    let stream = [NOISE, &second, NOISE, NOISE, &first, NOISE].concat();
    let path = save(&dir, "uart.log", &stream);
    let answer = answer(program().arg("--scan").arg(&path));
    assert_eq!(answer.status, 0, "{answer:?}");
    let document = answer.document();
    let files = document["files"].as_array().unwrap();
    let offsets: Vec<_> = files.iter().map(|file| &file["offset"]).collect();
    let second_at = NOISE.len() + second.len() + 2 * NOISE.len();
    assert_eq!(offsets, [NOISE.len(), second_at]);
    let messages = document["events"].as_array().unwrap().iter();
    let messages: Vec<_> = messages.map(|event| event["message"].clone()).collect();
    assert_eq!(messages, ["first", "second"]);
    let name = path.display();
    let length = NOISE.len();
    let last = stream.len() - length;
    assert_eq!(
        answer.err.lines().collect::<Vec<_>>(),
        [
            format!("dump: {name}: at byte 0: {length} bytes that belong to no snapshot"),
            format!(
                "dump: {name}: at byte {}: {} bytes that belong to no snapshot",
                length + second.len(),
                2 * length
            ),
            format!("dump: {name}: at byte {last}: {length} bytes that belong to no snapshot"),
        ]
    );
}

#[test]
fn a_damaged_snapshot_in_a_stream_gives_what_is_whole_and_its_place_in_the_file() {
    let dir = TempDir::new().unwrap();
    let (first, second) = (snapshot("first", 1), snapshot("second", 2));
    let mut stream = [NOISE, &first, NOISE, &second].concat();
    // A byte of the first snapshot's header block is lost.
    stream.remove(NOISE.len() + 40);
    let path = save(&dir, "uart.log", &stream);
    let answer = answer(program().arg("--scan").arg(&path));
    assert_eq!(answer.status, 1, "{answer:?}");
    let document = answer.document();
    assert_eq!(document["events"].as_array().unwrap().len(), 2);
    let file = &document["files"][0];
    assert_eq!(file["service"], Value::Null);
    assert_eq!(file["damage"][0]["offset"], NOISE.len() + 12);
    assert_eq!(document["files"][1]["damage_count"], 0);
}

#[test]
fn a_stream_without_snapshots_is_refused() {
    let dir = TempDir::new().unwrap();
    let path = save(&dir, "uart.log", &NOISE.repeat(10));
    let answer = answer(program().arg("--scan").arg(&path));
    assert_eq!((answer.status, &*answer.out), (2, ""));
    assert!(answer.err.contains("no snapshot"), "{answer:?}");
    let answer = dump([&path]);
    assert_eq!(answer.status, 2);
    assert!(answer.err.contains("--scan"), "{answer:?}");
    fs::write(&path, []).unwrap();
    assert_eq!(dump(["--scan".as_ref(), path.as_os_str()]).status, 2);
}

#[test]
fn text_says_where_in_the_file_a_snapshot_stands() {
    let dir = TempDir::new().unwrap();
    let stream = [NOISE, &snapshot("only", 1)].concat();
    let path = save(&dir, "uart.log", &stream);
    let answer = answer(program().args(["--scan", "--format=text"]).arg(&path));
    let head = format!(
        "# {} at byte {}: shop, pid 4242",
        path.display(),
        NOISE.len()
    );
    assert!(answer.out.starts_with(&head), "{answer:?}");
}
