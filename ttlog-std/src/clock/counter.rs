//! The time-stamp counter of x86-64, read in place: `quanta` reads the same one, but by a call
//! that is not inlined and costs a fifth of an event.

/// Whether the counter runs at the same rate at all times.
#[cfg(target_arch = "x86_64")]
pub(super) fn is_invariant() -> bool {
    raw_cpuid::CpuId::new()
        .get_advanced_power_mgmt_info()
        .is_some_and(|info| info.has_invariant_tsc())
}

/// The counter.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn read() -> u64 {
    // SAFETY: every x86-64 processor has the instruction, and it touches no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// Other processors' counters are left to `quanta`.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn is_invariant() -> bool {
    false
}

/// Not called where the counter is not invariant.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(super) fn read() -> u64 {
    0
}
