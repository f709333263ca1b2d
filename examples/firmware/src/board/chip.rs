//! Registers, different on each chip.

#[cfg(board = "lm3s6965evb")]
mod lm3s6965evb;
#[cfg(board = "microbit")]
mod microbit;
#[cfg(board = "mps2-an386")]
mod mps2_an386;
#[cfg(board = "virt")]
mod virt;

#[cfg(board = "lm3s6965evb")]
pub use self::lm3s6965evb::*;
#[cfg(board = "microbit")]
pub use self::microbit::*;
#[cfg(board = "mps2-an386")]
pub use self::mps2_an386::*;
#[cfg(board = "virt")]
pub use self::virt::*;

/// Writes a register.
fn write(register: usize, value: u32) {
    // SAFETY: the address is that of a register of this chip.
    unsafe { (register as *mut u32).write_volatile(value) };
}

/// Reads a register.
#[cfg(target_arch = "arm")]
fn read(register: usize) -> u32 {
    // SAFETY: the address is that of a register of this chip.
    unsafe { (register as *const u32).read_volatile() }
}
