//! The core with a ring that survives a reset, its encoder (stored), and one log statement: what it
//! takes of flash and RAM.
#![no_std]
#![no_main]

use rivals::{ring, send};
use ttlog_core::{
    Geometry, Memory,
    lane::critical_section,
    region::Plan,
    snapshot::{ByteSink, Encoder},
};

const PLAN: Plan<'static> = Plan {
    geometry: Geometry { page_words: 109 },
    dictionary_words: 64,
    service: "shop",
    target: "any",
    build_id: "1",
};
static MEMORY: Memory<{ 2 * PLAN.memory_words(2) }> = Memory::new();

#[firmware::board::entry]
fn main() -> ! {
    if let Ok(boot) = critical_section::install_banks(MEMORY.halves(), &PLAN, ring::CLOCK) {
        rivals::measure(rivals::event);
        if let Some(dead) = boot.dead {
            let header = dead.header(&PLAN, "reset");
            let sink = ByteSink(send);
            let _ = Encoder::stored(&mut [0; 512]).encode_region(&dead.region(), &header, sink);
            dead.done();
        }
        let mut scratch = [0; 512];
        let ring = boot.region.ring();
        let _ = Encoder::stored(&mut scratch).encode(&ring, &ring::header(&ring), ByteSink(send));
    }
    firmware::board::done()
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
