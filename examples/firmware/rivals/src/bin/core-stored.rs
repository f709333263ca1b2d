//! The core with its encoder (stored), and one log statement, to measure flash and RAM.
#![no_std]
#![no_main]

use rivals::{ring, send};
use ttlog_core::snapshot::{ByteSink, Encoder};

#[firmware::board::entry]
fn main() -> ! {
    if let Ok(ring) = ring::install() {
        rivals::measure(rivals::event);
        let mut scratch = [0; 512];
        let _ = Encoder::stored(&mut scratch).encode(&ring, &ring::header(&ring), ByteSink(send));
    }
    firmware::board::done()
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
