//! Shared by the tests: rings, callsites, snapshots, and a decoder of whole snapshots.
#![allow(dead_code)] // each test uses some of it

use std::collections::HashMap;

use ttlog_core::{
    Callsite, CallsiteInfo, CallsiteKind, Event, Geometry, Level, LevelCounts, Metadata, Ring,
    SnapshotHeader, SpanId, Totals, Word,
    argument::Fields,
    decode::{Block, Chunk, Content, Cursor, Damage, Snapshot},
    lane::critical_section::{self, Clock},
    ring::Run,
    snapshot::{BLOCK_MAX_BYTES, Encoder, Sink, lz4_table},
};

/// The run of all rings that [`ring`] makes, and the seed of those that [`install`] makes.
pub(crate) const RUN: Run = Run {
    id: 0x7275_6e21_0bad_5eed,
    clock_hz: 1_000_000_000,
    start_ticks: 0,
};

/// Returns memory for `pages` pages of `page_words` words.
pub(crate) fn memory(pages: usize, page_words: usize) -> &'static [Word] {
    let words = Geometry { page_words }.memory_words(pages);
    (0..words).map(|_| Word::new(0)).collect::<Vec<_>>().leak()
}

/// Makes a new ring.
pub(crate) fn ring(pages: usize, page_words: usize) -> Ring<'static> {
    Ring::new(memory(pages, page_words), Geometry { page_words }, RUN).unwrap()
}

/// Installs the lane of this test program over a new ring, with a clock of nanoseconds.
pub(crate) fn install(ticks: fn() -> u64, pages: usize, page_words: usize) -> Ring<'static> {
    let clock = Clock {
        ticks,
        hz: RUN.clock_hz,
    };
    let memory = memory(pages, page_words);
    critical_section::install(memory, Geometry { page_words }, clock, RUN.id).unwrap()
}

/// Makes a callsite. All of them have the same file and line.
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

/// Makes a callsite of an event at INFO.
pub(crate) fn info(
    target: &'static str,
    text: &'static str,
    names: &'static [&'static str],
) -> &'static Callsite {
    statement(CallsiteKind::Event, Level::Info, target, text, names)
}

/// Records as `info!` does. Returns whether the callsite is enabled.
pub(crate) fn log(callsite: &'static Callsite, fields: impl Fields) -> bool {
    let header = callsite.enabled();
    if let Some(header) = header {
        ttlog_core::record(callsite, header, fields);
    }
    header.is_some()
}

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

/// Returns a header for a snapshot of `ring`, without a moment.
pub(crate) fn header(ring: &Ring<'_>) -> SnapshotHeader<'static> {
    SnapshotHeader {
        service: "test",
        reason: "test",
        ..SnapshotHeader::of(ring, 0)
    }
}

/// Takes a compressed snapshot of the ring.
pub(crate) fn snapshot(ring: &Ring<'_>) -> (Vec<u8>, Totals) {
    let mut scratch = vec![0; 128 * 1024];
    let mut table = lz4_table();
    let mut bytes = Bytes::default();
    let totals = Encoder::lz4(&mut scratch, &mut table)
        .encode(ring, &header(ring), &mut bytes)
        .unwrap();
    (bytes.0, totals)
}

/// Takes a snapshot of the ring with stored blocks, through a scratch buffer of `scratch_bytes`.
pub(crate) fn stored(ring: &Ring<'_>, scratch_bytes: usize) -> (Vec<u8>, Totals) {
    let mut scratch = vec![0; scratch_bytes];
    let mut bytes = Bytes::default();
    let totals = Encoder::stored(&mut scratch)
        .encode(ring, &header(ring), &mut bytes)
        .unwrap();
    (bytes.0, totals)
}

/// An event as the tests compare it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) ticks: u64,
    pub(crate) level: Level,
    pub(crate) callsite: u32,
    pub(crate) page: u32,
    pub(crate) generation: u32,
    pub(crate) writer: u32,
    pub(crate) seq: Option<u64>,
    pub(crate) thread: u32,
    pub(crate) thread_name: String,
    pub(crate) context: Option<ttlog_core::Context>,
    pub(crate) span: SpanId,
    pub(crate) parent: SpanId,
    pub(crate) entered_ticks: Option<u64>,
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
    pub(crate) message: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) kind: ttlog_core::decode::EventKind,
}

/// The content of a snapshot.
#[derive(Default)]
pub(crate) struct Decoded {
    pub(crate) events: Vec<Seen>,
    pub(crate) totals: Option<Totals>,
    pub(crate) damage: Vec<Damage>,
    pub(crate) headers: usize,
}

impl Decoded {
    /// Counts the events, by level.
    pub(crate) fn found(&self) -> LevelCounts {
        let mut found = LevelCounts::default();
        for event in &self.events {
            found[event.level as usize] += 1;
        }
        found
    }

    /// Returns the events of a target.
    pub(crate) fn of(&self, target: &str) -> Vec<&Seen> {
        self.events
            .iter()
            .filter(|event| event.target == target)
            .collect()
    }
}

/// Reads a snapshot. Returns `None` if the bytes are none.
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
            writer: record.writer,
            seq: record.seq,
            thread: record.thread.number,
            thread_name: record.thread.name().into(),
            context: record.context,
            span: record.span,
            parent: record.parent,
            entered_ticks: record.entered_ticks,
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

/// Reads a snapshot and passes its events to `on_event`, in the order of the file.
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
                // The missing bytes may have changed the thread and the context.
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
