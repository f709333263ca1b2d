//! More events than the ring holds. The newest stay, and the losses are counted exactly, by level.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use firmware::board;
use ttlog_core::{Geometry, Memory, debug, info, lane::critical_section, trace};

const GEOMETRY: Geometry = Geometry { page_words: 64 };
/// A ring of less than 1 KiB.
static MEMORY: Memory<{ GEOMETRY.memory_words(2) }> = Memory::new();

#[board::entry]
fn main() -> ! {
    board::start();
    let Ok(ring) = critical_section::install(&MEMORY, GEOMETRY, board::CLOCK, board::SEED) else {
        board::fail(&"the ring cannot be made");
    };
    for serial in 0..10_000_u32 {
        match serial % 10 {
            0 => info!("sum.made serial={serial}"),
            1 | 2 => debug!("part.made serial={serial}"),
            _ => trace!("step.done serial={serial}"),
        }
    }
    board::save(c"wrap.bin", &ring, &board::header("wrap", "full", &ring));
    board::done();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
