//! nRF51822.

/// Ticks of SysTick in a second.
pub const HZ: u64 = 16_000_000;

const UART: usize = 0x4000_2000;
const START_TX: usize = UART + 0x008;
const TX_READY: usize = UART + 0x11C;
const ENABLE: usize = UART + 0x500;
const TX: usize = UART + 0x51C;

/// Switches on the parts that are used.
pub fn start() {
    super::write(ENABLE, 4);
    super::write(START_TX, 1);
}

/// Sends a byte over the serial line.
pub fn send(byte: u8) {
    super::write(TX_READY, 0);
    super::write(TX, byte.into());
    while super::read(TX_READY) == 0 {}
}

/// Returns `false`: QEMU has no model of this chip's watchdog, and the program resets itself instead.
pub fn start_watchdog(_ticks: u32) -> bool {
    false
}
