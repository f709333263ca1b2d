//! A program that always does the same. FORMAT.md shows parts of its memory and of its snapshots.

use core::{
    fmt::{self, Write},
    sync::atomic::{AtomicU64, Ordering},
};
use std::sync::LazyLock;

use ttlog_core::{
    Argument, Callsite, CallsiteKind, ClockSegment, ClockSegments, Context, Geometry, Level,
    Memory, Metadata, Module, Modules, RecordHeader, Ring, SnapshotHeader, Span, SpanTable,
    ThreadName, Totals, Word, Writer,
    argument::{Fields, Formatted},
    fields,
    lane::critical_section::{self, Clock},
    record_open_spans,
    region::{Region, RegionConfig},
    ring::Run,
    snapshot::{Codec, Encoder, SnapshotKind, lz4_table},
};

use crate::support::{Bytes, log};

/// The memory and the snapshots of the program.
pub(crate) struct Script {
    /// The snapshot that FORMAT.md shows byte by byte.
    pub(crate) example: Vec<u8>,
    /// The ring's memory at that moment.
    pub(crate) memory: Vec<u32>,
    /// The memory of a region with one event.
    pub(crate) region: Vec<u32>,
    /// A snapshot of the region.
    pub(crate) region_snapshot: Vec<u8>,
    /// The last snapshot, stored.
    pub(crate) stored: Vec<u8>,
    /// The last snapshot, compressed.
    pub(crate) lz4: Vec<u8>,
    /// The last snapshot, stored, its pages cut into chunks.
    pub(crate) chunked: Vec<u8>,
    /// A snapshot with two open spans, one of which has no slot.
    pub(crate) open_spans: Vec<u8>,
    /// A snapshot of a process with two modules.
    pub(crate) modules: Vec<u8>,
    /// The accounting in `stored`, `lz4` and `chunked`.
    pub(crate) totals: Totals,
}

/// The ids of callsites depend on the order of their first use, so the program runs once.
pub(crate) static SCRIPT: LazyLock<Script> = LazyLock::new(run);

/// The id of the run.
const RUN_ID: u64 = 0x0123_4567_89ab_cdef;

static NOW_TICKS: AtomicU64 = AtomicU64::new(1000);
static MEMORY: Memory<{ Geometry { page_words: 256 }.memory_words(6) }> = Memory::new();

macro_rules! statement {
    ($name:ident: $kind:ident $level:ident $target:literal $line:literal $text:literal $names:expr) => {
        static $name: Callsite = {
            const NAMES: &[&str] = &$names;
            static KINDS: [Word; NAMES.len().div_ceil(4).saturating_sub(1)] =
                [const { Word::new(0) }; NAMES.len().div_ceil(4).saturating_sub(1)];
            static METADATA: Metadata = Metadata {
                kind: CallsiteKind::$kind,
                level: Level::$level,
                target: $target,
                file: "src/shop.rs",
                line: $line,
                text: $text,
                names: NAMES,
                more_kinds: &KINDS,
            };
            Callsite::new(&METADATA)
        };
    };
}

statement!(PLACE: Event Info "shop::order" 42 "order.place id={0} total={1:.2}" ["id", "total"]);
statement!(LOW: Event Warn "shop::stock" 300 "stock.low left={0:?}" ["left"]);

statement!(SERIAL: Event Trace "shop::load" 1 "{0}{1}" ["serial", ""]);
statement!(PLAIN: Event Debug "shop::kinds" 2 "plain {0} {8:#x} {14:>8}" [
    "i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128", "f32", "f64", "bool",
    "char", "str", "bytes", "formatted"
]);
statement!(OPTIONS: Event Error "shop::kinds" 3 "options {4:?} {13:?}" [
    "i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128", "f32", "f64", "bool",
    "char", "str", "bytes", "formatted"
]);
statement!(GENERIC: Event Info "shop::generic" 4 "got {0:?}" ["value"]);
statement!(CHARGE: Span Info "shop::payment" 5 "charge" ["cents"]);
statement!(RETRY: Span Debug "shop::payment" 6 "retry" []);
statement!(BOOT: Event Fatal "shop" 7 "no way on, {{code}} is lost" []);
statement!(HALF: Event Info "shop" 8 "answer={0}" ["answer"]);
statement!(LONG: Event Info "shop" 9 "body={0} then={1}" ["body", "then"]);
statement!(NAMED: Event Info "shop::worker" 10 "done" []);

fn after(ticks: u64, callsite: &'static Callsite, arguments: impl Fields) {
    NOW_TICKS.fetch_add(ticks, Ordering::Relaxed);
    log(callsite, arguments);
}

fn run() -> Script {
    let clock = Clock {
        ticks: || NOW_TICKS.load(Ordering::Relaxed),
        hz: 1_000_000,
    };
    let ring =
        critical_section::install(&MEMORY, Geometry { page_words: 256 }, clock, RUN_ID).unwrap();

    after(500, &PLACE, fields!["abc", 99.99_f64]);
    let trace: Context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        .parse()
        .unwrap();
    let working = trace.enter();
    after(250, &LOW, fields![Some(3_u8)]);
    NOW_TICKS.store(2000, Ordering::Relaxed);
    let (example, _) = take(&ring, Encoder::stored(&mut [0; 1024]), &SEGMENTS[..1]);
    let memory = MEMORY
        .iter()
        .map(|word| word.load(Ordering::Relaxed))
        .collect();

    // More than the ring holds, so that some events are overwritten.
    for serial in 0..70_u32 {
        after(3, &SERIAL, fields![serial, "th".repeat(50).as_str()]);
    }
    drop(working);
    every_kind();
    after(1, &GENERIC, fields![7_u64]);
    after(1, &GENERIC, fields!["seven"]);
    spans();
    after(1 << 40, &BOOT, fields![]);
    after(1, &HALF, fields![Shown::new("forty-t", Err(fmt::Error))]);
    after(1, &LONG, fields!["ä".repeat(3000).as_str(), "the end"]);
    another_thread(&ring);

    let (stored, totals) = take(&ring, Encoder::stored(&mut vec![0; 64 * 1024]), &SEGMENTS);
    let (lz4, _) = take(
        &ring,
        Encoder::lz4(&mut vec![0; 128 * 1024], &mut lz4_table()),
        &SEGMENTS,
    );
    let (chunked, _) = take(&ring, Encoder::stored(&mut [0; 1000]), &SEGMENTS);
    let (region, region_snapshot) = region();
    let open_spans = open_spans(&ring);
    let modules = modules();
    Script {
        example,
        memory,
        region,
        region_snapshot,
        stored,
        lz4,
        chunked,
        open_spans,
        modules,
        totals,
    }
}

/// Text that is formatted when it is recorded.
struct Shown(Formatted);

impl Shown {
    /// Formats `text`, and then fails if `end` is an error.
    fn new(text: &str, end: fmt::Result) -> Self {
        Self(Formatted::new(|out| out.write_str(text).and(end)))
    }
}

impl Argument for Shown {
    type Stored<'a> = Formatted;

    fn stored(&self) -> Formatted {
        self.0.clone()
    }
}

/// Records each kind of argument as it is, in `Some`, and as `None`.
#[rustfmt::skip] // several kinds on a line
fn every_kind() {
    let (text, bytes) = ("größe", [0_u8, 127, 255].as_slice());
    let shown = || Shown::new("1.2.3.4:80", Ok(()));
    after(1, &PLAIN, fields![
        i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN,
        u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX,
        f32::MAX, f64::MIN_POSITIVE, true, '♥', text, bytes, shown(),
    ]);
    after(1, &OPTIONS, fields![
        Some(1_i8), Some(-2_i16), Some(3_i32), Some(-4_i64), Some(5_i128),
        Some(1_u8), Some(2_u16), Some(3_u32), Some(4_u64), Some(5_u128),
        Some(0.5_f32), Some(-0.5_f64), Some(false), Some('c'), Some(text), Some(bytes), Some(shown()),
    ]);
    after(1, &OPTIONS, fields![
        None::<i8>, None::<i16>, None::<i32>, None::<i64>, None::<i128>,
        None::<u8>, None::<u16>, None::<u32>, None::<u64>, None::<u128>,
        None::<f32>, None::<f64>, None::<bool>, None::<char>, None::<&str>, None::<&[u8]>, None::<Shown>,
    ]);
}

fn spans() {
    let enter = |span: &'static Callsite, cents: u32| {
        Span::enter(span, span.enabled().unwrap(), fields![cents])
    };
    NOW_TICKS.fetch_add(10, Ordering::Relaxed);
    let charge = enter(&CHARGE, 9999);
    NOW_TICKS.fetch_add(10, Ordering::Relaxed);
    let retry = Span::enter(&RETRY, RETRY.enabled().unwrap(), fields![]);
    after(5, &HALF, fields!["inside"]);
    drop(retry);
    drop(charge);
    after(5, &HALF, fields!["outside"]);
}

/// Enters two spans, of which the second finds no slot, and takes a snapshot.
fn open_spans(ring: &Ring<'static>) -> Vec<u8> {
    static SLOTS: Memory<{ SpanTable::memory_words(1) }> = Memory::new();
    static TABLE: SpanTable<'static> = SpanTable::new(SLOTS.words());
    record_open_spans(&TABLE, RUN_ID).unwrap();
    let _charge = Span::enter(&CHARGE, CHARGE.enabled().unwrap(), fields![9999_u32]);
    let _retry = Span::enter(&RETRY, RETRY.enabled().unwrap(), fields![]);
    take(ring, Encoder::stored(&mut vec![0; 64 * 1024]), &SEGMENTS).0
}

/// Takes a snapshot of an empty ring, in a process with two modules.
fn modules() -> Vec<u8> {
    let memory: Vec<Word> = (0..2 * 64 + 100).map(|_| Word::new(0)).collect();
    let run = Run {
        id: RUN_ID,
        clock_hz: 1_000_000,
        start_ticks: 1000,
    };
    let ring = Ring::new(&memory, Geometry { page_words: 64 }, run).unwrap();
    let mut list = vec![];
    for module in MODULES {
        let mut room = [0; 100];
        let length = module.write_to(&mut room).unwrap();
        list.extend(&room[..length]);
    }
    let header = SnapshotHeader {
        kind: SnapshotKind::Signal,
        reason: "sigsegv",
        modules: Modules(&list),
        ..SnapshotHeader::of(&ring, 2000)
    };
    let mut bytes = Bytes::default();
    Encoder::stored(&mut vec![0; 64 * 1024])
        .encode(&ring, &header, &mut bytes)
        .unwrap();
    bytes.0
}

/// A program without position-independent code would have the bias 0.
pub(crate) const MODULES: [Module<'static>; 2] = [
    Module {
        name: "shop",
        build_id: &[0xb1, 0x7d, 0x00, 0xff],
        bias: 0x5555_5555_4000,
        start: 0x5555_5555_4000,
        bytes: 0x2_1000,
    },
    Module {
        name: "libc.so.6",
        build_id: &[],
        bias: 0x7fff_f7c0_0000,
        start: 0x7fff_f7c0_0000,
        bytes: 0x20_0000,
    },
];

/// Records an event through a writer of another thread.
fn another_thread(ring: &Ring<'static>) {
    let writer = Writer::new();
    writer.set_number(7);
    writer.set_thread(ThreadName::new(7, "worker-7"));
    let header = NAMED.enabled().unwrap().with_words(RecordHeader::WORDS);
    let now = NOW_TICKS.load(Ordering::Relaxed);
    writer.write(ring, now, header, &|_: &[Word]| {}).unwrap();
}

/// Returns the memory of a region after one event of the third run, and a snapshot of the region.
fn region() -> (Vec<u32>, Vec<u8>) {
    let config = RegionConfig {
        geometry: Geometry { page_words: 64 },
        dictionary_words: 24,
        service: "shop",
        target: "x86_64-linux",
        build_id: "b17d",
    };
    let run = Run {
        id: RUN_ID,
        clock_hz: 1_000_000,
        start_ticks: 1000,
    };
    let words = config.memory_words(2);
    let memory: Vec<Word> = (0..words).map(|_| Word::new(0)).collect();
    let region = Region::new(&memory, &config, run, 3).unwrap();
    region.describe(&PLACE);
    let header = PLACE.enabled().unwrap().with_words(6);
    let fill = |room: &[Word]| {
        for (word, value) in room.iter().zip([3, 0x0063_6261, 0x28f5_c28f, 0x4058_ff5c]) {
            word.store(value, Ordering::Relaxed);
        }
    };
    let writer = Writer::new();
    writer.write(&region.ring(), 1500, header, &fill).unwrap();
    let mut bytes = Bytes::default();
    Encoder::stored(&mut [0; 512])
        .encode_region(&region, &SnapshotHeader::of(&region.ring(), 0), &mut bytes)
        .unwrap();
    let words = memory.iter().map(|word| word.load(Ordering::Relaxed));
    (words.collect(), bytes.0)
}

/// The clock: at tick 2200, the wall clock is stepped five seconds forward.
const SEGMENTS: [ClockSegment; 2] = [
    ClockSegment::with_hz(1000, 1_700_000_000_000_000_000, 1_000_000),
    ClockSegment::with_hz(2200, 1_700_000_005_001_200_000, 1_000_000),
];

fn take(
    ring: &Ring<'_>,
    mut encoder: Encoder<'_, impl Codec>,
    segments: &[ClockSegment],
) -> (Vec<u8>, Totals) {
    let packed: Vec<u8> = segments
        .iter()
        .flat_map(|segment| segment.to_bytes())
        .collect();
    let header = SnapshotHeader {
        kind: SnapshotKind::Request,
        service: "shop",
        pid: 4711,
        reason: "order_placed",
        target: "x86_64-linux",
        filter: "trace",
        segments: ClockSegments(&packed),
        ..SnapshotHeader::of(ring, NOW_TICKS.load(Ordering::Relaxed))
    };
    let mut bytes = Bytes::default();
    let totals = encoder.encode(ring, &header, &mut bytes).unwrap();
    (bytes.0, totals)
}
