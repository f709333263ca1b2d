//! QEMU's RISC-V machine.

/// An NS16550, with registers of one byte.
const UART: *mut u8 = 0x1000_0000 as *mut u8;
const UART_LINE_STATE: usize = 5;
/// The register that ends the machine, by the word that is written to it.
const FINISHER: usize = 0x0010_0000;

/// Does nothing: all parts are on.
pub fn start() {}

/// Sends a byte over the serial line.
pub fn send(byte: u8) {
    // SAFETY: registers of this machine.
    unsafe {
        while UART.add(UART_LINE_STATE).read_volatile() & 1 << 5 == 0 {}
        UART.write_volatile(byte);
    }
}

/// Restarts the machine.
pub fn reset() -> ! {
    super::write(FINISHER, 0x7777);
    loop {
        core::hint::spin_loop();
    }
}

/// Returns `false`: the machine has no watchdog, and the program resets itself instead.
pub fn start_watchdog(_ticks: u32) -> bool {
    false
}
