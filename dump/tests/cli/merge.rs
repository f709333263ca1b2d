//! The order of events.

use std::collections::HashMap;

use tempfile::TempDir;
use ttlog_core::info;

use crate::support::{Answer, Recorder, SECOND, answer, board_header, header, ndjson, program};

fn serials(answer: &Answer, thread: &str) -> Vec<u64> {
    let events = answer
        .lines()
        .into_iter()
        .filter(|event| event["thread"] == thread);
    events
        .map(|event| event["fields"]["serial"].as_u64().unwrap())
        .collect()
}

#[test]
fn threads_are_merged_by_time() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(32, 128);
    let threads = [
        recorder.thread("a"),
        recorder.thread("b"),
        recorder.thread("c"),
    ];
    let mut random: u64 = 7;
    for serial in 0..300 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        recorder.on(threads[(random >> 60) as usize % 3]);
        recorder.at(serial * 10);
        info!(serial, "one after the other");
    }
    let answer = ndjson(&recorder.save(&dir, "a.bin", &header(SECOND)), []);
    let all: Vec<_> = answer
        .lines()
        .iter()
        .map(|event| event["fields"]["serial"].as_u64().unwrap())
        .collect();
    assert_eq!(all, Vec::from_iter(0..300));
}

#[test]
fn a_threads_events_of_one_moment_keep_their_order_over_pages_and_blocks() {
    let dir = TempDir::new().unwrap();
    for (pages, events) in [(16, 150), (5, 500)] {
        let recorder = Recorder::new(pages, 64);
        // The clock stands still: pages are told apart by nothing else than their numbers.
        for serial in 0..events {
            info!(serial, "at once");
        }
        for bytes in [
            recorder.snapshot(&header(SECOND)),
            recorder.stored(&header(SECOND), 512),
        ] {
            let path = crate::support::save(&dir, "a.bin", &bytes);
            let serials = serials(&ndjson(&path, []), "main");
            let first = events - serials.len() as u64;
            assert_eq!(serials, Vec::from_iter(first..events));
        }
    }
}

#[test]
fn clocks_that_tie_reorder_no_thread() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(64, 64);
    let threads = ["a", "b", "c", "d"].map(|name| (name, recorder.thread(name)));
    let mut random: u64 = 1;
    let mut written: HashMap<&str, u64> = HashMap::new();
    for step in 0..400 {
        // A tick in which some twenty events of all threads fall.
        recorder.at(step / 20);
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let (name, thread) = threads[(random >> 62) as usize];
        recorder.on(thread);
        let serial = written.entry(name).or_default();
        info!("tick", serial = *serial);
        *serial += 1;
    }
    let answer = ndjson(&recorder.save(&dir, "a.bin", &header(SECOND)), []);
    for (name, count) in written {
        assert_eq!(serials(&answer, name), Vec::from_iter(0..count), "{name}");
    }
    let times: Vec<_> = answer
        .lines()
        .iter()
        .map(|event| event["timestamp"].clone())
        .collect();
    assert!(times.iter().map(|time| time.as_str()).is_sorted());
}

#[test]
fn runs_are_merged_by_time_and_in_the_order_of_their_ids_where_times_tie() {
    let dir = TempDir::new().unwrap();
    let mut paths = Vec::new();
    for name in ["second", "first"] {
        let recorder = Recorder::new(4, 1024);
        recorder.thread(name);
        for serial in 0..10 {
            recorder.at(serial * 100
                + if name == "second" && serial % 2 == 0 {
                    50
                } else {
                    0
                });
            info!(serial, "both");
        }
        paths.push(recorder.save(&dir, name, &header(SECOND)));
    }
    for files in [[&paths[0], &paths[1]], [&paths[1], &paths[0]]] {
        let answer = answer(program().arg("--format=ndjson").args(files));
        let order: Vec<_> = answer
            .lines()
            .iter()
            .map(|event| event["thread"].as_str().unwrap() == "first")
            .collect();
        assert_eq!(order, [true, false, false, true].repeat(5));
    }
}

#[test]
fn files_without_a_wall_clock_come_first() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    info!("shop");
    let shop = recorder.save(&dir, "shop", &header(SECOND));
    let recorder = Recorder::new(4, 256);
    recorder.at(50 * SECOND);
    info!("board");
    let board = recorder.save(&dir, "board", &board_header(60 * SECOND));
    let answer = answer(program().arg("--format=ndjson").args([&shop, &board]));
    assert_eq!(answer.messages(), ["board", "shop"]);
}

#[test]
fn overlapping_snapshots_of_a_run_show_each_event_once() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(8, 256);
    let mut paths = Vec::new();
    for serial in 0..60_u64 {
        recorder.at(serial * 10);
        info!(serial, "serial");
        if serial % 20 == 19 {
            paths.push(recorder.save(&dir, &format!("{serial}.bin"), &header(serial * 10)));
        }
    }
    let first = ndjson(&paths[0], []);
    let all = answer(program().arg("--format=ndjson").args(&paths));
    assert_eq!(serials(&all, "main"), Vec::from_iter(0..60));
    // A line of a file is the same line among those of all files.
    assert!(all.out.starts_with(&first.out));
    paths.reverse();
    let reversed = answer(program().args(&paths));
    assert_eq!(reversed.status, 0);
    let document = reversed.document();
    let files = document["files"].as_array().unwrap().iter();
    let shown: Vec<_> = files
        .map(|file| {
            let accounting = &file["accounting"];
            (
                accounting["kept"]["total"].as_u64().unwrap(),
                accounting["shown"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [(60, 60), (40, 0), (20, 0)]);
    assert_eq!(document["events"].as_array().unwrap().len(), 60);
}
