//! The spans that were open at the moment of a snapshot.

use serde_json::json;
use tempfile::TempDir;

use crate::support::{dump, save};

/// A snapshot with an open span, and with another one that had no slot.
const GOLDEN: &[u8] = include_bytes!("../../../ttlog-core/tests/golden/v2-open-spans.bin");

#[test]
fn the_document_contains_the_open_spans_of_a_file() {
    let dir = TempDir::new().unwrap();
    let path = save(&dir, "a.bin", GOLDEN);
    let document = dump([&path]).document();
    let file = &document["files"][0];
    assert_eq!(file["open_spans_missing"], 1);
    let [span] = &file["open_spans"].as_array().unwrap()[..] else {
        panic!("{file}")
    };
    let expected =
        json!({"message": "charge", "fields": {"cents": 9999}, "kind": "enter", "seq": null});
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&span[key], value, "{span}");
    }
    // The keys are those of an event.
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    assert_eq!(keys(span), keys(&document["events"][0]));
}

#[test]
fn the_text_shows_what_each_thread_was_in() {
    let dir = TempDir::new().unwrap();
    let path = save(&dir, "a.bin", GOLDEN);
    let answer = dump(["--format=text".as_ref(), path.as_os_str()]);
    let lines: Vec<_> = answer.out.lines().take(4).collect();
    assert!(
        lines[2].starts_with("# open since 2023-11-27T15:38:36.629023000Z INFO"),
        "{answer:?}"
    );
    assert!(lines[2].ends_with("charge cents=9999"), "{answer:?}");
    assert_eq!(lines[3], "# 1 more spans were open");
}
