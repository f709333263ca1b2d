//! LM3S6965.

/// Ticks of SysTick in a second.
pub const HZ: u64 = 50_000_000;

/// Run-mode clock configuration and gating.
const RCC: usize = 0x400F_E060;
const RCGC0: usize = 0x400F_E100;
const WATCHDOG_LOAD: usize = 0x4000_0000;
const WATCHDOG_CONTROL: usize = 0x4000_0008;
/// A PL011.
const UART_DATA: usize = 0x4000_C000;
const UART_FLAGS: usize = 0x4000_C018;

/// Switches on the parts that are used.
pub fn start() {
    // The divisor of the 200 MHz from the PLL stands in bits 23 to 26.
    super::write(RCC, super::read(RCC) & !(0xF << 23) | 3 << 23 | 1 << 22);
}

/// Sends a byte over the serial line.
pub fn send(byte: u8) {
    while super::read(UART_FLAGS) & 1 << 5 != 0 {}
    super::write(UART_DATA, byte.into());
}

/// Starts the watchdog, which resets the chip at the second end of a count of `ticks`. Returns whether
/// there is a watchdog.
pub fn start_watchdog(ticks: u32) -> bool {
    super::write(RCGC0, super::read(RCGC0) | 1 << 3);
    super::write(WATCHDOG_LOAD, ticks);
    // Interrupt at the first end of the count, reset at the second.
    super::write(WATCHDOG_CONTROL, 3);
    true
}
