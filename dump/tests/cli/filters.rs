//! The selection of events.

use std::path::PathBuf;

use tempfile::TempDir;
use ttlog_core::{debug, error, info};

use crate::support::{Recorder, SECOND, board_header, context_of, header, ndjson};

/// Four events, a second apart.
fn four(dir: &TempDir) -> PathBuf {
    let recorder = Recorder::new(4, 1024);
    recorder.at(SECOND);
    debug!(target: "shop::order", "one", note = "needle");
    recorder.at(2 * SECOND);
    let entered = context_of(0xaaaa_0000 << 96, 1).enter();
    info!(target: "shop::order::saga", "two");
    drop(entered);
    recorder.at(3 * SECOND);
    let entered = context_of(0xaaaa_1111 << 96, 1).enter();
    error!(target: "shop::orders", "three {}", "Needle");
    drop(entered);
    recorder.at(4 * SECOND);
    info!(target: "user", "four", needle = 4);
    recorder.save(dir, "four.bin", &header(5 * SECOND))
}

#[test]
fn each_filter_leaves_what_it_says() {
    let dir = TempDir::new().unwrap();
    let path = four(&dir);
    let cases: [(&[&str], &[&str]); 25] = [
        (&[], &["one", "two", "three Needle", "four"]),
        (&["--level", "info"], &["two", "three Needle", "four"]),
        (&["--level=ERROR"], &["three Needle"]),
        (&["--level=fatal"], &[]),
        (&["--target=shop::order"], &["one", "two"]),
        (&["--target=shop"], &["one", "two", "three Needle"]),
        (
            &["--target=user", "--target=shop::orders"],
            &["three Needle", "four"],
        ),
        (&["--target=sho"], &[]),
        (&["--grep=needle"], &["one"]),
        (&["--grep", "Needle"], &["three Needle"]),
        (&["--grep=4"], &["four"]),
        (&["--trace=aaaa0"], &["two"]),
        (&["--trace=AAAA1111"], &["three Needle"]),
        (
            &["--trace=aaaa1111000000000000000000000000"],
            &["three Needle"],
        ),
        (&["--trace=bbbb"], &[]),
        (&["--since=2026-11-23T12:00:03Z"], &["three Needle", "four"]),
        (
            &["--since=2026-11-23T13:00:03+01:00"],
            &["three Needle", "four"],
        ),
        (&["--until=12:00:02"], &["one", "two"]),
        (
            &["--since=12:00:01.5", "--until=12:00:03.000000000"],
            &["two", "three Needle"],
        ),
        (&["--since", "-2s"], &["three Needle", "four"]),
        (&["--since=-1.9s"], &["four"]),
        (&["--until=+2s"], &["one", "two"]),
        (&["--last=2"], &["three Needle", "four"]),
        (
            &["--last=2", "--level=info", "--until=-2s"],
            &["two", "three Needle"],
        ),
        (
            &["--target=shop", "--level=info", "--grep=t"],
            &["two", "three Needle"],
        ),
    ];
    for (args, messages) in cases {
        let answer = ndjson(&path, args.iter().copied());
        assert_eq!((answer.status, answer.err.as_str()), (0, ""), "{args:?}");
        assert_eq!(answer.messages(), messages, "{args:?}");
    }
}

#[test]
fn a_trace_has_to_be_the_only_one_with_its_digits() {
    let dir = TempDir::new().unwrap();
    let answer = ndjson(&four(&dir), ["--trace=aaaa"]);
    assert_eq!(answer.status, 2);
    assert_eq!(answer.out, "");
    assert!(
        answer.err.contains("more than one trace starts with aaaa"),
        "{answer:?}"
    );
    assert!(
        answer.err.contains("aaaa1111000000000000000000000000"),
        "{answer:?}"
    );
}

#[test]
fn without_a_wall_clock_times_are_relative() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    for second in 1..4 {
        recorder.at(second * SECOND);
        info!("second {second}");
    }
    let path = recorder.save(&dir, "a.bin", &board_header(5 * SECOND));
    assert_eq!(
        ndjson(&path, ["--since=+2.000000000"]).messages(),
        ["second 2", "second 3"]
    );
    assert_eq!(ndjson(&path, ["--since", "-2s"]).messages(), ["second 3"]);
    let answer = ndjson(&path, ["--since=12:00:00"]);
    assert_eq!(answer.status, 2);
    assert!(answer.err.contains("without a wall clock"), "{answer:?}");
}
