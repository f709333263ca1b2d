//! FORMAT.md is checked against the encoder and the decoder. A second reader is written from it alone.

mod document;
mod found;
mod golden;
mod script;
mod second_reader;
#[path = "../support/mod.rs"]
mod support;

use ttlog_core::{
    Kind, Module, ScalarValue, Value,
    decode::{Content, Snapshot, TimeBase},
    render,
    snapshot::BLOCK_MAX_BYTES,
    value::Text,
};

use found::{found_by_the_decoder, found_by_the_second_reader};
use script::SCRIPT;
use second_reader::{End, File, Header, crc32};

/// Checks that both are the same. Prints both as hex, to be copied into the document.
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
fn the_snapshot_in_the_document_has_the_bytes_of_the_encoder() {
    let parts = document::examples("bytes snapshot");
    let found: Vec<u32> = parts
        .iter()
        .flat_map(|part| document::numbers(part))
        .collect();
    let expected: Vec<u32> = SCRIPT.example.iter().map(|byte| u32::from(*byte)).collect();
    assert_same_bytes(&found, &expected, 2);
}

#[test]
fn the_ring_in_the_document_has_the_words_of_the_memory() {
    for example in document::examples("words ring") {
        let found = document::numbers(&example);
        assert_same_bytes(&found, &SCRIPT.memory[..found.len()], 8);
    }
}

#[test]
fn the_region_in_the_document_has_the_words_of_the_memory() {
    let found: Vec<u32> = document::examples("words region")
        .iter()
        .flat_map(|part| document::numbers(part))
        .collect();
    assert_same_bytes(&found, &SCRIPT.region[..found.len()], 8);
}

#[test]
fn the_golden_region_has_the_words_of_the_memory() {
    let bytes: Vec<u8> = SCRIPT
        .region
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .collect();
    golden::compare("v3-region.bin", &bytes);
}

#[test]
fn the_second_reader_finds_the_same_callsites_in_a_region_and_in_its_snapshot() {
    let region = second_reader::Region::read(&SCRIPT.region);
    assert_eq!(region.identity, ["shop", "x86_64-linux", "b17d"]);
    assert_eq!((region.boot, region.is_acknowledged), (3, false));
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
        assert!(found, "the script writes no such record: {example:x?}");
    }
}

#[test]
fn the_block_of_open_spans_in_the_document_is_in_a_snapshot() {
    for example in document::examples("bytes open-spans") {
        let block: Vec<u8> = document::numbers(&example)
            .into_iter()
            .map(|byte| byte as u8)
            .collect();
        // It follows the header block.
        let mut blocks = SCRIPT.open_spans.windows(4);
        let first = blocks.position(|bytes| bytes == &block[..4]).unwrap();
        let second = blocks.position(|bytes| bytes == &block[..4]).unwrap();
        let from = first + 1 + second;
        let numbers = |bytes: &[u8]| -> Vec<u32> { bytes.iter().copied().map(u32::from).collect() };
        let found = &SCRIPT.open_spans[from..from + block.len()];
        assert_same_bytes(&numbers(&block), &numbers(found), 2);
    }
}

#[test]
fn the_second_reader_finds_the_open_spans_that_the_decoder_does() {
    let file = File::read(&SCRIPT.open_spans);
    assert_eq!((file.open_spans.len(), file.missing_open_spans), (1, 1));
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = Snapshot::new(&SCRIPT.open_spans).unwrap().blocks();
    let mut found = vec![];
    while let Some(block) = blocks.next(&mut buffer) {
        if let Content::OpenSpans(spans) = block.unwrap().content {
            assert_eq!(spans.missing(), 1);
            found.extend(spans.map(|span| {
                let record = span.record;
                let values = format!("{:?}", record.values(&[0]));
                (
                    record.callsite,
                    record.ticks,
                    record.span.0,
                    record.parent.0,
                    values,
                )
            }));
        }
    }
    let span = &file.open_spans[0];
    let id = file
        .callsites
        .iter()
        .find(|(_, callsite)| callsite.text == span.callsite.text);
    let id = *id.unwrap().0 as u32;
    assert_eq!(
        format!("{:?}", span.arguments),
        "[Argument { kind: 8, value: 0x270f }]"
    );
    let value = "[Plain(U32(9999))]".to_owned();
    assert_eq!(found, [(id, span.ticks, span.span, span.parent, value)]);
    assert_eq!((span.thread, &*span.thread_name), (0, ""));
    assert_eq!(span.context.map(|(_, parent)| parent), Some(span.parent));
}

#[test]
fn snapshots_with_open_spans_are_byte_for_byte_the_golden_ones() {
    golden::compare("v2-open-spans.bin", &SCRIPT.open_spans);
}

#[test]
fn the_document_lists_all_kinds() {
    let known = (1..=0x7F).filter_map(|byte| Some((byte, Kind::from_byte(byte)?.scalar)));
    let known: Vec<(u8, String)> = known
        .map(|(byte, scalar)| (byte, format!("{scalar:?}")))
        .collect();
    let listed: Vec<(u8, String)> = document::kinds()
        .map(|(number, name)| (number, name.into()))
        .collect();
    assert_eq!(listed, known);
}

#[test]
fn templates_are_rendered_as_in_the_document() {
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
fn the_second_reader_computes_the_checksum_of_the_document() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

#[test]
fn the_second_reader_finds_the_events_that_the_decoder_does() {
    assert_eq!(
        found_by_the_second_reader(&SCRIPT.stored),
        found_by_the_decoder(&SCRIPT.stored)
    );
}

#[test]
fn the_second_reader_finds_compressed_events() {
    assert_eq!(
        found_by_the_second_reader(&SCRIPT.lz4),
        found_by_the_decoder(&SCRIPT.stored)
    );
}

#[test]
fn the_second_reader_finds_the_events_of_pages_that_are_cut_into_chunks() {
    assert_eq!(
        found_by_the_second_reader(&SCRIPT.chunked),
        found_by_the_decoder(&SCRIPT.stored)
    );
}

#[test]
fn the_second_reader_finds_the_fields_of_the_header() {
    let header = Header {
        run_id: 0x0123_4567_89ab_cdef,
        kind: 0,
        service: "shop".into(),
        pid: 4711,
        reason: "order_placed".into(),
        target: "x86_64-linux".into(),
        filter: "trace".into(),
        page_count: 6,
        page_words: 256,
        clock_hz: 1_000_000,
        start_ticks: 1000,
        moment_ticks: 2000,
        segments: vec![[1000, 1_700_000_000_000_000_000, 1_000_000_000, 1_000_000]],
        ..Header::default()
    };
    assert_eq!(File::read(&SCRIPT.example).header, header);
}

#[test]
fn a_snapshot_with_modules_is_byte_for_byte_the_golden_one() {
    golden::compare("v2-modules.bin", &SCRIPT.modules);
}

#[test]
fn the_modules_in_the_document_are_in_a_header() {
    for example in document::examples("bytes modules") {
        let bytes = document::numbers(&example);
        let bytes: Vec<u8> = bytes.into_iter().map(|byte| byte as u8).collect();
        let mut windows = SCRIPT.modules.windows(bytes.len());
        assert!(
            windows.any(|window| window == bytes),
            "{:x?}",
            &SCRIPT.modules[..200]
        );
    }
}

#[test]
fn both_readers_find_the_modules() {
    let file = File::read(&SCRIPT.modules);
    let of_second_reader = file.header.modules.iter().map(|module| Module {
        name: &module.name,
        build_id: &module.build_id,
        bias: module.bias,
        start: module.start,
        bytes: module.bytes,
    });
    assert!(of_second_reader.eq(script::MODULES));
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = Snapshot::new(&SCRIPT.modules).unwrap().blocks();
    let Some(Ok(Content::Header(header))) = blocks
        .next(&mut buffer)
        .map(|block| block.map(|block| block.content))
    else {
        panic!("no header")
    };
    assert!(header.modules.iter().eq(script::MODULES));
    // Files that state none.
    for bytes in [&SCRIPT.stored, &golden::read("v1-stored.bin")] {
        assert_eq!(File::read(bytes).header.modules, []);
    }
}

#[test]
fn the_second_reader_finds_the_accounting_that_the_encoder_returned() {
    let totals = SCRIPT.totals;
    let end = End {
        kept: totals.kept,
        overwritten: totals.overwritten,
        dropped: totals.dropped,
        shared: totals.shared.into(),
        complete_since_ticks: totals.complete_since_ticks,
        torn_pages: totals.torn_pages.into(),
        blocks: totals.blocks.into(),
        blocks_checksum: totals.blocks_checksum.into(),
    };
    assert_eq!(File::read(&SCRIPT.stored).end, end);
}

#[test]
fn the_events_of_the_document_have_the_times_in_the_document() {
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
fn the_times_of_the_document_are_those_of_both_readers() {
    let file = File::read(&SCRIPT.stored);
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let block = Snapshot::new(&SCRIPT.stored)
        .unwrap()
        .blocks()
        .next(&mut buffer);
    let Some(Ok(Content::Header(header))) = block.map(|block| block.map(|block| block.content))
    else {
        panic!("no header")
    };
    let time = TimeBase::new(&header);
    for (ticks, unix_ns) in document::examples("times").concat() {
        let ticks = ticks.trim().parse().unwrap();
        let unix_ns = unix_ns.trim().replace(',', "").parse().unwrap();
        assert_eq!(i128::from(time.ns(ticks)), unix_ns);
        assert_eq!(file.unix_ns(ticks), unix_ns);
    }
}

fn lines(bytes: &[u8]) -> String {
    found_by_the_decoder(bytes)
        .iter()
        .map(|event| format!("{event}\n"))
        .collect()
}

#[test]
fn stored_snapshots_are_byte_for_byte_the_golden_ones() {
    golden::compare("v2-stored.bin", &SCRIPT.stored);
}

#[test]
fn compressed_snapshots_are_byte_for_byte_the_golden_ones() {
    golden::compare("v2-lz4.bin", &SCRIPT.lz4);
}

#[test]
fn the_golden_snapshots_are_read_to_the_golden_events() {
    for (name, bytes) in [
        ("v2-stored.bin", &SCRIPT.stored),
        ("v2-lz4.bin", &SCRIPT.lz4),
    ] {
        golden::compare("v2.txt", lines(&golden::refreshed(name, bytes)).as_bytes());
    }
}

#[test]
fn snapshots_of_version_1_are_read_to_the_same_events_as_before() {
    for name in ["v1-stored.bin", "v1-lz4.bin"] {
        golden::compare_old("v1.txt", lines(&golden::read(name)).as_bytes());
    }
}

#[test]
fn snapshots_of_version_1_are_not_damaged() {
    for name in ["v1-stored.bin", "v1-lz4.bin"] {
        let decoded = support::decode(&golden::read(name)).unwrap();
        assert_eq!(decoded.damage, []);
        assert_eq!(decoded.totals.unwrap().kept, decoded.found());
    }
}

#[test]
fn the_second_reader_finds_the_events_of_version_1_that_the_decoder_does() {
    for name in ["v1-stored.bin", "v1-lz4.bin"] {
        let bytes = golden::read(name);
        assert_eq!(
            found_by_the_second_reader(&bytes),
            found_by_the_decoder(&bytes)
        );
    }
}
