//! QEMU's RISC-V machine, which is like no chip.

/// An NS16550, with registers of one byte.
const UART: *mut u8 = 0x1000_0000 as *mut u8;
const UART_LINE_STATE: usize = 5;
/// Takes a word that says how the machine is to end.
const FINISHER: usize = 0x0010_0000;

/// Switches on what is used: nothing needs it.
pub fn start() {}

/// Sends a byte over the serial line.
pub fn send(byte: u8) {
    // SAFETY: registers of this machine.
    unsafe {
        while UART.add(UART_LINE_STATE).read_volatile() & 1 << 5 == 0 {}
        UART.write_volatile(byte);
    }
}

/// Starts the machine anew.
pub fn reset() -> ! {
    super::write(FINISHER, 0x7777);
    loop {
        core::hint::spin_loop();
    }
}

/// Would start a watchdog. The machine has none: the program resets itself instead.
pub fn start_watchdog(_ticks: u32) -> bool {
    false
}
