//! A program that leaves the same bytes on every target, because it has a clock of its own.
//!
//! Boards run it from `golden.rs`, a host from `tests/golden.rs`. Both compare the bytes with the files in
//! `golden/`.
#![no_std]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use ttlog_core::{
    Context, Geometry, Memory, Ring, SnapshotHeader, debug, error, fatal, info,
    lane::critical_section::{self, Clock, InstallError},
    set_filter, span, trace, warn,
};

const GEOMETRY: Geometry = Geometry { page_words: 128 };
static MEMORY: Memory<{ GEOMETRY.memory_words(4) }> = Memory::new();

static NOW_TICKS: AtomicU32 = AtomicU32::new(1000);

/// The clock, which only the script advances.
const CLOCK: Clock = Clock {
    ticks: || NOW_TICKS.load(Relaxed).into(),
    hz: 1_000_000,
};

fn after(ticks: u32) {
    NOW_TICKS.store(NOW_TICKS.load(Relaxed).wrapping_add(ticks), Relaxed);
}

/// Logs the events.
///
/// # Errors
///
/// Returns an error if a lane is installed already.
pub fn run() -> Result<Ring<'static>, InstallError> {
    let ring = critical_section::install(&MEMORY, GEOMETRY, CLOCK, 0x5eed)?;
    info!("boot build={}", "1.0.3");
    let trace: Option<Context> = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        .parse()
        .ok();
    let _working = trace.map(Context::enter);
    // More events than the ring holds.
    for serial in 0..100_u32 {
        after(serial);
        trace!("sensor.read serial={serial} raw={:#x}", serial * 0x0101);
    }
    every_kind();
    spans();
    filters();
    after(u32::MAX - 20_000);
    fatal!("power.lost volts={:.2}", 2.97_f32);
    Ok(ring)
}

fn every_kind() {
    after(7);
    debug!(
        a = i8::MIN, b = i16::MIN, c = i32::MIN, d = i64::MIN, e = i128::MIN,
        f = u8::MAX, g = u16::MAX, h = u32::MAX, i = u64::MAX, j = u128::MAX,
        k = 1.5_f32, l = -0.1_f64, m = true, n = '♥', o = "größe", p = [0_u8, 127, 255].as_slice(),
        q = Some(7_u16), r = None::<&str>, s = ?Some(Some(1_u8)),
        "kinds"
    );
}

fn spans() {
    let _charge = span!("charge", cents = 9999_u32);
    after(20);
    {
        let _retry = span!("retry");
        after(30);
        warn!("card.slow ms={}", 30_u8);
    }
    error!("card.declined", code = 51_u8);
}

fn filters() {
    for filter in ["warn", "script=info", "off", ""] {
        after(1);
        // A filter of this form is always accepted.
        let taken = set_filter(filter).is_ok();
        debug!("filter.debug filter={filter} taken={taken}");
        info!("filter.info filter={filter} taken={taken}");
        error!("filter.error filter={filter} taken={taken}");
    }
}

/// Returns the header of the snapshot.
#[must_use]
pub fn header(ring: &Ring<'_>) -> SnapshotHeader<'static> {
    SnapshotHeader {
        service: "script",
        reason: "done",
        target: "any",
        ..SnapshotHeader::of(ring, (CLOCK.ticks)())
    }
}
