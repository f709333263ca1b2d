//! A fault is the last event, and its handler writes the snapshot.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use firmware::board;
use ttlog_core::{Geometry, Memory, fatal, info, lane::critical_section};

const GEOMETRY: Geometry = Geometry { page_words: 128 };
static MEMORY: Memory<{ GEOMETRY.memory_words(4) }> = Memory::new();

#[board::entry]
fn main() -> ! {
    board::start();
    board::on_fault(fault);
    if critical_section::install(&MEMORY, GEOMETRY, board::CLOCK, board::SEED).is_err() {
        board::fail(&"the ring cannot be made");
    }
    for step in 0..3_u8 {
        info!("motor.step step={step}");
    }
    board::crash();
    board::fail(&"there was no fault");
}

fn fault(address: u32) -> ! {
    // The address differs by compiler, so it is not in the expected output.
    let is_known = address != 0;
    fatal!("fault is_known={is_known}");
    if let Some(ring) = critical_section::ring() {
        let header = board::header("hardfault", "fault", &ring);
        board::save(c"hardfault.bin", &ring, &header);
    }
    board::done();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
