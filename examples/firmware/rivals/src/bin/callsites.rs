//! Eleven log statements or one: the difference is that of ten.
#![no_std]
#![no_main]

use rivals::ring;
use ttlog_core::info;

#[firmware::board::entry]
fn main() -> ! {
    if ring::install().is_ok() {
        one_statement(1, 2, 3);
        eleven_statements(1, 2, 3);
    }
    firmware::board::done()
}

macro_rules! order {
    ($a:ident $b:ident $c:ident $($more:tt)*) => {
        info!("order.placed order_id={} customer={} total={}", $a, $b, $c);
        order!($($more)*);
    };
    () => {};
}

#[unsafe(no_mangle)]
#[inline(never)]
fn one_statement(a: u32, b: u32, c: u32) {
    order!(a b c);
}

#[unsafe(no_mangle)]
#[inline(never)]
#[rustfmt::skip]
fn eleven_statements(a: u32, b: u32, c: u32) {
    order!(a b c a b c a b c a b c a b c a b c a b c a b c a b c a b c a b c);
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
