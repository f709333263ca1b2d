//! The program that README.md shows. `my_chip` is a board that QEMU emulates.
#![no_std]
#![no_main]

// README.md begins here.
use ttlog_core::lane::critical_section::{self, Clock};
use ttlog_core::snapshot::{ByteSink, Encoder};
use ttlog_core::{Geometry, Memory, SnapshotHeader, info};

/// Four pages of 512 bytes. When all are full, the oldest is reused.
const GEOMETRY: Geometry = Geometry { page_words: 128 };
static MEMORY: Memory<{ GEOMETRY.memory_words(4) }> = Memory::new();

/// A counter that never goes back, and its rate. The recorder reads it in a critical section.
const CLOCK: Clock = Clock {
    ticks: my_chip::ticks,
    hz: my_chip::HZ,
};

#[my_chip::entry]
fn main() -> ! {
    my_chip::start();
    let _ = critical_section::install(&MEMORY, GEOMETRY, CLOCK, my_chip::seed());
    info!("boot reset={}", my_chip::reset_reason());
    // Main, interrupts and drivers can log now. If something goes wrong, save:
    save("asked");
    my_chip::sleep()
}

/// Sends a snapshot. A panic or fault handler may call it too.
fn save(reason: &str) {
    if let Some(ring) = critical_section::ring() {
        let mut header = SnapshotHeader::of(&ring, my_chip::ticks());
        (header.service, header.reason) = ("pump", reason);
        let _ = Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(my_chip::send));
    }
}
// README.md ends here.

mod my_chip {
    pub(super) use firmware::board::{HZ, chip::send, done as sleep, entry, start, ticks};

    /// Returns a number that should differ from start to start. This board has no source of such numbers.
    pub(super) fn seed() -> u64 {
        firmware::board::SEED
    }

    pub(super) fn reset_reason() -> &'static str {
        "power"
    }
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    save("panic");
    my_chip::sleep()
}
