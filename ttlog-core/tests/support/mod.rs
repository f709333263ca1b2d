//! What the tests share: a ring to write to without a lane, and a snapshot read back.
#![allow(dead_code, unused_imports, unused_macros)] // each test uses some of it

use std::collections::HashMap;

use ttlog_core::{
    Callsite, CallsiteInfo, CallsiteKind, Event, Geometry, Level, Metadata, Ring, SnapshotHeader,
    SpanId, Totals, Word,
    argument::Fields,
    decode::{Block, Chunk, Content, Cursor, Damage, Snapshot},
    lane::critical_section::{self, Clock},
    page::PerLevel,
    snapshot::{BLOCK_MAX_BYTES, Encoder, Sink, lz4_table},
};

/// Memory for `pages` pages of `page_words` words.
pub(crate) fn memory(pages: usize, page_words: usize) -> &'static [Word] {
    let words = Geometry { page_words }.memory_words(pages);
    (0..words).map(|_| Word::new(0)).collect::<Vec<_>>().leak()
}

/// A ring of its own.
pub(crate) fn ring(pages: usize, page_words: usize) -> Ring<'static> {
    Ring::new(
        memory(pages, page_words),
        Geometry { page_words },
        1_000_000_000,
        0,
    )
    .unwrap()
}

/// Installs the lane of this test program over a ring of its own, with a clock of nanoseconds.
pub(crate) fn install(ticks: fn() -> u64, pages: usize, page_words: usize) -> Ring<'static> {
    let clock = Clock {
        ticks,
        hz: 1_000_000_000,
    };
    critical_section::install(memory(pages, page_words), Geometry { page_words }, clock).unwrap()
}

/// A log statement of a program that has this one only: its file and its line stay the same.
pub(crate) fn statement(
    kind: CallsiteKind,
    level: Level,
    target: &'static str,
    text: &'static str,
    names: &'static [&'static str],
) -> &'static Callsite {
    let kinds: Vec<Word> = names.chunks(4).skip(1).map(|_| Word::new(0)).collect();
    let file = "src/shop.rs";
    let metadata = Metadata {
        kind,
        level,
        target,
        file,
        line: 42,
        text,
        names,
        more_kinds: kinds.leak(),
    };
    Box::leak(Box::new(Callsite::new(Box::leak(Box::new(metadata)))))
}

/// A log statement at INFO.
pub(crate) fn info(
    target: &'static str,
    text: &'static str,
    names: &'static [&'static str],
) -> &'static Callsite {
    statement(CallsiteKind::Event, Level::Info, target, text, names)
}

/// What `info!` does at each use. Answers whether the statement is enabled.
pub(crate) fn log(callsite: &'static Callsite, fields: impl Fields) -> bool {
    let header = callsite.enabled();
    if let Some(header) = header {
        ttlog_core::__private::record(callsite, header, fields);
    }
    header.is_some()
}

/// Arguments as the macros hand them on: `fields!(1_u8, "text")`.
macro_rules! fields {
    () => { () };
    ($first:expr $(, $rest:expr)* $(,)?) => {
        (ttlog_core::Argument::stored(&$first), fields!($($rest),*))
    };
}
pub(crate) use fields;

/// A sink that grows.
#[derive(Default)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Sink for Bytes {
    type Error = core::convert::Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// A header for tests.
pub(crate) fn header() -> SnapshotHeader<'static> {
    SnapshotHeader {
        service: "test",
        reason: "test",
        ..SnapshotHeader::default()
    }
}

/// A snapshot of the ring, compressed.
pub(crate) fn snapshot(ring: &Ring<'_>) -> (Vec<u8>, Totals) {
    let mut scratch = vec![0; 128 * 1024];
    let mut table = lz4_table();
    let mut bytes = Bytes::default();
    let totals = Encoder::lz4(&mut scratch, &mut table)
        .encode(ring, &header(), &mut bytes)
        .unwrap();
    (bytes.0, totals)
}

/// A snapshot of the ring, stored, through a scratch buffer of so many bytes.
pub(crate) fn stored(ring: &Ring<'_>, scratch_bytes: usize) -> (Vec<u8>, Totals) {
    let mut scratch = vec![0; scratch_bytes];
    let mut bytes = Bytes::default();
    let totals = Encoder::stored(&mut scratch)
        .encode(ring, &header(), &mut bytes)
        .unwrap();
    (bytes.0, totals)
}

/// A record as the tests look at it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) ticks: u64,
    pub(crate) level: Level,
    pub(crate) callsite: u32,
    pub(crate) page: u32,
    pub(crate) generation: u32,
    pub(crate) thread: u32,
    pub(crate) thread_name: String,
    pub(crate) context: Option<ttlog_core::Context>,
    pub(crate) span: SpanId,
    pub(crate) parent: SpanId,
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
    pub(crate) message: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) kind: ttlog_core::decode::EventKind,
}

/// All that is in a snapshot.
#[derive(Default)]
pub(crate) struct Decoded {
    pub(crate) events: Vec<Seen>,
    pub(crate) totals: Option<Totals>,
    pub(crate) damage: Vec<Damage>,
    pub(crate) headers: usize,
}

impl Decoded {
    /// Events found, by level.
    pub(crate) fn found(&self) -> PerLevel {
        let mut found = PerLevel::default();
        for event in &self.events {
            found[event.level as usize] += 1;
        }
        found
    }

    /// The events of a target.
    pub(crate) fn of(&self, target: &str) -> Vec<&Seen> {
        self.events
            .iter()
            .filter(|event| event.target == target)
            .collect()
    }
}

/// Reads a snapshot; `None` where it is none.
pub(crate) fn decode(bytes: &[u8]) -> Option<Decoded> {
    let mut events = vec![];
    let mut decoded = read(bytes, |chunk, event| {
        let record = event.record;
        events.push(Seen {
            ticks: record.ticks,
            level: record.level,
            callsite: record.callsite,
            page: chunk.page,
            generation: chunk.generation,
            thread: record.thread.number,
            thread_name: record.thread.name().into(),
            context: record.context,
            span: record.span,
            parent: record.parent,
            target: event.callsite.map_or("", |callsite| callsite.target).into(),
            body: record.body().into(),
            message: event.message().to_string(),
            fields: event
                .fields()
                .map(|(name, value)| {
                    let mut text = String::new();
                    ttlog_core::render_value(&value, &mut text).unwrap();
                    (name.into(), text)
                })
                .collect(),
            kind: event.kind(),
        });
    })?;
    decoded.events = events;
    Some(decoded)
}

/// Reads a snapshot and hands its events on, in the order of the file.
pub(crate) fn read(
    bytes: &[u8],
    mut on_event: impl FnMut(&Chunk<'_>, &Event<'_>),
) -> Option<Decoded> {
    let snapshot = Snapshot::new(bytes).ok()?;
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut decoded = Decoded::default();
    let mut dictionary: HashMap<u32, CallsiteInfo<'static>> = HashMap::new();
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        if let Ok(Block {
            content: Content::Callsites(callsites),
            ..
        }) = block
        {
            for info in callsites {
                dictionary.insert(info.id, leak(&info));
            }
        }
    }
    let mut before: Option<Cursor> = None;
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        match block {
            Err(damage) => {
                decoded.damage.push(damage);
                // What is missing may have changed thread and context.
                before = None;
            }
            Ok(Block {
                content: Content::Header(_),
                ..
            }) => decoded.headers += 1,
            Ok(Block {
                content: Content::End(totals),
                ..
            }) => decoded.totals = Some(totals),
            Ok(Block {
                content: Content::Pages(chunks),
                ..
            }) => {
                for chunk in chunks {
                    let mut cursor = chunk.cursor(before);
                    let mut rest = chunk.records;
                    while let Some(record) = cursor.next(&mut rest) {
                        on_event(
                            &chunk,
                            &Event::new(record, dictionary.get(&record.callsite)),
                        );
                    }
                    before = Some(cursor);
                }
            }
            Ok(_) => {}
        }
    }
    Some(decoded)
}

fn leak(info: &CallsiteInfo<'_>) -> CallsiteInfo<'static> {
    let keep = |text: &str| -> &'static str { String::from(text).leak() };
    CallsiteInfo {
        id: info.id,
        level: info.level,
        kind: info.kind,
        line: info.line,
        target: keep(info.target),
        file: keep(info.file),
        text: keep(info.text),
        names: info.names.iter().map(|name| keep(name)).collect(),
        kinds: info.kinds.clone(),
    }
}
