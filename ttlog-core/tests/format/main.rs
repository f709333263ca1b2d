//! FORMAT.md says what the encoder writes, and enough to read it.

mod document;
mod golden;
mod script;
mod second_reader;
#[path = "../support/mod.rs"]
mod support;
mod told;

use ttlog_core::{Kind, ScalarValue, Text, Value, render};

use script::SCRIPT;
use second_reader::{End, File, Header, crc32};
use told::{told_by_the_decoder, told_by_the_second_reader};

/// Both as hex, so that a difference can be copied into the document.
fn assert_same_bytes(found: &[u32], expected: &[u32], digits: usize) {
    let hex = |numbers: &[u32]| -> String {
        let lines = numbers.chunks(64 / digits);
        let number = |number: &u32| format!("{number:0digits$x} ");
        lines
            .map(|line| line.iter().map(number).collect::<String>() + "\n")
            .collect()
    };
    assert!(
        found == expected,
        "the document has\n{}\nit should be\n{}",
        hex(found),
        hex(expected)
    );
}

#[test]
fn the_snapshot_in_the_document_is_what_the_encoder_writes() {
    let parts = document::examples("bytes snapshot");
    let found: Vec<u32> = parts
        .iter()
        .flat_map(|part| document::numbers(part))
        .collect();
    let expected: Vec<u32> = SCRIPT.example.iter().map(|byte| u32::from(*byte)).collect();
    assert_same_bytes(&found, &expected, 2);
}

#[test]
fn the_ring_in_the_document_is_what_lies_in_memory() {
    for example in document::examples("words ring") {
        let found = document::numbers(&example);
        assert_same_bytes(&found, &SCRIPT.memory[..found.len()], 8);
    }
}

#[test]
fn the_region_in_the_document_is_what_lies_in_memory() {
    let found: Vec<u32> = document::examples("words region")
        .iter()
        .flat_map(|part| document::numbers(part))
        .collect();
    assert_same_bytes(&found, &SCRIPT.region[..found.len()], 8);
}

#[test]
fn the_golden_region_is_what_lies_in_memory() {
    let bytes: Vec<u8> = SCRIPT
        .region
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    golden::compare("v1-region.bin", &bytes);
}

#[test]
fn the_second_reader_finds_in_the_region_what_a_snapshot_of_it_holds() {
    let region = second_reader::Region::read(&SCRIPT.region);
    assert_eq!(region.identity, ["shop", "x86_64-linux", "b17d"]);
    assert_eq!((region.boot, region.is_done), (3, false));
    let file = File::read(&SCRIPT.region_snapshot);
    assert_eq!(region.texts(), file.texts());
    assert_eq!(file.texts(), ["order.place id={0} total={1:.2}"]);
}

#[test]
fn the_records_in_the_document_are_in_the_golden_snapshot() {
    for example in document::examples("bytes record") {
        let record: Vec<u8> = document::numbers(&example)
            .into_iter()
            .map(|byte| byte as u8)
            .collect();
        let found = SCRIPT
            .stored
            .windows(record.len())
            .any(|bytes| bytes == record);
        assert!(found, "no such record is written: {example:x?}");
    }
}

#[test]
fn the_kinds_in_the_document_are_all_there_are() {
    let known = (1..=0x7F).filter_map(|byte| Some((byte, Kind::from_byte(byte)?.scalar)));
    let known: Vec<(u8, String)> = known
        .map(|(byte, scalar)| (byte, format!("{scalar:?}")))
        .collect();
    let told: Vec<(u8, String)> = document::kinds()
        .map(|(number, name)| (number, name.into()))
        .collect();
    assert_eq!(told, known);
}

#[test]
fn the_templates_in_the_document_are_rendered_as_it_says() {
    let values = [
        Value::Plain(ScalarValue::U32(7)),
        Value::Plain(ScalarValue::Str(Text {
            text: "abc",
            cut: false,
        })),
        Value::Plain(ScalarValue::F64(1.5)),
        Value::Some(ScalarValue::U8(2)),
    ];
    for (template, message) in document::examples("templates").concat() {
        let mut rendered = String::new();
        render(template.trim_end(), &values, &mut rendered).unwrap();
        assert_eq!(rendered, message.trim_start(), "{template}");
    }
}

#[test]
fn the_checksum_of_the_document_is_what_it_says() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

#[test]
fn the_second_reader_finds_the_events_that_the_decoder_does() {
    assert_eq!(
        told_by_the_second_reader(&SCRIPT.stored),
        told_by_the_decoder(&SCRIPT.stored)
    );
}

#[test]
fn the_second_reader_finds_compressed_events() {
    assert_eq!(
        told_by_the_second_reader(&SCRIPT.lz4),
        told_by_the_decoder(&SCRIPT.stored)
    );
}

#[test]
fn the_second_reader_finds_the_events_of_pages_that_are_cut_into_chunks() {
    assert_eq!(
        told_by_the_second_reader(&SCRIPT.chunked),
        told_by_the_decoder(&SCRIPT.stored)
    );
}

#[test]
fn the_second_reader_finds_who_wrote_the_snapshot() {
    let header = Header {
        service: "shop".into(),
        pid: 4711,
        reason: "order_placed".into(),
        target: "x86_64-linux".into(),
        clock_hz: 1_000_000,
        start_ticks: 1000,
        taken_ticks: 2000,
        anchors: [
            [1000, 5_000_000, 1_700_000_000_000_000_000],
            [2000, 6_000_000, 1_700_000_000_001_000_000],
        ],
        ..Header::default()
    };
    assert_eq!(File::read(&SCRIPT.example).header, header);
}

#[test]
fn the_second_reader_finds_the_accounting_that_the_encoder_answered() {
    let totals = SCRIPT.totals;
    let end = End {
        kept: totals.kept,
        overwritten: totals.overwritten,
        dropped: totals.dropped,
        shared: totals.shared.into(),
        complete_since_ticks: totals.complete_since_ticks,
        torn_pages: totals.torn_pages.into(),
        blocks: totals.blocks.into(),
    };
    assert_eq!(File::read(&SCRIPT.stored).end, end);
}

#[test]
fn the_event_of_the_document_was_when_it_says() {
    let file = File::read(&SCRIPT.example);
    let times: Vec<i128> = file
        .events
        .iter()
        .map(|event| file.unix_ns(event.ticks))
        .collect();
    assert_eq!(
        times,
        [1_700_000_000_000_500_000, 1_700_000_000_000_750_000]
    );
}

#[test]
fn stored_snapshots_are_byte_for_byte_what_they_were() {
    golden::compare("v1-stored.bin", &SCRIPT.stored);
}

#[test]
fn compressed_snapshots_are_byte_for_byte_what_they_were() {
    golden::compare("v1-lz4.bin", &SCRIPT.lz4);
}

#[test]
fn an_old_snapshot_tells_what_it_told() {
    let told = told_by_the_decoder(&golden::read("v1-stored.bin", &SCRIPT.stored));
    let lines: String = told.iter().map(|event| format!("{event}\n")).collect();
    golden::compare("v1.txt", lines.as_bytes());
}

#[test]
fn an_old_compressed_snapshot_tells_the_same() {
    let compressed = told_by_the_decoder(&golden::read("v1-lz4.bin", &SCRIPT.lz4));
    let stored = told_by_the_decoder(&golden::read("v1-stored.bin", &SCRIPT.stored));
    assert_eq!(compressed, stored);
}
