//! The cost of recording, as ratios within one run: `cargo bench -p ttlog-std`.
//!
//! Each figure is the minimum of many rounds. The rounds alternate with those of the figure that it is
//! compared to, because the machine has other work. A figure over its limit ends the run with status 1.

use std::{hint::black_box, time::Instant};

use ttlog_core::{
    Geometry, Level, RecordHeader, Ring, SnapshotHeader, Word, Writer,
    ring::Run,
    snapshot::{Encoder, lz4_table},
};
use ttlog_std::{Trace, WriteSink, info, set_filter, span, trace};

const ROUNDS: usize = 1_001;
const CALLS: u32 = 20_000;

fn main() {
    let dir = tempfile::tempdir().expect("a directory for snapshots");
    let trace = Trace::builder()
        .directory(dir.path())
        .build()
        .expect("a recorder");
    set_filter("trace,disabled=off").expect("a filter");
    println!("cargo bench -p ttlog-std    {ROUNDS} rounds of {CALLS} calls, the least counts\n");

    let (user, order, cents) = black_box((17_u64, 123_456_u64, 9_999_u64));
    let ip = black_box("127.0.0.1");
    let [counter, event, called, message, span, empty, disabled] = in_turns([
        &mut || {
            per_call(|| {
                black_box(counter());
            })
        },
        &mut || per_call(|| info!("order.place user={user} order={order} cents={cents} ip={ip}")),
        &mut || per_call(|| order_placed(user, order, cents, ip)),
        &mut || per_call(|| info!("auth.login ok")),
        &mut || per_call(|| drop(span!("order.place", order))),
        &mut || {
            per_call(|| {
                black_box(0);
            })
        },
        &mut || per_call(|| trace!(target: "disabled", "user={user} ip={ip}")),
    ]);
    println!("time-stamp counter alone             {counter:7.2} ns");
    println!("event, message only                  {message:7.2} ns");
    println!("event, 3 integers, 9-byte string     {event:7.2} ns");
    println!("the same, in a function of its own   {called:7.2} ns");
    println!("a span, entered and left             {span:7.2} ns");
    println!("empty loop                           {empty:7.2} ns");
    println!("disabled event                       {disabled:7.2} ns\n");
    let (snapshot, copy) = snapshot();
    println!("copy + LZ4 of 50,000 events' bytes   {:7.2} ms", copy / 1e6);
    println!(
        "snapshot of 50,000 events            {:7.2} ms\n",
        snapshot / 1e6
    );

    let within = [
        limit("event / counter", event / counter, 1.3, ""),
        limit("disabled event − empty loop", disabled - empty, 1.0, " ns"),
        limit("snapshot / (copy + LZ4)", snapshot / copy, 5.0, ""),
    ];
    drop(trace);
    // `exit` drops nothing.
    drop(dir);
    if within.contains(&false) {
        std::process::exit(1);
    }
}

/// Logs one event. Most events are logged in such a function.
#[inline(never)]
fn order_placed(user: u64, order: u64, cents: u64, ip: &str) {
    info!("order.place user={user} order={order} cents={cents} ip={ip}");
}

fn limit(what: &str, figure: f64, limit: f64, unit: &str) -> bool {
    let within = figure <= limit;
    let verdict = if within { "ok" } else { "OVER" };
    println!("{what:34} {figure:6.2}{unit}, at most {limit}{unit}: {verdict}");
    within
}

/// Reads the time-stamp counter, or the clock that replaces it.
#[cfg(target_arch = "x86_64")]
fn counter() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
fn counter() -> u64 {
    quanta::Clock::new().raw()
}

/// Returns the nanoseconds of one call, measured over many.
fn per_call(mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

/// Returns the minimum round of each, taken in turns.
fn in_turns<const N: usize>(mut each: [&mut dyn FnMut() -> f64; N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (round, best) in each.iter_mut().zip(&mut best) {
            *best = best.min(round());
        }
    }
    best
}

/// Returns the nanoseconds of a snapshot of 50,000 events in memory, and those of copying and compressing
/// the same number of bytes.
fn snapshot() -> (f64, f64) {
    const EVENTS: u32 = 50_000;
    const BLOCK_BYTES: usize = 60_000;
    let geometry = Geometry { page_words: 4096 };
    let memory: Vec<Word> = (0..geometry.memory_words(160))
        .map(|_| Word::new(0))
        .collect();
    let run = Run {
        id: 1,
        clock_hz: 1_000_000_000,
        start_ticks: 0,
    };
    let ring = Ring::new(&memory, geometry, run).expect("a ring");
    let writer = Writer::new();
    let mut bytes = Vec::new();
    for event in 0..EVENTS {
        let words = [
            17,
            0,
            event,
            0,
            event % 10_000,
            0,
            9,
            0x2e37_3231,
            0x2e30_2e30,
            0x31,
        ];
        let header =
            RecordHeader::new(1, Level::Info).with_words(RecordHeader::WORDS + words.len());
        let ticks = u64::from(event) * 37;
        let written = writer.write(&ring, ticks, header, &|room: &[Word]| {
            for (to, word) in room.iter().zip(words) {
                to.store(word, core::sync::atomic::Ordering::Relaxed);
            }
        });
        assert_eq!(written, Ok(()));
        for word in [header.to_bits(), 37].iter().chain(&words) {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
    }

    let mut scratch = vec![0; 128 * 1024];
    let mut table = lz4_table();
    let mut file = Vec::with_capacity(4 << 20);
    let header = SnapshotHeader::of(&ring, 0);
    let mut copy_table = lz4_table();
    let mut block = vec![0; BLOCK_BYTES];
    let mut compressed = vec![0; 2 * BLOCK_BYTES];
    let mut copied = 0;
    let [snapshot, copy] = in_turns([
        &mut || {
            file.clear();
            let start = Instant::now();
            let totals = Encoder::lz4(&mut scratch, &mut table)
                .encode(&ring, &header, WriteSink(&mut file))
                .expect("memory");
            let took = start.elapsed();
            assert_eq!(totals.kept.iter().sum::<u64>(), u64::from(EVENTS));
            took.as_nanos() as f64
        },
        &mut || {
            copied = 0;
            let start = Instant::now();
            for chunk in bytes.chunks(BLOCK_BYTES) {
                let block = &mut block[..chunk.len()];
                block.copy_from_slice(chunk);
                copied += lz4_flex::block::compress_into_with_table(
                    block,
                    &mut compressed,
                    &mut copy_table,
                )
                .expect("room");
            }
            start.elapsed().as_nanos() as f64
        },
    ]);
    println!(
        "bytes of an event in the snapshot    {:7.1}",
        file.len() as f64 / f64::from(EVENTS)
    );
    println!(
        "the same, bytes alone                {:7.1}",
        f64::from(copied as u32) / f64::from(EVENTS)
    );
    (snapshot, copy)
}
