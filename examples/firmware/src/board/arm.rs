//! Cortex-M: SysTick is the clock.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortex_m::{
    Peripherals, interrupt,
    peripheral::{SCB, SYST, syst::SystClkSource},
};
pub use cortex_m_rt::entry;
use cortex_m_rt::{ExceptionFrame, exception};

use super::chip;

/// Ticks of the clock in a second.
pub const HZ: u64 = chip::HZ;

/// Ticks from one interrupt to the next.
const PERIOD_TICKS: u32 = HZ as u32 / 1000;

/// Number of interrupts since the start.
static PERIODS: AtomicU32 = AtomicU32::new(0);

/// Starts the clock. A program calls it once, at its start.
pub fn start() {
    chip::start();
    // SAFETY: no other code uses the core's timer.
    let mut core = unsafe { Peripherals::steal() };
    core.SYST.set_clock_source(SystClkSource::Core);
    core.SYST.set_reload(PERIOD_TICKS - 1);
    core.SYST.clear_current();
    core.SYST.enable_interrupt();
    core.SYST.enable_counter();
    // The counter counts from the first reload on. Until then it reads as at the end of a period.
    while SYST::get_current() == 0 {}
}

/// Returns the ticks since [`start`], if no interrupt is late by a whole period.
#[must_use]
pub fn ticks() -> u64 {
    interrupt::free(|_| {
        let mut periods = PERIODS.load(Relaxed);
        let mut left = SYST::get_current();
        if SCB::is_pendst_pending() {
            // The counter has wrapped, and the interrupt has not counted that yet.
            periods = periods.wrapping_add(1);
            left = SYST::get_current();
        }
        u64::from(periods) * u64::from(PERIOD_TICKS) + u64::from(PERIOD_TICKS - 1 - left)
    })
}

/// Restarts the program. Memory in `.uninit` keeps its content.
pub fn reset() -> ! {
    SCB::sys_reset()
}

/// Executes an undefined instruction, which is a fault.
pub fn crash() {
    // SAFETY: the instruction is undefined on purpose: the fault ends the program.
    unsafe { core::arch::asm!("udf #0") };
}

#[exception]
fn SysTick() {
    PERIODS.store(PERIODS.load(Relaxed).wrapping_add(1), Relaxed);
    super::tick();
}

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    super::fault(frame.pc())
}
