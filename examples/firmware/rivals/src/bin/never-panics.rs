//! Links only if neither recording, of any value, nor encoding a snapshot can panic.
#![no_std]
#![no_main]

use core::hint::black_box;

use rivals::{ring, send};
use ttlog_core::{
    Context, error, info, set_filter,
    snapshot::{ByteSink, Encoder},
    span,
};

#[firmware::board::entry]
fn main() -> ! {
    if let Ok(ring) = ring::install() {
        record(black_box(7), black_box("text"), black_box(&[1, 2, 3]));
        let _ = Encoder::stored(&mut [0; 512]).encode(&ring, &ring::header(&ring), ByteSink(send));
    }
    loop {
        core::hint::spin_loop();
    }
}

#[inline(never)]
fn record(number: u64, text: &str, bytes: &[u8]) {
    let _ = set_filter(text);
    let _context = Context::root().enter();
    let _span = span!("charge", number);
    info!(
        "order.placed order_id={} customer={} total={}",
        number as u32, 7_u32, 8_u32
    );
    error!(
        number,
        text,
        bytes,
        real = number as f32,
        optional = Some(number),
        "kinds"
    );
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        /// Not defined anywhere: the linker names the function that needs it.
        safe fn recording_can_panic() -> !;
    }
    recording_can_panic()
}
