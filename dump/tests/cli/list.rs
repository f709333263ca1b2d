//! `dump ls`.

use std::fs;

use serde_json::json;
use tempfile::TempDir;
use ttlog_core::{SnapshotHeader, info};

use crate::support::{Recorder, SECOND, answer, dump, header, program, save};

#[test]
fn snapshots_are_listed_newest_last() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    info!("one");
    info!("two");
    let early = SnapshotHeader {
        reason: "early",
        ..header(SECOND)
    };
    let late = SnapshotHeader {
        reason: "later",
        pid: 7,
        events_max: 1,
        ..header(90 * SECOND)
    };
    // Neither the names nor the files' own times are in the order in which they were taken.
    let late = recorder.save(&dir, "ttlog-1-late.bin", &late);
    let early = recorder.save(&dir, "ttlog-2-early.bin", &early);
    save(&dir, "ttlog-3.txt", b"");
    save(&dir, "notes.bin", b"");
    let answer = dump(["ls".as_ref(), dir.path().as_os_str()]);
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
    let lines: Vec<_> = answer.out.lines().collect();
    for (line, path, start) in [
        (
            lines[0],
            &early,
            "2026-11-23T12:00:01.000000000Z  shop  4242  early  2 events  ",
        ),
        (
            lines[1],
            &late,
            "2026-11-23T12:01:30.000000000Z  shop     7  later  1 events  ",
        ),
    ] {
        assert!(line.starts_with(start), "{line}");
        assert!(line.ends_with(&format!("B  {}", path.display())), "{line}");
    }
    assert_eq!(lines.len(), 2);
    let answer = dump([
        "ls".as_ref(),
        "--format=json".as_ref(),
        dir.path().as_os_str(),
    ]);
    assert_eq!(
        answer.lines()[1],
        json!({
            "time": "2026-11-23T12:01:30.000000000Z",
            "service": "shop",
            "pid": 7,
            "reason": "later",
            "events": 1,
            "bytes": fs::metadata(&late).unwrap().len(),
            "path": late.to_str(),
            "problem": null,
            "unfinished": false,
        })
    );
}

#[test]
fn what_cannot_be_read_is_listed_with_what_is_wrong() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    info!("one");
    let good = recorder.snapshot(&header(SECOND));
    save(&dir, "ttlog-cut.bin", &good[..good.len() - 1]);
    save(&dir, "ttlog-empty.bin", b"");
    save(&dir, "ttlog-other.bin", b"something else");
    fs::create_dir(dir.path().join("ttlog-dir.bin")).unwrap();
    let answer = dump([
        "ls".as_ref(),
        "--format=json".as_ref(),
        dir.path().as_os_str(),
    ]);
    assert_eq!(answer.status, 0);
    let mut problems: Vec<_> = answer
        .lines()
        .iter()
        .map(|row| (row["path"].to_string(), row["problem"].to_string()))
        .collect();
    problems.sort();
    for ((path, problem), (name, expected)) in problems.iter().zip([
        ("cut", "cut off"),
        ("dir", "a directory"),
        ("empty", "empty"),
        ("other", "not a ttlog snapshot"),
    ]) {
        assert!(
            path.contains(name) && problem.contains(expected),
            "{path}: {problem}"
        );
    }
    assert_eq!(problems.len(), 4);
}

#[test]
fn a_file_that_is_being_written_is_listed_as_unfinished_and_not_as_damaged() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    info!("one");
    let good = recorder.snapshot(&SnapshotHeader {
        reason: "early",
        ..header(SECOND)
    });
    save(&dir, "ttlog-whole.bin", &good);
    save(&dir, ".ttlog-1-2-00000003-4-5.tmp", &good[..good.len() / 2]);
    save(&dir, ".ttlog-1-2-00000003-5-5.tmp", b"");
    save(&dir, ".ttlog-notes.txt", b"");
    save(&dir, "notes.tmp", b"");
    let answer = dump([
        "ls".as_ref(),
        "--format=json".as_ref(),
        dir.path().as_os_str(),
    ]);
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
    let rows = answer.lines();
    let unfinished: Vec<_> = rows
        .iter()
        .filter(|row| row["unfinished"] == json!(true))
        .collect();
    assert_eq!((rows.len(), unfinished.len()), (3, 2));
    assert!(unfinished.iter().all(|row| row["problem"].is_null()));
    assert!(unfinished.iter().any(|row| row["reason"] == "early"));
    let text = dump(["ls".as_ref(), dir.path().as_os_str()]).out;
    assert_eq!(text.matches("unfinished").count(), 2, "{text}");
}

#[test]
fn the_directory_is_the_one_that_snapshots_are_written_to() {
    let dir = TempDir::new().unwrap();
    Recorder::new(4, 256).save(&dir, "ttlog-1.bin", &header(SECOND));
    let listed = answer(program().arg("ls").env("TTLOG_DIR", dir.path()));
    assert!(listed.out.contains("ttlog-1.bin"), "{listed:?}");
    let missing = dir.path().join("missing");
    let answer = dump(["ls".as_ref(), missing.as_os_str()]);
    assert_eq!(answer.status, 2);
    assert!(
        answer.err.contains("missing") && answer.err.contains("TTLOG_DIR"),
        "{answer:?}"
    );
}

#[test]
fn of_a_large_snapshot_both_ends_are_found() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(64, 4096);
    for serial in 0..10_000_u64 {
        info!(
            serial,
            "a long line of text, for many of them to be more than a block"
        );
    }
    let bytes = recorder.stored(&header(SECOND), 16 * 1024);
    assert!(bytes.len() > 128 * 1024);
    save(&dir, "ttlog-1.bin", &bytes);
    let answer = dump([
        "ls".as_ref(),
        "--format=json".as_ref(),
        dir.path().as_os_str(),
    ]);
    assert_eq!(answer.lines()[0]["events"], 10_000);
}
