//! A panic is the last event, and its handler writes the snapshot.
#![no_std]
#![no_main]

use core::{hint::black_box, panic::PanicInfo};

use firmware::board;
use ttlog_core::{Geometry, Memory, fatal, info, lane::critical_section};

const GEOMETRY: Geometry = Geometry { page_words: 128 };
static MEMORY: Memory<{ GEOMETRY.memory_words(4) }> = Memory::new();

#[board::entry]
fn main() -> ! {
    board::start();
    if critical_section::install(&MEMORY, GEOMETRY, board::CLOCK, board::SEED).is_err() {
        board::fail(&"the ring cannot be made");
    }
    let readings = [20, 21, 23];
    for channel in 0..=black_box(3) {
        info!("channel.read channel={channel}");
        info!("channel.value celsius={}", readings[channel as usize]);
    }
    board::fail(&"there was no panic");
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let (file, line) = info.location().map_or(("", 0), |at| (at.file(), at.line()));
    fatal!(message = %info.message(), place = %format_args!("{file}:{line}"), "panic");
    if let Some(ring) = critical_section::ring() {
        board::save(c"panic.bin", &ring, &board::header("panic", "panic", &ring));
    }
    board::done();
}
