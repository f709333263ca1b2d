//! The core with a ring that survives a reset, its encoder (stored), and one log statement, to
//! measure flash and RAM.
#![no_std]
#![no_main]

use rivals::{ring, send};
use ttlog_core::{
    Geometry, Memory,
    lane::critical_section,
    region::RegionConfig,
    snapshot::{ByteSink, Encoder, SnapshotHeader},
};

const CONFIG: RegionConfig<'static> = RegionConfig {
    geometry: Geometry { page_words: 104 },
    dictionary_words: 64,
    service: "shop",
    target: "any",
    build_id: "1",
};
static MEMORY: Memory<{ 2 * CONFIG.memory_words(2) }> = Memory::new();

#[firmware::board::entry]
fn main() -> ! {
    if let Ok(recovery) = critical_section::install_banks(MEMORY.halves(), &CONFIG, ring::CLOCK, 1)
    {
        rivals::measure(rivals::event);
        if let Some(previous) = recovery.previous {
            let header = SnapshotHeader::recovered(&previous, &CONFIG, "reset");
            let sink = ByteSink(send);
            let _ = Encoder::stored(&mut [0; 512]).encode_region(&previous.region(), &header, sink);
            previous.acknowledge();
        }
        let mut scratch = [0; 512];
        let ring = recovery.region.ring();
        let _ = Encoder::stored(&mut scratch).encode(&ring, &ring::header(&ring), ByteSink(send));
    }
    firmware::board::done()
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
