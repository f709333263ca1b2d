//! Arm's MPS2 with a Cortex-M4.

/// Ticks of SysTick in a second.
pub const HZ: u64 = 25_000_000;

const WATCHDOG_LOAD: usize = 0x4000_8000;
const WATCHDOG_CONTROL: usize = 0x4000_8008;
/// A CMSDK UART.
const UART_DATA: usize = 0x4000_4000;
const UART_STATE: usize = 0x4000_4004;
const UART_CONTROL: usize = 0x4000_4008;
const UART_DIVISOR: usize = 0x4000_4010;

/// Switches on the parts that are used.
pub fn start() {
    super::write(UART_DIVISOR, 217);
    super::write(UART_CONTROL, 1);
}

/// Sends a byte over the serial line.
pub fn send(byte: u8) {
    while super::read(UART_STATE) & 1 != 0 {}
    super::write(UART_DATA, byte.into());
}

/// Starts the watchdog, which resets the chip at the second end of a count of `ticks`. Returns whether
/// there is a watchdog.
pub fn start_watchdog(ticks: u32) -> bool {
    super::write(WATCHDOG_LOAD, ticks);
    // Interrupt at the first end of the count, reset at the second.
    super::write(WATCHDOG_CONTROL, 3);
    true
}
