//! The script leaves the same bytes on every target: stored, and by LZ4 if the RAM has room for its table of
//! 16 KiB.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use firmware::board;

#[board::entry]
fn main() -> ! {
    let Ok(ring) = script::run() else {
        board::fail(&"the ring cannot be made");
    };
    let header = script::header(&ring);
    board::save(c"stored.bin", &ring, &header);
    #[cfg(not(board = "microbit"))]
    {
        use ttlog_core::snapshot::{Encoder, lz4_table};

        let (mut scratch, mut table) = ([0; 4096], lz4_table());
        let encoder = Encoder::lz4(&mut scratch, &mut table);
        board::save_by(encoder, c"lz4.bin", &ring, &header);
    }
    board::done();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
