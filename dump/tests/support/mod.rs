//! What the tests share: events of chosen times and threads, recorded through the macros, and the
//! program run on what comes of it.
#![allow(dead_code)] // each test uses some of it

use core::{cell::Cell, convert::Infallible};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Once,
};

use tempfile::TempDir;
use ttlog_core::{
    Context, Geometry, Header, Level, Name, Random, Refused, Ring, SnapshotHeader, SpanId, TraceId,
    Word, Writer,
    lane::{self, Dropped, Fill, Lane, TooLong, UseWriter},
    snapshot::{Anchor, Encoder, Sink, lz4_table},
};

/// When the tests' recording starts: 2026-11-23T12:00:00Z.
pub(crate) const STARTED_UNIX_NS: u64 = 1_795_435_200_000_000_000;
pub(crate) const SECOND: u64 = 1_000_000_000;

/// Records what this thread logs: at the time and on behalf of the writer that the test says.
#[derive(Clone, Copy)]
pub(crate) struct Recorder {
    ring: Ring<'static>,
}

thread_local! {
    static RING: Cell<Option<Ring<'static>>> = const { Cell::new(None) };
    static WRITER: Cell<Option<&'static Writer<'static>>> = const { Cell::new(None) };
    static NOW_NS: Cell<u64> = const { Cell::new(0) };
    static RANDOM: Random = const { Random::new() };
}

impl Recorder {
    pub(crate) fn new(pages: usize, page_words: usize) -> Self {
        let geometry = Geometry { page_words };
        let memory: Vec<_> = (0..geometry.memory_words(pages))
            .map(|_| Word::new(0))
            .collect();
        Self::over(Ring::new(memory.leak(), geometry, SECOND, 0).unwrap())
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

    /// What follows is logged at this time, in nanoseconds since the start.
    pub(crate) fn at(&self, ns: u64) {
        NOW_NS.set(ns);
    }

    /// What follows is logged by a new thread of this name.
    pub(crate) fn thread(&self, name: &str) -> &'static Writer<'static> {
        let writer: &Writer<'_> = Box::leak(Box::new(Writer::new()));
        writer.set_name(Name::new(self.ring.next_writer(), name));
        WRITER.set(Some(writer));
        writer
    }

    /// What follows is logged by this thread.
    pub(crate) fn on(&self, writer: &'static Writer<'static>) {
        WRITER.set(Some(writer));
    }

    pub(crate) fn count_dropped(&self, level: Level, cause: Dropped) {
        self.ring.count_dropped(level, cause);
    }

    /// A snapshot with LZ4, in blocks of the largest size.
    pub(crate) fn snapshot(&self, header: &SnapshotHeader<'_>) -> Vec<u8> {
        let mut bytes = Bytes::default();
        let mut scratch = vec![0; 128 * 1024];
        let mut table = lz4_table();
        Encoder::lz4(&mut scratch, &mut table)
            .encode(&self.ring, header, &mut bytes)
            .unwrap();
        bytes.0
    }

    /// A snapshot without compression, in blocks of so many bytes at most.
    pub(crate) fn stored(&self, header: &SnapshotHeader<'_>, block_bytes: usize) -> Vec<u8> {
        let mut bytes = Bytes::default();
        let mut scratch = vec![0; block_bytes];
        Encoder::stored(&mut scratch)
            .encode(&self.ring, header, &mut bytes)
            .unwrap();
        bytes.0
    }

    /// A snapshot in a file.
    pub(crate) fn save(&self, dir: &TempDir, name: &str, header: &SnapshotHeader<'_>) -> PathBuf {
        save(dir, name, &self.snapshot(header))
    }
}

fn write(header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
    let (Some(ring), Some(writer)) = (RING.get(), WRITER.get()) else {
        return Ok(());
    };
    match writer.write(&ring, NOW_NS.get(), header, fill) {
        Ok(()) => Ok(()),
        Err(Refused::TooLong { max_words }) => Err(TooLong { max_words }),
        Err(Refused::Dropped(cause)) => panic!("dropped: {cause:?}"),
    }
}

fn count_dropped(level: Level, cause: Dropped) {
    if let Some(ring) = RING.get() {
        ring.count_dropped(level, cause);
    }
}

fn with_writer(act: UseWriter<'_>) {
    if let Some(writer) = WRITER.get() {
        RANDOM.with(|random| act(writer, random));
    }
}

#[derive(Default)]
struct Bytes(Vec<u8>);

impl Sink for Bytes {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// The header of a snapshot that was taken so many nanoseconds after the start.
pub(crate) fn header(taken_ns: u64) -> SnapshotHeader<'static> {
    let anchor = |ns| Anchor {
        ticks: ns,
        monotonic_ns: ns,
        unix_ns: STARTED_UNIX_NS + ns,
    };
    SnapshotHeader {
        service: "shop",
        host: "pluto",
        pid: 4242,
        reason: "order_failed",
        target: "x86_64-linux",
        build_id: "b17d",
        clock_hz: SECOND,
        taken_ticks: taken_ns,
        anchors: [anchor(0), anchor(taken_ns)],
        ..SnapshotHeader::default()
    }
}

/// The same without a wall clock.
pub(crate) fn board_header(taken_ns: u64) -> SnapshotHeader<'static> {
    SnapshotHeader {
        service: "board",
        pid: 0,
        host: "",
        build_id: "",
        anchors: [Anchor::default(); 2],
        ..header(taken_ns)
    }
}

/// A context by two small numbers.
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

/// What the program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// The output as one JSON document.
    pub(crate) fn document(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The output as a JSON document on each line.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The messages of an output in lines of JSON.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.lines()
            .iter()
            .map(|event| event["message"].as_str().unwrap().into())
            .collect()
    }
}

/// The program, without anything of ours in its environment.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dump"));
    command.env_remove("TTLOG_DIR").env_remove("NO_COLOR");
    command
}

pub(crate) fn dump<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Answer {
    answer(program().args(args))
}

pub(crate) fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap();
    Answer {
        status: output.status.code().expect("no signal"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Shows one file in lines of JSON.
pub(crate) fn ndjson<'a>(path: &'a Path, args: impl IntoIterator<Item = &'a str>) -> Answer {
    answer(program().arg("--format=ndjson").args(args).arg(path))
}
