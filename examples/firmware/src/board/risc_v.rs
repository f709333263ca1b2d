//! RISC-V: the machine timer is the clock.

use riscv::{
    interrupt::{self, Exception, Interrupt},
    register::mepc,
};
use riscv_rt::core_interrupt;
pub use riscv_rt::entry;

use super::chip;

/// Ticks of the clock in a second.
pub const HZ: u64 = 10_000_000;

/// Ticks from one interrupt to the next.
const PERIOD_TICKS: u64 = HZ / 1000;

/// The time, low word first.
const MTIME: *const [u32; 2] = 0x0200_BFF8 as *const [u32; 2];
/// The time of the next interrupt.
const MTIMECMP: *mut [u32; 2] = 0x0200_4000 as *mut [u32; 2];

/// Starts the clock. A program calls it once, at its start.
pub fn start() {
    chip::start();
    interrupt_after_a_period();
    // SAFETY: the handler is below.
    unsafe {
        interrupt::enable_interrupt(Interrupt::MachineTimer);
        interrupt::enable();
    }
}

/// Returns the ticks since the machine was switched on.
#[must_use]
pub fn ticks() -> u64 {
    // SAFETY: registers of this machine.
    let word = |at: usize| unsafe { MTIME.cast::<u32>().add(at).read_volatile() };
    loop {
        let high = word(1);
        let low = word(0);
        if word(1) == high {
            return u64::from(high) << 32 | u64::from(low);
        }
    }
}

/// Restarts the program. Memory in `.uninit` keeps its content.
pub fn reset() -> ! {
    chip::reset()
}

/// Executes an undefined instruction, which is a fault.
pub fn crash() {
    // SAFETY: the instruction is undefined on purpose: the fault ends the program.
    unsafe { core::arch::asm!("unimp") };
}

fn interrupt_after_a_period() {
    let next = ticks() + PERIOD_TICKS;
    // SAFETY: registers of this machine. The high word is written last, so that the comparison in between
    // is with a later time than both.
    unsafe {
        MTIMECMP.cast::<u32>().add(1).write_volatile(u32::MAX);
        MTIMECMP.cast::<u32>().write_volatile(next as u32);
        MTIMECMP
            .cast::<u32>()
            .add(1)
            .write_volatile((next >> 32) as u32);
    }
}

#[core_interrupt(Interrupt::MachineTimer)]
fn machine_timer() {
    interrupt_after_a_period();
    super::tick();
}

#[riscv_rt::exception(Exception::IllegalInstruction)]
fn illegal_instruction(_frame: &riscv_rt::TrapFrame) -> ! {
    super::fault(mepc::read() as u32)
}
