//! The event, logged with ttlog.
#![no_std]
#![no_main]

use rivals::ring;

#[firmware::board::entry]
fn main() -> ! {
    if ring::install().is_ok() {
        rivals::measure(rivals::event);
    }
    firmware::board::done()
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
