//! Uses the core alone, as firmware does, on a host: `cargo run --example no_std_core`.
//!
//! The core needs no allocator, thread or file. The ring is a static, the clock is a function, and the
//! snapshot is written to a slice. On a board, use a timer for the clock, and a UART or flash for the
//! slice. The board's crate provides the `critical-section` implementation.

use std::{env, error::Error, fs, process, sync::LazyLock, time::Instant};

use ttlog_core::{
    Memory, Ring, SnapshotHeader, info,
    lane::critical_section::{self, Clock},
    ring::Geometry,
    snapshot::{EncodeError, Encoder, SliceFull, SliceSink},
    warn,
};

const GEOMETRY: Geometry = Geometry { page_words: 256 };
/// Eight pages of 1 KiB.
static MEMORY: Memory<{ GEOMETRY.memory_words(8) }> = Memory::new();

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// A counter of microseconds.
const CLOCK: Clock = Clock {
    ticks: || START.elapsed().as_micros() as u64,
    hz: 1_000_000,
};

fn main() -> Result<(), Box<dyn Error>> {
    // The run's id is computed from the seed. On a board, use a random number, a serial number or a
    // boot counter.
    let seed = u64::from(process::id());
    let ring = critical_section::install(&MEMORY, GEOMETRY, CLOCK, seed)?;

    // More events than the ring holds: the oldest are overwritten.
    for reading in 0..1_000_u32 {
        let celsius = 20.0 + f64::from(reading % 7) / 2.0;
        info!("sensor.read reading={reading} celsius={celsius:.1}");
    }
    warn!("sensor.lost after={}", 1_000);

    let mut flash = [0; 16 * 1024];
    let length = save(ring, &mut flash)?;

    // A board would send the bytes. On a host, write them to a file.
    let path = env::temp_dir().join("ttlog-0-firmware.bin");
    fs::write(&path, &flash[..length])?;
    println!("{length} bytes: cargo run -p dump -- {}", path.display());
    Ok(())
}

/// Writes a snapshot, as the fault handler of a board does. Returns the number of bytes.
fn save(ring: Ring<'_>, flash: &mut [u8]) -> Result<usize, EncodeError<SliceFull>> {
    let mut scratch = [0; 1024];
    let header = SnapshotHeader {
        service: "thermometer",
        reason: "sensor_lost",
        target: "example",
        ..SnapshotHeader::of(&ring, (CLOCK.ticks)())
    };
    let mut sink = SliceSink::new(flash);
    Encoder::stored(&mut scratch).encode(&ring, &header, &mut sink)?;
    Ok(sink.written().len())
}
