//! Records events at chosen times by chosen threads, and writes snapshots of them.
#![allow(dead_code)] // each test uses some of it

use core::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
};
use std::{
    fs,
    path::PathBuf,
    sync::{LazyLock, Once},
};

use tempfile::TempDir;
use ttlog_core::{
    ClockSegment, ClockSegments, Context, Geometry, Level, RecordHeader, Ring, SnapshotHeader,
    SpanId, SplitMix64, ThreadName, TraceId, Word, WriteError, Writer,
    lane::{self, DropCause, Fill, Lane, RecordTooLong, UseWriter},
    ring::Run,
    snapshot::{ByteSink, Encoder, lz4_table},
};

/// The start of the tests' runs: 2026-11-23T12:00:00Z.
pub(crate) const STARTED_UNIX_NS: u64 = 1_795_435_200_000_000_000;
pub(crate) const SECOND: u64 = 1_000_000_000;
/// The id of the first run of a process. Each recorder is a run of its own.
pub(crate) const RUN_ID: u64 = 0x5eed_0000_0000_0001;
static NEXT_RUN_ID: AtomicU64 = AtomicU64::new(RUN_ID);

/// Records the events of this thread, at the times and by the writers that the test sets.
#[derive(Clone, Copy)]
pub(crate) struct Recorder {
    ring: Ring<'static>,
}

thread_local! {
    static RING: Cell<Option<Ring<'static>>> = const { Cell::new(None) };
    static WRITER: Cell<Option<&'static Writer<'static>>> = const { Cell::new(None) };
    static NOW_NS: Cell<u64> = const { Cell::new(0) };
    static RANDOM: SplitMix64 = const { SplitMix64::new() };
}

impl Recorder {
    pub(crate) fn new(pages: usize, page_words: usize) -> Self {
        let run_id = NEXT_RUN_ID.fetch_add(1, Ordering::Relaxed);
        Self::with_run_id(run_id, pages, page_words)
    }

    pub(crate) fn with_run_id(id: u64, pages: usize, page_words: usize) -> Self {
        let geometry = Geometry { page_words };
        let memory: Vec<_> = (0..geometry.memory_words(pages))
            .map(|_| Word::new(0))
            .collect();
        let run = Run {
            id,
            clock_hz: SECOND,
            start_ticks: 0,
        };
        Self::over(Ring::new(memory.leak(), geometry, run).unwrap())
    }

    /// Records into this ring.
    pub(crate) fn over(ring: Ring<'static>) -> Self {
        static INSTALLED: Once = Once::new();
        static LANE: Lane = Lane {
            write,
            count_dropped,
            with_writer,
        };
        INSTALLED.call_once(|| lane::install(&LANE).unwrap());
        RING.set(Some(ring));
        NOW_NS.set(0);
        let recorder = Self { ring };
        recorder.thread("main");
        recorder
    }

    pub(crate) fn ring(&self) -> Ring<'static> {
        self.ring
    }

    pub(crate) fn run_id(&self) -> u64 {
        self.ring.run().id
    }

    /// Sets the time of the following events, in nanoseconds since the start.
    pub(crate) fn at(&self, ns: u64) {
        NOW_NS.set(ns);
    }

    /// Creates a thread that logs the following events.
    pub(crate) fn thread(&self, name: &str) -> &'static Writer<'static> {
        let writer: &Writer<'_> = Box::leak(Box::new(Writer::new()));
        let number = self.ring.next_writer();
        writer.set_number(number);
        writer.set_thread(ThreadName::new(number, name));
        WRITER.set(Some(writer));
        writer
    }

    /// Sets the thread that logs the following events.
    pub(crate) fn on(&self, writer: &'static Writer<'static>) {
        WRITER.set(Some(writer));
    }

    pub(crate) fn count_dropped(&self, level: Level, cause: DropCause) {
        self.ring.count_dropped(level, cause);
    }

    /// Returns a snapshot with LZ4, in blocks of the largest size.
    pub(crate) fn snapshot(&self, header: &SnapshotHeader<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut scratch = vec![0; 128 * 1024];
        let mut table = lz4_table();
        Encoder::lz4(&mut scratch, &mut table)
            .encode(
                &self.ring,
                &self.of_run(header),
                ByteSink(|byte| bytes.push(byte)),
            )
            .unwrap();
        bytes
    }

    /// Returns a snapshot without compression, in blocks of at most this size.
    pub(crate) fn stored(&self, header: &SnapshotHeader<'_>, block_bytes: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut scratch = vec![0; block_bytes];
        Encoder::stored(&mut scratch)
            .encode(
                &self.ring,
                &self.of_run(header),
                ByteSink(|byte| bytes.push(byte)),
            )
            .unwrap();
        bytes
    }

    fn of_run<'h>(&self, header: &SnapshotHeader<'h>) -> SnapshotHeader<'h> {
        SnapshotHeader {
            run_id: self.ring.run().id,
            page_count: self.ring.page_count() as u32,
            page_words: self.ring.page_words() as u32,
            ..*header
        }
    }

    /// Returns the path of a file with a snapshot.
    pub(crate) fn save(&self, dir: &TempDir, name: &str, header: &SnapshotHeader<'_>) -> PathBuf {
        save(dir, name, &self.snapshot(header))
    }
}

fn write(header: RecordHeader, fill: &dyn Fill) -> Result<(), RecordTooLong> {
    let (Some(ring), Some(writer)) = (RING.get(), WRITER.get()) else {
        return Ok(());
    };
    match writer.write(&ring, NOW_NS.get(), header, fill) {
        Ok(()) => Ok(()),
        Err(WriteError::TooLong { max_words }) => Err(RecordTooLong { max_words }),
        Err(WriteError::Dropped(cause)) => panic!("dropped: {cause:?}"),
    }
}

fn count_dropped(level: Level, cause: DropCause) {
    if let Some(ring) = RING.get() {
        ring.count_dropped(level, cause);
    }
}

fn with_writer(act: UseWriter<'_>) {
    if let Some(writer) = WRITER.get() {
        RANDOM.with(|random| act(writer, random));
    }
}

/// Returns the header of a snapshot whose moment is this number of nanoseconds after the start.
pub(crate) fn header(taken_ns: u64) -> SnapshotHeader<'static> {
    static STARTED: LazyLock<[u8; ClockSegment::BYTES]> =
        LazyLock::new(|| ClockSegment::with_hz(0, STARTED_UNIX_NS, SECOND).to_bytes());
    SnapshotHeader {
        service: "shop",
        host: "pluto",
        pid: 4242,
        reason: "order_failed",
        target: "x86_64-linux",
        build_id: "b17d",
        clock_hz: SECOND,
        moment_ticks: taken_ns,
        segments: ClockSegments(&*STARTED),
        ..SnapshotHeader::default()
    }
}

/// Returns the same header without a wall clock.
pub(crate) fn board_header(taken_ns: u64) -> SnapshotHeader<'static> {
    SnapshotHeader {
        service: "board",
        pid: 0,
        host: "",
        build_id: "",
        segments: ClockSegments::default(),
        ..header(taken_ns)
    }
}

/// Returns a context with two small numbers as its ids.
pub(crate) fn context_of(trace: u128, span: u64) -> Context {
    Context {
        trace_id: TraceId(trace),
        span_id: SpanId(span),
    }
}

pub(crate) fn save(dir: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}
