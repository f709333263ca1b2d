//! Shared by all measured programs: the event, the clock, the ring's size, and the symbols between which
//! instructions are counted.
#![no_std]

/// Number of events that are counted.
pub const CALLS: u32 = 1000;

/// The ring's memory.
pub const RING_BYTES: usize = 1024;

/// A word in place of a timer's register.
static TIMER: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(7);

/// Returns a timestamp of 32 bits.
#[inline]
pub fn now() -> u32 {
    TIMER.load(core::sync::atomic::Ordering::Relaxed)
}

/// Logs once, so that the work of the first use is not counted, then counts.
#[cfg(target_os = "none")]
#[inline(always)]
pub fn measure(event: fn(u32, u32, u32)) {
    event(0, 0, 0);
    measure_begin();
    for order_id in 0..CALLS {
        event(order_id, 17, 990_000);
    }
    measure_end();
}

/// Logs the event with ttlog.
#[inline(never)]
pub fn event(order_id: u32, customer: u32, total: u32) {
    ttlog_core::info!("order.placed order_id={order_id} customer={customer} total={total}");
}

/// Instructions are counted from here on.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn measure_begin() {
    core::hint::black_box(0);
}

/// Instructions are counted up to here.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn measure_end() {
    core::hint::black_box(1);
}

/// The ring of the measured programs.
pub mod ring {
    use ttlog_core::{
        Geometry, Memory, Ring, SnapshotHeader,
        lane::critical_section::{self, Clock, InstallError},
    };

    use super::{RING_BYTES, now};

    /// Two pages, as large as the memory allows.
    const GEOMETRY: Geometry = Geometry { page_words: 104 };
    static MEMORY: Memory<{ RING_BYTES / 4 }> = Memory::new();
    /// The clock.
    pub const CLOCK: Clock = Clock {
        ticks: || now().into(),
        hz: 1_000_000,
    };

    /// Creates the ring.
    ///
    /// # Errors
    ///
    /// Returns no error: the memory is large enough.
    pub fn install() -> Result<Ring<'static>, InstallError> {
        critical_section::install(&MEMORY, GEOMETRY, CLOCK, 1)
    }

    /// Returns the header of a snapshot.
    #[must_use]
    pub fn header(ring: &Ring<'_>) -> SnapshotHeader<'static> {
        SnapshotHeader {
            service: "shop",
            reason: "asked",
            ..SnapshotHeader::of(ring, now().into())
        }
    }
}

/// Writes a byte of a snapshot into a register.
pub fn send(byte: u8) {
    static REGISTER: core::sync::atomic::AtomicU8 = core::sync::atomic::AtomicU8::new(0);
    REGISTER.store(byte, core::sync::atomic::Ordering::Relaxed);
}
