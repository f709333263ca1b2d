//! A snapshot over a serial line that also carries other output. The blocks of a snapshot are frames, which
//! `dump --scan` finds in the stream.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use firmware::board::{self, chip};
use ttlog_core::{
    Geometry, Memory, info,
    lane::critical_section,
    snapshot::{ByteSink, Encoder, Sink},
    warn,
};

const GEOMETRY: Geometry = Geometry { page_words: 128 };
static MEMORY: Memory<{ GEOMETRY.memory_words(4) }> = Memory::new();

#[board::entry]
fn main() -> ! {
    board::start();
    let Ok(ring) = critical_section::install(&MEMORY, GEOMETRY, board::CLOCK, board::SEED) else {
        board::fail(&"the ring cannot be made");
    };
    let mut line = ByteSink(chip::send);
    let Ok(()) = line.write(b"boot ok\r\n\x89TTL is not the beginning of a snapshot\r\n");
    for frame in 0..3_u8 {
        info!("radio.sent frame={frame}");
    }
    warn!("radio.weak dbm={}", -97_i8);

    let header = board::header("uart", "asked", &ring);
    let Ok(_totals) = Encoder::stored(&mut [0; 512]).encode(&ring, &header, &mut line) else {
        board::fail(&"the snapshot cannot be written");
    };
    let Ok(()) = line.write(b"\r\nready> \xFF\x00\x1eTTB");
    board::done();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
