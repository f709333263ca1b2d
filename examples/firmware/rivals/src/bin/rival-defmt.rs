//! The event, by defmt, into a ring of bytes.
#![no_std]
#![no_main]

use core::{
    cell::{Cell, UnsafeCell},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use critical_section::RestoreState;
use rivals::{RING_BYTES, now};

struct Ring(UnsafeCell<[u8; RING_BYTES]>);

// SAFETY: only touched inside a critical section.
unsafe impl Sync for Ring {}

static RING: Ring = Ring(UnsafeCell::new([0; RING_BYTES]));
static NEXT: AtomicUsize = AtomicUsize::new(0);

fn put(bytes: &[u8]) {
    let mut next = NEXT.load(Relaxed);
    for &byte in bytes {
        // SAFETY: the index is in range, and there is no other writer, see below.
        unsafe { RING.0.get().cast::<u8>().add(next).write_volatile(byte) };
        next = (next + 1) % RING_BYTES;
    }
    NEXT.store(next, Relaxed);
}

#[defmt::global_logger]
struct Logger;

struct State(Cell<RestoreState>, UnsafeCell<defmt::Encoder>);

// SAFETY: only touched between `acquire` and `release`, inside a critical section.
unsafe impl Sync for State {}

static STATE: State = State(
    Cell::new(RestoreState::invalid()),
    UnsafeCell::new(defmt::Encoder::new()),
);

// SAFETY: a critical section from `acquire` to `release`.
unsafe impl defmt::Logger for Logger {
    fn acquire() {
        // SAFETY: released below.
        let state = unsafe { critical_section::acquire() };
        STATE.0.set(state);
        // SAFETY: in the critical section.
        unsafe { (*STATE.1.get()).start_frame(put) };
    }

    unsafe fn flush() {}

    unsafe fn release() {
        // SAFETY: in the critical section that `acquire` began.
        unsafe {
            (*STATE.1.get()).end_frame(put);
            critical_section::release(STATE.0.get());
        }
    }

    unsafe fn write(bytes: &[u8]) {
        // SAFETY: in the critical section that `acquire` began.
        unsafe { (*STATE.1.get()).write(bytes, put) };
    }
}

defmt::timestamp!("{=u32}", now());

#[firmware::board::entry]
fn main() -> ! {
    rivals::measure(event);
    // The number of bytes of an event.
    let before = NEXT.load(Relaxed);
    event(999, 17, 990_000);
    let bytes = NEXT.load(Relaxed).wrapping_sub(before) % RING_BYTES;
    firmware::board::exit(bytes as u8)
}

#[inline(never)]
fn event(order_id: u32, customer: u32, total: u32) {
    defmt::info!(
        "order.placed order_id={=u32} customer={=u32} total={=u32}",
        order_id,
        customer,
        total
    );
}

#[panic_handler]
fn panic(_info: &core::panic::PanicInfo<'_>) -> ! {
    firmware::board::done()
}
