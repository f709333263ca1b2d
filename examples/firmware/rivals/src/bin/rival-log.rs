//! The event, by log and core::fmt, as text into a ring of bytes.
#![no_std]
#![no_main]

use core::{
    cell::UnsafeCell,
    fmt::{self, Write},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use rivals::{RING_BYTES, now};

struct Ring(UnsafeCell<[u8; RING_BYTES]>);

// SAFETY: only touched inside a critical section.
unsafe impl Sync for Ring {}

static RING: Ring = Ring(UnsafeCell::new([0; RING_BYTES]));
static NEXT: AtomicUsize = AtomicUsize::new(0);

struct Text;

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut next = NEXT.load(Relaxed);
        for &byte in text.as_bytes() {
            // SAFETY: the index is in range, and there is no other writer, see below.
            unsafe { RING.0.get().cast::<u8>().add(next).write_volatile(byte) };
            next = (next + 1) % RING_BYTES;
        }
        NEXT.store(next, Relaxed);
        Ok(())
    }
}

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _metadata: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        critical_section::with(|_| {
            let _ = writeln!(Text, "{} {} {}", now(), record.level(), record.args());
        });
    }

    fn flush(&self) {}
}

#[firmware::board::entry]
fn main() -> ! {
    critical_section::with(|_| {
        // SAFETY: no code logs yet.
        let _ = unsafe { log::set_logger_racy(&Logger) };
        // SAFETY: as above.
        unsafe { log::set_max_level_racy(log::LevelFilter::Trace) };
    });
    rivals::measure(event);
    // The number of bytes of an event.
    let before = NEXT.load(Relaxed);
    event(999, 17, 990_000);
    let bytes = NEXT.load(Relaxed).wrapping_sub(before) % RING_BYTES;
    firmware::board::exit(bytes as u8)
}

#[inline(never)]
fn event(order_id: u32, customer: u32, total: u32) {
    log::info!("order.placed order_id={order_id} customer={customer} total={total}");
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
