//! Log statements with one list of argument types and, with the feature `more-lists`, with nine. The
//! difference is that of eight lists with their statements.
#![no_std]
#![no_main]

use rivals::ring;
use ttlog_core::info;

#[firmware::board::entry]
fn main() -> ! {
    if ring::install().is_ok() {
        one(1, 2, 3.0);
        #[cfg(feature = "more-lists")]
        eight(1, 2, 3.0);
    }
    firmware::board::done()
}

#[inline(never)]
fn one(a: u32, b: u16, c: f32) {
    info!("order.placed a={a} b={b} c={c}");
}

#[cfg(feature = "more-lists")]
#[inline(never)]
fn eight(a: u32, b: u16, c: f32) {
    info!("order.placed");
    info!("order.placed a={a}");
    info!("order.placed b={b}");
    info!("order.placed b={b} a={a}");
    info!("order.placed c={c} b={b} a={a}");
    info!("order.placed a={a} b={b} c={c} d={d}", d = u64::from(a));
    info!("order.placed a={a} d={d}", d = "text");
    info!("order.placed d={d} e={e}", d = "text", e = b != 0);
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
