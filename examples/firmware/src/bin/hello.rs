//! Logs some events, and saves them.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use firmware::board;
use ttlog_core::{Geometry, Memory, error, info, lane::critical_section, warn};

const GEOMETRY: Geometry = Geometry { page_words: 128 };
/// Four pages of 512 bytes.
static MEMORY: Memory<{ GEOMETRY.memory_words(4) }> = Memory::new();

#[board::entry]
fn main() -> ! {
    board::start();
    let Ok(ring) = critical_section::install(&MEMORY, GEOMETRY, board::CLOCK, board::SEED) else {
        board::fail(&"no room for the ring");
    };

    info!("boot board={}", board::TARGET);
    for reading in 0..3_u32 {
        let celsius = 20.0 + 0.5 * f64::from(reading);
        info!("sensor.read reading={reading} celsius={celsius:.1}");
    }
    warn!("sensor.slow ms={ms}", ms = 1200);
    error!("sensor.lost", id = 7, name = "door");

    board::save(c"hello.bin", &ring, &board::header("hello", "asked", &ring));
    board::done();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
