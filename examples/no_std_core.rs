//! Uses the core alone, as firmware does, here on a host: `cargo run --example no_std_core`.
//!
//! No allocator, no threads, no files: the ring is a static, the clock a function, and the snapshot
//! goes into a slice. On a board a timer takes the place of the clock, a UART or flash that of the
//! slice, and the board's crate brings the `critical-section` implementation.

use std::{env, error::Error, fs, sync::LazyLock, time::Instant};

use ttlog_core::{
    Memory, Ring, SnapshotHeader, info,
    lane::critical_section::{self, Clock},
    ring::Geometry,
    snapshot::{EncodeError, Encoder, Full, SliceSink},
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
    let ring = critical_section::install(&MEMORY, GEOMETRY, CLOCK)?;

    // More than the ring holds: the oldest make room.
    for reading in 0..1_000_u32 {
        let celsius = 20.0 + f64::from(reading % 7) / 2.0;
        info!("sensor.read reading={reading} celsius={celsius:.1}");
    }
    warn!("sensor.lost after={}", 1_000);

    let mut flash = [0; 16 * 1024];
    let length = save(ring, &mut flash)?;

    // From here on it is a host again.
    let path = env::temp_dir().join("ttlog-0-firmware.bin");
    fs::write(&path, &flash[..length])?;
    println!("{length} bytes: cargo run -p dump -- {}", path.display());
    Ok(())
}

/// What a board would do in its fault handler. Answers how many bytes were written.
fn save(ring: Ring<'_>, flash: &mut [u8]) -> Result<usize, EncodeError<Full>> {
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
