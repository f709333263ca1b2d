//! The spans that are open at the moment of a snapshot.

mod support;

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, atomic::AtomicU64, atomic::Ordering};

use ttlog_core::{
    CallsiteInfo, Event, Level, RecordHeader, Ring, SnapshotHeader, SpanId, SpanTable, Word,
    decode::{Content, OpenSpans, Snapshot},
    info, record_open_spans,
    snapshot::{BLOCK_MAX_BYTES, Encoder, lz4_table},
    span,
};

use support::{Bytes, RUN, decode, install};

const SLOTS: usize = 8;

/// Locks the lane's ring, whose program has a table of open spans.
fn lane() -> MutexGuard<'static, Ring<'static>> {
    static TICKS: AtomicU64 = AtomicU64::new(1);
    static RING: LazyLock<Mutex<Ring<'static>>> =
        LazyLock::new(|| Mutex::new(install(|| TICKS.fetch_add(1, Ordering::Relaxed), 4, 128)));
    let ring = RING.lock().unwrap_or_else(PoisonError::into_inner);
    begin_run(RUN.id);
    ring
}

fn begin_run(run_id: u64) {
    static TABLE: LazyLock<SpanTable<'static>> = LazyLock::new(|| {
        let words = SpanTable::memory_words(SLOTS);
        SpanTable::new((0..words).map(|_| Word::new(0)).collect::<Vec<_>>().leak())
    });
    record_open_spans(&TABLE, run_id).unwrap();
}

/// A span in a snapshot.
#[derive(Debug, PartialEq)]
struct Found {
    name: String,
    fields: Vec<String>,
    span: SpanId,
    parent: SpanId,
    ticks: u64,
    is_cut: bool,
}

/// Returns the open spans in a snapshot, in the order of their beginnings, and the number of those that are
/// missing.
fn open_spans(bytes: &[u8]) -> (Vec<Found>, u32) {
    let (mut first, mut second) = (
        Box::new([0; BLOCK_MAX_BYTES]),
        Box::new([0; BLOCK_MAX_BYTES]),
    );
    let mut callsites: Vec<(u32, String, Vec<u8>)> = vec![];
    let mut blocks = Snapshot::new(bytes).unwrap().blocks();
    while let Some(block) = blocks.next(&mut first) {
        if let Content::Callsites(infos) = block.unwrap().content {
            callsites.extend(infos.map(|info| (info.id, info.text.into(), info.kinds.to_vec())));
        }
    }
    let (mut found, mut missing) = (vec![], 0);
    let mut blocks = Snapshot::new(bytes).unwrap().blocks();
    while let Some(block) = blocks.next(&mut second) {
        let Content::OpenSpans(mut spans) = block.unwrap().content else {
            continue;
        };
        missing = spans.missing();
        for span in spans.by_ref() {
            let (_, text, kinds) = callsites
                .iter()
                .find(|(id, ..)| *id == span.record.callsite)
                .unwrap();
            let info = CallsiteInfo {
                id: span.record.callsite,
                level: 2,
                kind: 1,
                line: 0,
                target: "",
                file: "",
                text,
                names: kinds.iter().map(|_| "").collect(),
                kinds: kinds.iter().copied().collect(),
            };
            let event = Event::new(span.record, Some(&info));
            found.push(Found {
                name: event.message().to_string(),
                fields: event
                    .fields()
                    .map(|(_, value)| format!("{value:?}"))
                    .collect(),
                span: span.record.span,
                parent: span.record.parent,
                ticks: span.record.ticks,
                is_cut: span.is_cut,
            });
        }
        assert!(!spans.is_damaged());
    }
    found.sort_by_key(|span| span.ticks);
    (found, missing)
}

fn header<'a>(ring: &Ring<'_>, moment_ticks: u64) -> SnapshotHeader<'a> {
    SnapshotHeader::of(ring, moment_ticks)
}

/// Takes a snapshot.
fn snapshot(ring: &Ring<'_>) -> Vec<u8> {
    let mut bytes = Bytes::default();
    Encoder::stored(&mut [0; 4096])
        .encode(ring, &header(ring, 0), &mut bytes)
        .unwrap();
    bytes.0
}

fn names(bytes: &[u8]) -> Vec<String> {
    let (found, _) = open_spans(bytes);
    found.into_iter().map(|span| span.name).collect()
}

#[test]
fn a_span_that_is_open_is_in_the_snapshot_with_its_fields() {
    let ring = lane();
    let outer = span!("order {id}", id = 7_u32);
    let inner = span!("charge", cents = 9_999_u64, card = "visa");
    let (found, missing) = open_spans(&snapshot(&ring));
    assert_eq!(missing, 0);
    let span_id = |span: &ttlog_core::Span| span.context().unwrap().span_id;
    let ticks: Vec<u64> = found.iter().map(|span| span.ticks).collect();
    let expected = [
        Found {
            name: "order 7".into(),
            fields: vec!["Plain(U32(7))".into()],
            span: span_id(&outer),
            parent: SpanId(0),
            ticks: ticks[0],
            is_cut: false,
        },
        Found {
            name: "charge".into(),
            fields: vec![
                "Plain(U64(9999))".into(),
                "Plain(Str(Text { text: \"visa\", cut: false }))".into(),
            ],
            span: span_id(&inner),
            parent: span_id(&outer),
            ticks: ticks[1],
            is_cut: false,
        },
    ];
    assert_eq!(found, expected);
    assert!(ticks[0] < ticks[1]);
}

#[test]
fn an_open_span_is_in_the_snapshot_if_its_beginning_is_overwritten() {
    let ring = lane();
    let _span = span!("the first step");
    (0..1_000).for_each(|serial: u32| info!("step {serial}"));
    let bytes = snapshot(&ring);
    let events = decode(&bytes).unwrap().events;
    assert!(events.iter().all(|event| event.span == SpanId(0)));
    assert_eq!(names(&bytes), ["the first step"]);
}

#[test]
fn a_span_that_has_been_left_is_not_in_the_snapshot() {
    let ring = lane();
    let outer = span!("outer");
    drop(span!("inner"));
    let inner = span!("another inner");
    drop(outer);
    assert_eq!(names(&snapshot(&ring)), ["another inner"]);
    drop(inner);
    assert_eq!(open_spans(&snapshot(&ring)), (vec![], 0));
}

#[test]
fn a_span_that_is_entered_after_the_moment_is_not_in_the_snapshot() {
    let ring = lane();
    let _before = span!("before");
    let (found, _) = open_spans(&snapshot(&ring));
    let _after = span!("after");
    let mut bytes = Bytes::default();
    Encoder::stored(&mut [0; 4096])
        .encode(&ring, &header(&ring, found[0].ticks), &mut bytes)
        .unwrap();
    assert_eq!(names(&bytes.0), ["before"]);
}

#[test]
fn spans_that_find_no_slot_are_counted_until_they_are_left() {
    let ring = lane();
    let spans: Vec<_> = (0..SLOTS + 3).map(|_| span!("one of many")).collect();
    let (found, missing) = open_spans(&snapshot(&ring));
    assert_eq!((found.len(), missing), (SLOTS, 3));
    drop(spans);
    assert_eq!(open_spans(&snapshot(&ring)), (vec![], 0));
}

#[test]
fn a_slot_is_used_again() {
    let ring = lane();
    for _ in 0..10 * SLOTS {
        let _span = span!("again and again");
        let (found, missing) = open_spans(&snapshot(&ring));
        assert_eq!((found.len(), missing), (1, 0));
    }
}

#[test]
fn spans_of_the_run_before_are_not_in_the_snapshot_and_their_slots_are_free() {
    let ring = lane();
    let before: Vec<_> = (0..SLOTS + 1).map(|_| span!("before")).collect();
    begin_run(RUN.id);
    let after: Vec<_> = (0..SLOTS).map(|_| span!("after")).collect();
    let (found, missing) = open_spans(&snapshot(&ring));
    assert!(found.iter().all(|span| span.name == "after"));
    assert_eq!((found.len(), missing), (SLOTS, 0));
    // The spans before free no slot of those after.
    drop(before);
    let (found, missing) = open_spans(&snapshot(&ring));
    assert_eq!((found.len(), missing), (SLOTS, 0));
    drop(after);
}

#[test]
fn a_snapshot_of_another_run_has_no_open_spans() {
    let ring = lane();
    let _span = span!("of another run");
    begin_run(RUN.id + 1);
    let _another = span!("of the next run");
    assert_eq!(open_spans(&snapshot(&ring)), (vec![], 0));
}

#[test]
fn the_texts_of_an_open_span_are_cut_to_its_slot() {
    let ring = lane();
    let long = "ä".repeat(500);
    let _span = span!("long", text = long.as_str(), number = 7_u32);
    let (found, _) = open_spans(&snapshot(&ring));
    assert!(found[0].is_cut);
    assert!(found[0].fields[0].ends_with("cut: true }))"), "{found:?}");
    assert_eq!(found[0].fields[1], "Plain(U32(7))");
}

#[test]
fn an_open_span_whose_fields_do_not_fit_its_slot_has_none() {
    let ring = lane();
    let x = 1_u128;
    let _span = span!(
        "many",
        a = x,
        b = x,
        c = x,
        d = x,
        e = x,
        f = x,
        g = x,
        h = x,
        i = x
    );
    let (found, _) = open_spans(&snapshot(&ring));
    assert_eq!((found[0].is_cut, &*found[0].fields), (true, &[][..]));
}

#[test]
fn open_spans_fill_several_small_blocks() {
    let ring = lane();
    let spans: Vec<_> = (0..SLOTS + 1)
        .map(|serial| span!("small", text = "a text of some length", serial))
        .collect();
    let mut stored = Bytes::default();
    Encoder::stored(&mut [0; 512])
        .encode(&ring, &header(&ring, 0), &mut stored)
        .unwrap();
    let mut compressed = Bytes::default();
    Encoder::lz4(&mut [0; 1024], &mut lz4_table())
        .encode(&ring, &header(&ring, 0), &mut compressed)
        .unwrap();
    drop(spans);
    for bytes in [&stored.0, &compressed.0] {
        let (found, missing) = open_spans(bytes);
        assert_eq!((found.len(), missing), (SLOTS, 1));
        assert_eq!(decode(bytes).unwrap().damage, []);
    }
}

/// Returns an entry: a span of callsite 1 on a thread with the name "main", with one argument.
fn entry() -> Vec<u32> {
    let header = RecordHeader::new(1, Level::Info).to_bits() & !0x3FF | 2 << 10 | 16;
    let name = u32::from_le_bytes(*b"main");
    vec![header, 100, 0, 1, 0, 0, 0, 7, 0, 3, 0, 5, 4, name, 8, 42]
}

/// Returns the content of a block.
fn content(words: &[u32]) -> Vec<u8> {
    let words = [&[0], words].concat();
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Reads a block. Returns the ids of its spans, and whether it is damaged.
fn read(bytes: &[u8]) -> (Vec<u64>, bool) {
    let mut spans = OpenSpans::new(bytes);
    let found = spans.by_ref().map(|span| {
        // Whatever the bytes are, the arguments can be decoded.
        let _ = span.record.values(&[8, 15, 10]);
        span.record.span.0
    });
    (found.collect(), spans.is_damaged())
}

#[test]
fn an_entry_states_its_thread_and_the_context_outside() {
    let bytes = content(&entry());
    let span = OpenSpans::new(&bytes).next().unwrap();
    let thread = span.record.thread;
    assert_eq!((thread.number, thread.name()), (5, "main"));
    let outside = span.record.context.unwrap();
    assert_eq!((outside.trace_id.0, outside.span_id.0), (1, 3));
}

#[test]
fn a_block_that_is_cut_anywhere_loses_no_entry_before_the_cut() {
    let bytes = content(&[entry(), entry(), entry()].concat());
    for end in 0..=bytes.len() {
        let (found, is_damaged) = read(&bytes[..end]);
        let (whole, rest) = (end.saturating_sub(4) / 64, end.saturating_sub(4) % 64);
        assert_eq!(found, vec![7; whole], "{end}");
        assert_eq!(is_damaged, end < 4 || rest != 0, "{end}");
    }
}

#[test]
fn an_entry_that_no_encoder_writes_is_skipped_and_reported() {
    for (at, word) in [
        (0, entry()[0] & !(3 << 10)), // not an enter record
        (0, entry()[0] & 0x7FFF),     // no callsite
        (0, entry()[0] | 7 << 12),    // no level
        (12, 13),                     // the name exceeds the entry
        (12, u32::MAX),
    ] {
        let mut wrong = entry();
        wrong[at] = word;
        let bytes = content(&[entry(), wrong, entry()].concat());
        assert_eq!(read(&bytes), (vec![7, 7], true), "{at} {word:x}");
    }
}

#[test]
fn an_entry_with_a_lying_length_ends_the_block() {
    for words in [0, 1, 12, 33, 1023] {
        let mut lying = entry();
        lying[0] = lying[0] & !0x3FF | words;
        let bytes = content(&[entry(), lying, entry()].concat());
        let (found, is_damaged) = read(&bytes);
        assert!(is_damaged && found[0] == 7, "{words}");
        assert!(found.len() <= 2, "{words}");
    }
}

#[test]
fn any_change_of_one_byte_is_read_without_a_panic() {
    let good = content(&[entry(), entry()].concat());
    for at in 0..good.len() {
        for byte in 0..=255 {
            let mut bytes = good.clone();
            bytes[at] = byte;
            assert!(read(&bytes).0.len() <= 2);
        }
    }
}
