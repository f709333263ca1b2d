//! The core with its encoder (lz4), and one log statement, to measure flash and RAM.
#![no_std]
#![no_main]

use rivals::{ring, send};
use ttlog_core::snapshot::{ByteSink, Encoder, lz4_table};

#[firmware::board::entry]
fn main() -> ! {
    if let Ok(ring) = ring::install() {
        rivals::measure(rivals::event);
        let mut table = lz4_table();
        let mut scratch = [0; 2048];
        let _ = Encoder::lz4(&mut scratch, &mut table).encode(
            &ring,
            &ring::header(&ring),
            ByteSink(send),
        );
    }
    firmware::board::done()
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
