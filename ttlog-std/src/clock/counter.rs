//! The time-stamp counter of x86-64, read in place. `quanta` reads the same counter, but by a call
//! that is not inlined and costs a fifth of an event.

/// Returns whether `quanta` reads the time-stamp counter. It does so only if the counter runs at the
/// same rate at all times, and it has then measured that rate.
#[cfg(target_arch = "x86_64")]
pub(super) fn is_read_by(quanta: &quanta::Clock) -> bool {
    let before = read();
    let raw = quanta.raw();
    (before..=read()).contains(&raw)
}

/// Reads the counter.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn read() -> u64 {
    // SAFETY: every x86-64 processor has the instruction, and it touches no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Returns `false`: on other processors, `quanta` reads the clock.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn is_read_by(_: &quanta::Clock) -> bool {
    false
}

/// Returns 0. Not called, because `quanta` does not read a time-stamp counter.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn read() -> u64 {
    0
}
