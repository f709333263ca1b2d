//! The core with its encoder (stored), and one log statement: what it takes of flash and RAM.
#![no_std]
#![no_main]

use rivals::{ring, send};
use ttlog_core::{
    info,
    snapshot::{ByteSink, Encoder},
};

#[firmware::board::entry]
fn main() -> ! {
    if let Ok(ring) = ring::install() {
        rivals::measure(event);
        let mut scratch = [0; 512];
        let _ = Encoder::stored(&mut scratch).encode(&ring, &ring::header(&ring), ByteSink(send));
    }
    firmware::board::done()
}

#[inline(never)]
fn event(order_id: u32, customer: u32, total: u32) {
    info!("order.placed order_id={order_id} customer={customer} total={total}");
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
