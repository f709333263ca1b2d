//! Headers and accounting.

use serde_json::{Value, json};
use tempfile::TempDir;
use ttlog_core::{
    ClockSegment, ClockSegments, DropCause, Level, SnapshotHeader, error, info,
    snapshot::SnapshotKind,
};

use crate::support::{Recorder, SECOND, STARTED_UNIX_NS, dump, header, ndjson};

fn by_level(levels: [(&str, u64); 2]) -> Value {
    let mut counts = json!({"TRACE": 0, "DEBUG": 0, "INFO": 0, "WARN": 0, "ERROR": 0, "FATAL": 0});
    for (level, count) in levels {
        counts[level] = json!(count);
    }
    counts["total"] = json!(levels[0].1 + levels[1].1);
    counts
}

#[test]
fn the_header_says_who_took_the_snapshot_when_and_why() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    let step = ClockSegment::with_hz(SECOND, STARTED_UNIX_NS + SECOND - 5, SECOND);
    let started = ClockSegment::with_hz(0, STARTED_UNIX_NS, SECOND);
    let segments = [started.to_bytes(), step.to_bytes()].concat();
    let path = recorder.save(
        &dir,
        "a.bin",
        &SnapshotHeader {
            kind: SnapshotKind::Panic,
            merged: 3,
            filter: "info,shop=debug",
            events_max: 100,
            segments: ClockSegments(&segments),
            ..header(2 * SECOND)
        },
    );
    let mut document = dump([&path]).document();
    assert_eq!(document["format"], "ttlog-dump");
    assert_eq!(document["version"], 1);
    let file = document["files"][0].as_object_mut().unwrap();
    file.remove("accounting");
    assert_eq!(
        *file,
        *json!({
            "path": path.to_str(),
            "run": format!("{:016x}", recorder.run_id()),
            "kind": "panic",
            "filter": "info,shop=debug",
            "clock_steps": [{"time": "2026-11-23T12:00:00.999999995Z", "step_ns": -5}],
            "page_count": 4,
            "page_words": 256,
            "service": "shop",
            "host": "pluto",
            "pid": 4242,
            "reason": "order_failed",
            "merged": 3,
            "target": "x86_64-linux",
            "build_id": "b17d",
            "taken": "2026-11-23T12:00:01.999999995Z",
            "started": "2026-11-23T12:00:00.000000000Z",
            "clock_hz": 1_000_000_000,
            "events_max": 100,
            "modules": [],
            "offset": 0,
            "image": null,
            "damage": [],
            "damage_count": 0,
            "open_spans": [],
            "open_spans_missing": 0,
        })
        .as_object()
        .unwrap()
    );
}

/// Logs events a microsecond apart. Every fifth is an error.
fn log(recorder: &Recorder, events: u64) {
    for serial in 0..events {
        recorder.at(serial * 1000);
        if serial % 5 == 0 {
            error!(serial, "serial");
        } else {
            info!(serial, "serial");
        }
    }
}

#[test]
fn recorded_is_kept_and_overwritten_and_dropped() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    log(&recorder, 1000);
    recorder.count_dropped(Level::Info, DropCause::Nested);
    recorder.count_dropped(Level::Error, DropCause::NoPage);
    let mut document = dump([recorder.save(&dir, "a.bin", &header(SECOND))]).document();
    let kept = document["events"].as_array().unwrap().len() as u64;
    let first = document["events"][0]["fields"]["serial"].as_u64().unwrap();
    assert_eq!(first + kept, 1000);
    let errors = document["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["level"] == "ERROR");
    let errors = errors.count() as u64;
    let nothing = by_level([("INFO", 0), ("ERROR", 0)]);
    assert_eq!(
        document["files"][0]["accounting"].take(),
        json!({
            "recorded": by_level([("INFO", 801), ("ERROR", 201)]),
            "kept": by_level([("INFO", kept - errors), ("ERROR", errors)]),
            "overwritten": by_level([("INFO", 800 - (kept - errors)), ("ERROR", 200 - errors)]),
            "dropped": {
                "all": by_level([("INFO", 1), ("ERROR", 1)]),
                "nested": by_level([("INFO", 1), ("ERROR", 0)]),
                "no_page": by_level([("INFO", 0), ("ERROR", 1)]),
                "too_long": nothing,
                "no_id": nothing,
            },
            "unreadable": nothing,
            "shared": 0,
            "complete_since": format!("2026-11-23T12:00:00.{:06}000Z", first - 1),
            "torn_pages": 0,
            "shown": kept,
        })
    );
}

#[test]
fn more_events_than_the_snapshot_is_to_show_count_as_overwritten() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 1024);
    log(&recorder, 400);
    let path = recorder.save(
        &dir,
        "a.bin",
        &SnapshotHeader {
            events_max: 10,
            ..header(SECOND)
        },
    );
    let document = dump([&path]).document();
    let serials: Vec<_> = document["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["fields"]["serial"].as_u64().unwrap())
        .collect();
    assert_eq!(serials, Vec::from_iter(390..400));
    let accounting = &document["files"][0]["accounting"];
    assert_eq!(
        accounting["recorded"],
        by_level([("INFO", 320), ("ERROR", 80)])
    );
    assert_eq!(accounting["kept"], by_level([("INFO", 8), ("ERROR", 2)]));
    assert_eq!(
        accounting["overwritten"],
        by_level([("INFO", 312), ("ERROR", 78)])
    );
    assert_eq!(
        accounting["complete_since"],
        "2026-11-23T12:00:00.000389000Z"
    );
    assert_eq!(accounting["shown"], 10);
    assert_eq!(ndjson(&path, ["--last=3"]).lines().len(), 3);
}

#[test]
fn what_came_while_the_snapshot_was_written_is_not_of_it() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 1024);
    log(&recorder, 20);
    let path = recorder.save(&dir, "a.bin", &header(11_000));
    let document = dump([&path]).document();
    let events = document["events"].as_array().unwrap();
    assert_eq!(events.len(), 12);
    assert_eq!(events[11]["fields"]["serial"], 11);
    let accounting = &document["files"][0]["accounting"];
    assert_eq!(accounting["kept"], by_level([("INFO", 9), ("ERROR", 3)]));
    assert_eq!(accounting["recorded"], accounting["kept"]);
    assert_eq!(accounting["unreadable"]["total"], 0);
}

#[test]
fn the_last_event_in_time_is_of_the_newest_that_are_asked_for() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(8, 100);
    log(&recorder, 60);
    let header = SnapshotHeader {
        events_max: 10,
        ..header(39_000)
    };
    let document = dump([recorder.save(&dir, "a.bin", &header)]).document();
    let serials: Vec<_> = document["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["fields"]["serial"].as_u64().unwrap())
        .collect();
    assert_eq!(serials, Vec::from_iter(30..40));
}

#[test]
fn shown_counts_what_the_filters_leave_of_each_file() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 1024);
    log(&recorder, 20);
    let one = recorder.save(&dir, "one.bin", &header(SECOND));
    let recorder = Recorder::new(4, 1024);
    recorder.thread("late");
    log(&recorder, 5);
    let other = recorder.save(&dir, "other.bin", &header(SECOND));
    let shown = |args: &[&str]| {
        let args = args.iter().map(std::ffi::OsStr::new);
        let document = dump(args.chain([one.as_os_str(), other.as_os_str()])).document();
        let shown = |number: usize| {
            let shown = document["files"][number]["accounting"]["shown"].as_u64();
            shown.unwrap() as usize
        };
        assert_eq!(
            document["events"].as_array().unwrap().len(),
            shown(0) + shown(1)
        );
        [shown(0), shown(1)]
    };
    assert_eq!(shown(&[]), [20, 5]);
    assert_eq!(shown(&["--level=error"]), [4, 1]);
    assert_eq!(shown(&["--last=17"]), [16, 1]);
    assert_eq!(shown(&["--level=error", "--last=2"]), [2, 0]);
    assert_eq!(shown(&["--last=0"]), [0, 0]);
}
