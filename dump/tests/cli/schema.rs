//! A comparison of SCHEMA.md with the output.

use serde_json::{Value, json};
use tempfile::TempDir;
use ttlog_core::{ClockSegment, ClockSegments, SnapshotHeader, info, span};

use crate::support::{Answer, Recorder, SECOND, STARTED_UNIX_NS, context_of, dump, header, ndjson};

const SCHEMA: &str = include_str!("../../SCHEMA.md");

/// Returns the keys in the table under a heading, each with its type.
fn table(heading: &str) -> Vec<(&'static str, &'static str)> {
    let section = SCHEMA
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| {
        let (key, rest) = row.split_once("` | ").unwrap();
        (key, rest.split(" | ").next().unwrap())
    })
    .collect()
}

/// Checks that the keys of an object, their order and their types are those of a table.
fn check(heading: &str, object: &Value, text: &str) {
    let table = table(heading);
    let object = object.as_object().unwrap();
    assert_eq!(object.len(), table.len(), "{heading}: {object:?}");
    let mut rest = text;
    for (key, types) in table {
        let at = rest.find(&format!("\"{key}\":"));
        rest = &rest[at.unwrap_or_else(|| panic!("{heading}: {key} is missing or out of order"))..];
        let is = match &object[key] {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        assert!(
            types.split(" or ").any(|known| known == is),
            "{heading}: {key} is {is}"
        );
    }
}

fn golden_with_modules() -> Answer {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../ttlog-core/tests/golden/v2-modules.bin"
    );
    dump([path])
}

#[test]
fn a_module_is_shown_with_its_build_id_and_its_load_bias() {
    let document = golden_with_modules().document();
    assert_eq!(
        document["files"][0]["modules"],
        json!([
            {
                "name": "shop",
                "build_id": "b17d00ff",
                "bias": "0x555555554000",
                "start": "0x555555554000",
                "bytes": 0x2_1000,
            },
            {
                "name": "libc.so.6",
                "build_id": null,
                "bias": "0x7ffff7c00000",
                "start": "0x7ffff7c00000",
                "bytes": 0x20_0000,
            },
        ])
    );
}

fn example() -> (Answer, Answer, Answer) {
    let dir = TempDir::new().unwrap();
    let recorder = Recorder::new(4, 1024);
    info!("event");
    let entered = context_of(1, 2).enter();
    drop(span!("span", id = 5));
    drop(entered);
    let step = ClockSegment::with_hz(SECOND, STARTED_UNIX_NS, SECOND);
    let started = ClockSegment::with_hz(0, STARTED_UNIX_NS, SECOND);
    let segments = [started.to_bytes(), step.to_bytes()].concat();
    let mut bytes = recorder.snapshot(&SnapshotHeader {
        segments: ClockSegments(&segments),
        ..header(SECOND)
    });
    bytes.extend_from_slice(b"noise");
    let path = crate::support::save(&dir, "ttlog-1.bin", &bytes);
    let list = dump([
        "ls".as_ref(),
        "--format=json".as_ref(),
        dir.path().as_os_str(),
    ]);
    (dump([&path]), ndjson(&path, []), list)
}

#[test]
fn the_tables_have_the_keys_of_the_output_in_their_order() {
    let (answer, lines, list) = example();
    let document = answer.document();
    let image = crate::image::example();
    let image_document = image.document();
    check("The document", &document, &answer.out);
    let file = &document["files"][0];
    check("A file", file, &answer.out);
    let (_, image) = image.out.split_once("\"image\":").unwrap();
    check("An image", &image_document["files"][0]["image"], image);
    let (_, steps) = answer.out.split_once("\"clock_steps\":").unwrap();
    check("A step of the clock", &file["clock_steps"][0], steps);
    let (_, accounting) = answer.out.split_once("\"accounting\":").unwrap();
    check("Accounting", &file["accounting"], accounting);
    let (_, dropped) = accounting.split_once("\"dropped\":").unwrap();
    check("Dropped events", &file["accounting"]["dropped"], dropped);
    check("Counts", &file["accounting"]["kept"], accounting);
    let (_, damage) = answer.out.split_once("\"damage\":").unwrap();
    check("Damage", &file["damage"][0], damage);
    for (line, event) in lines.out.lines().zip(lines.lines()) {
        check("An event", &event, line);
    }
    let modules = golden_with_modules();
    let (_, module) = modules.out.split_once("\"modules\":").unwrap();
    let document = modules.document();
    check("A module", &document["files"][0]["modules"][0], module);
    check("A row of the list", &list.lines()[0], &list.out);
}

#[test]
fn events_are_the_same_in_the_document_and_in_lines() {
    let (document, lines, _) = example();
    assert_eq!(
        document.document()["events"].as_array().unwrap(),
        &lines.lines()
    );
    for line in lines.out.lines() {
        assert!(document.out.contains(line));
    }
}
