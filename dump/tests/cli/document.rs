//! The JSON document.

use serde_json::{Value, json};
use tempfile::TempDir;
use ttlog_core::{info, span, warn};

use crate::support::{Recorder, SECOND, board_header, context_of, dump, header, ndjson};

#[test]
fn each_event_has_a_line_of_its_own_in_a_document_that_parses() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(8, 1024);
    for serial in 0..50 {
        recorder.at(serial * 1000);
        info!("line one\nline two of {serial}");
    }
    let answer = dump([recorder.save(&dir, "a.bin", &header(SECOND))]);
    assert_eq!((answer.status, answer.err.as_str()), (0, ""));
    assert_eq!(answer.document()["events"].as_array().unwrap().len(), 50);
    let lines: Vec<_> = answer.out.lines().collect();
    let events = lines
        .iter()
        .position(|line| *line == "\"events\":[")
        .unwrap();
    assert!(events < 10, "the first events are among the first 20 lines");
    for (serial, line) in lines[events + 1..events + 51].iter().enumerate() {
        let event: Value = serde_json::from_str(line.trim_end_matches(',')).unwrap();
        assert_eq!(event["message"], format!("line one\nline two of {serial}"));
    }
    assert_eq!(lines[events + 51..], ["]}"]);
}

#[test]
fn a_document_without_events_is_whole() {
    let dir = TempDir::new().unwrap();
    let answer = dump([Recorder::new(4, 256).save(&dir, "a.bin", &header(0))]);
    assert_eq!(answer.status, 0);
    let document = answer.document();
    assert_eq!(document["events"], json!([]));
    assert_eq!(document["files"][0]["accounting"]["recorded"]["total"], 0);
}

#[test]
fn an_event_says_all_that_is_known_of_it() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 1024);
    recorder.thread("worker-1");
    recorder.at(123_456_789);
    let context = context_of(
        0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
        0x00f0_67aa_0ba9_02b7,
    );
    let entered = context.enter();
    warn!(target: "shop::order", user = 7, "order {} of {user:>3} for {total:.1}", "a1", total = 9.96);
    let line = line!() - 1;
    drop(entered);
    let answer = ndjson(&recorder.save(&dir, "a.bin", &header(SECOND)), []);
    assert_eq!(
        answer.lines(),
        [json!({
            "timestamp": "2026-11-23T12:00:00.123456789Z",
            "level": "WARN",
            "target": "shop::order",
            "message": "order a1 of   7 for 10.0",
            "fields": {"user": 7, "1": "a1", "total": 9.96},
            "kind": "event",
            "duration_ns": null,
            "thread": "worker-1",
            "thread_id": 2,
            "file": file!(),
            "line": line,
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "span_id": "00f067aa0ba902b7",
            "parent_span_id": null,
            "service": "shop",
            "host": "pluto",
            "pid": 4242,
            "run": format!("{:016x}", recorder.run_id()),
            "writer": 2,
            "seq": 0,
        })]
    );
}

#[test]
fn fields_have_the_types_of_the_schema() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 2048);
    info!(
        small = -5_i8,
        large = u64::MAX,
        exact = 1_u64 << 53,
        huge = u128::MAX,
        half = 0.5_f32,
        nan = f64::NAN,
        yes = true,
        char = 'ä',
        text = "quo\"te",
        bytes = &[0_u8, 171][..],
        none = None::<u32>,
        some = Some(1_u8),
        shown = ?("x", 1),
        long = "x".repeat(20_000).as_str(),
    );
    let answer = ndjson(&recorder.save(&dir, "a.bin", &header(SECOND)), []);
    let mut fields = answer.lines()[0]["fields"].take();
    let long = fields["long"].take();
    let long = long.as_str().unwrap();
    assert!(long.starts_with("xxx") && long.ends_with("x…"), "{long}");
    assert_eq!(
        fields,
        json!({
            "small": -5,
            "large": "18446744073709551615",
            "exact": 9_007_199_254_740_992_u64,
            "huge": "340282366920938463463374607431768211455",
            "half": 0.5,
            "nan": "NaN",
            "yes": true,
            "char": "ä",
            "text": "quo\"te",
            "bytes": "00ab",
            "none": null,
            "some": 1,
            "shown": "(\"x\", 1)",
            "long": null,
        })
    );
}

#[test]
fn spans_have_a_duration_and_a_parent() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 1024);
    recorder.at(1_000);
    let outer = span!("checkout", order = 5);
    recorder.at(2_000);
    let inner = span!("charge");
    info!("charging");
    recorder.at(5_500);
    drop(inner);
    recorder.at(9_000);
    drop(outer);
    let events = ndjson(&recorder.save(&dir, "a.bin", &header(SECOND)), []).lines();
    let of = |number: usize, key: &str| events[number][key].clone();
    let kinds = ["enter", "enter", "event", "exit", "exit"];
    let durations = [
        Value::Null,
        Value::Null,
        Value::Null,
        json!(3_500),
        json!(8_000),
    ];
    for number in 0..5 {
        assert_eq!(of(number, "kind"), kinds[number]);
        assert_eq!(of(number, "duration_ns"), durations[number]);
        assert_eq!(of(number, "trace_id"), of(0, "trace_id"));
    }
    assert_eq!(of(0, "message"), "checkout");
    assert_eq!(of(0, "fields"), json!({"order": 5}));
    assert_eq!(of(0, "parent_span_id"), Value::Null);
    assert_eq!(of(1, "parent_span_id"), of(0, "span_id"));
    assert_eq!(of(2, "span_id"), of(1, "span_id"));
    assert_eq!(of(3, "span_id"), of(1, "span_id"));
    assert_eq!(of(4, "span_id"), of(0, "span_id"));
    assert_ne!(of(0, "span_id"), of(1, "span_id"));
}

#[test]
fn without_a_wall_clock_times_count_from_the_start() {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 256);
    recorder.thread("");
    recorder.at(61_000_123_456);
    info!("blink");
    let answer = dump([recorder.save(&dir, "a.bin", &board_header(62 * SECOND))]);
    let document = answer.document();
    let event = &document["events"][0];
    assert_eq!(event["timestamp"], "+61.000123456");
    assert_eq!(event["thread"], "2");
    assert_eq!(event["pid"], Value::Null);
    assert_eq!(document["files"][0]["taken"], "+62.000000000");
    assert_eq!(document["files"][0]["started"], "+0.000000000");
    assert_eq!(document["files"][0]["host"], Value::Null);
}
