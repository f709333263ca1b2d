//! The event, by ttlog.
#![no_std]
#![no_main]

use rivals::ring;
use ttlog_core::info;

#[firmware::board::entry]
fn main() -> ! {
    if ring::install().is_ok() {
        rivals::measure(event);
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
