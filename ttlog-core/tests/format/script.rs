//! A program that does the same each time: what FORMAT.md shows of it, and its golden snapshots.

use core::{
    fmt::{self, Write},
    sync::atomic::{AtomicU64, Ordering},
};
use std::sync::LazyLock;

use ttlog_core::{
    Argument, Callsite, CallsiteKind, Context, Geometry, Header, Level, Memory, Metadata, Name,
    Ring, SnapshotHeader, Span, Totals, Word, Writer,
    argument::{Fields, Formatted},
    lane::critical_section::{self, Clock},
    region::{Plan, Region},
    snapshot::{Anchor, Codec, Encoder, lz4_table},
};

use crate::support::{Bytes, fields, log};

/// What the program leaves behind.
pub(crate) struct Script {
    /// The snapshot that FORMAT.md takes apart.
    pub(crate) example: Vec<u8>,
    /// The ring's memory at that moment.
    pub(crate) memory: Vec<u32>,
    /// The memory of a region with one event.
    pub(crate) region: Vec<u32>,
    /// A snapshot of it.
    pub(crate) region_snapshot: Vec<u8>,
    /// The last snapshot, stored.
    pub(crate) stored: Vec<u8>,
    /// The last snapshot, compressed.
    pub(crate) lz4: Vec<u8>,
    /// The last snapshot, stored, its pages cut into chunks.
    pub(crate) chunked: Vec<u8>,
    /// The accounting in these three.
    pub(crate) totals: Totals,
}

/// The callsites have ids by the order of their first use, so all of it runs once and in order.
pub(crate) static SCRIPT: LazyLock<Script> = LazyLock::new(run);

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
    let ring = critical_section::install(&MEMORY, Geometry { page_words: 256 }, clock).unwrap();

    after(500, &PLACE, fields!("abc", 99.99_f64));
    let trace: Context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        .parse()
        .unwrap();
    let working = trace.enter();
    after(250, &LOW, fields!(Some(3_u8)));
    NOW_TICKS.store(2000, Ordering::Relaxed);
    let (example, _) = take(&ring, Encoder::stored(&mut [0; 1024]));
    let memory = MEMORY
        .iter()
        .map(|word| word.load(Ordering::Relaxed))
        .collect();

    // More than the ring holds, so that something is overwritten.
    for serial in 0..70_u32 {
        after(3, &SERIAL, fields!(serial, "th".repeat(50).as_str()));
    }
    drop(working);
    every_kind();
    after(1, &GENERIC, fields!(7_u64));
    after(1, &GENERIC, fields!("seven"));
    spans();
    after(1 << 40, &BOOT, fields!());
    after(1, &HALF, fields!(Shown::new("forty-t", Err(fmt::Error))));
    after(1, &LONG, fields!("ä".repeat(3000).as_str(), "the end"));
    another_thread(&ring);

    let (stored, totals) = take(&ring, Encoder::stored(&mut vec![0; 64 * 1024]));
    let (lz4, _) = take(
        &ring,
        Encoder::lz4(&mut vec![0; 128 * 1024], &mut lz4_table()),
    );
    let (chunked, _) = take(&ring, Encoder::stored(&mut [0; 1000]));
    let (region, region_snapshot) = region();
    Script {
        example,
        memory,
        region,
        region_snapshot,
        stored,
        lz4,
        chunked,
        totals,
    }
}

/// Text that is formatted when it is recorded.
struct Shown(Formatted);

impl Shown {
    /// Formatting that fails after `text`, if it does.
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

/// Each kind as it is, in an option, and missing.
#[rustfmt::skip] // one kind after the other
fn every_kind() {
    let (text, bytes) = ("größe", [0_u8, 127, 255].as_slice());
    let shown = || Shown::new("1.2.3.4:80", Ok(()));
    after(1, &PLAIN, fields!(
        i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN,
        u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX,
        f32::MAX, f64::MIN_POSITIVE, true, '♥', text, bytes, shown(),
    ));
    after(1, &OPTIONS, fields!(
        Some(1_i8), Some(-2_i16), Some(3_i32), Some(-4_i64), Some(5_i128),
        Some(1_u8), Some(2_u16), Some(3_u32), Some(4_u64), Some(5_u128),
        Some(0.5_f32), Some(-0.5_f64), Some(false), Some('c'), Some(text), Some(bytes), Some(shown()),
    ));
    after(1, &OPTIONS, fields!(
        None::<i8>, None::<i16>, None::<i32>, None::<i64>, None::<i128>,
        None::<u8>, None::<u16>, None::<u32>, None::<u64>, None::<u128>,
        None::<f32>, None::<f64>, None::<bool>, None::<char>, None::<&str>, None::<&[u8]>, None::<Shown>,
    ));
}

fn spans() {
    let enter = |span: &'static Callsite, cents: u32| {
        Span::enter(span, span.enabled().unwrap(), fields!(cents))
    };
    NOW_TICKS.fetch_add(10, Ordering::Relaxed);
    let charge = enter(&CHARGE, 9999);
    NOW_TICKS.fetch_add(10, Ordering::Relaxed);
    let retry = Span::enter(&RETRY, RETRY.enabled().unwrap(), fields!());
    after(5, &HALF, fields!("inside"));
    drop(retry);
    drop(charge);
    after(5, &HALF, fields!("outside"));
}

/// A writer beside the lane's, as a host has one for each thread.
fn another_thread(ring: &Ring<'static>) {
    let writer = Writer::new();
    writer.set_name(Name::new(7, "worker-7"));
    let header = NAMED.enabled().unwrap().with_words(Header::WORDS);
    let now = NOW_TICKS.load(Ordering::Relaxed);
    writer.write(ring, now, header, &|_: &[Word]| {}).unwrap();
}

/// The third run of a program in memory that survives a reset, after one event.
fn region() -> (Vec<u32>, Vec<u8>) {
    let plan = Plan {
        geometry: Geometry { page_words: 64 },
        dictionary_words: 24,
        service: "shop",
        target: "x86_64-linux",
        build_id: "b17d",
    };
    let words = plan.memory_words(2);
    let memory: Vec<Word> = (0..words).map(|_| Word::new(0)).collect();
    let region = Region::new(&memory, &plan, 1_000_000, 1000, 3).unwrap();
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
        .encode_region(&region, &SnapshotHeader::default(), &mut bytes)
        .unwrap();
    let words = memory.iter().map(|word| word.load(Ordering::Relaxed));
    (words.collect(), bytes.0)
}

const START: Anchor = Anchor {
    ticks: 1000,
    monotonic_ns: 5_000_000,
    unix_ns: 1_700_000_000_000_000_000,
};

fn take(ring: &Ring<'_>, mut encoder: Encoder<'_, impl Codec>) -> (Vec<u8>, Totals) {
    let now = NOW_TICKS.load(Ordering::Relaxed);
    let since_ns = (now - START.ticks) * 1000;
    let end = Anchor {
        ticks: now,
        monotonic_ns: START.monotonic_ns + since_ns,
        unix_ns: START.unix_ns + since_ns,
    };
    let header = SnapshotHeader {
        service: "shop",
        host: "",
        pid: 4711,
        reason: "order_placed",
        merged: 0,
        target: "x86_64-linux",
        build_id: "",
        clock_hz: ring.clock_hz(),
        start_ticks: ring.start_ticks(),
        taken_ticks: now,
        anchors: [START, end],
        events_max: 0,
    };
    let mut bytes = Bytes::default();
    let totals = encoder.encode(ring, &header, &mut bytes).unwrap();
    (bytes.0, totals)
}
