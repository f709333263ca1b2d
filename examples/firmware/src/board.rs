//! The functions that a program needs of its board, with the same names on all boards.

#[cfg(target_arch = "arm")]
mod arm;
pub mod chip;
#[cfg(target_arch = "riscv32")]
mod risc_v;

use core::{cell::Cell, ffi::CStr, fmt};

use critical_section::Mutex;
use ttlog_core::{
    Ring, SnapshotHeader, Totals,
    lane::critical_section::Clock,
    snapshot::{Codec, Encoder},
};

#[cfg(target_arch = "arm")]
pub use self::arm::*;
#[cfg(target_arch = "riscv32")]
pub use self::risc_v::*;
use crate::file::File;

/// The target, as snapshots state it.
pub const TARGET: &str = env!("TTLOG_TARGET");

/// The clock of events and snapshots.
pub const CLOCK: Clock = Clock { ticks, hz: HZ };

/// The seed of ids. A real board takes it from its random number generator. It is fixed here, so that each
/// run of the emulator is the same.
pub const SEED: u64 = 0x5eed;

/// A function that the program registers.
type Act<F> = Mutex<Cell<Option<F>>>;

static ON_TICK: Act<fn()> = Mutex::new(Cell::new(None));
static ON_FAULT: Act<fn(u32) -> !> = Mutex::new(Cell::new(None));

/// Registers a function for the interrupt that comes every millisecond.
pub fn on_tick(act: fn()) {
    critical_section::with(|section| ON_TICK.borrow(section).set(Some(act)));
}

fn tick() {
    if let Some(act) = critical_section::with(|section| ON_TICK.borrow(section).get()) {
        act();
    }
}

/// Registers a function for faults, which gets the address of the instruction. Without it, a fault ends the
/// program with status 2.
pub fn on_fault(act: fn(u32) -> !) {
    critical_section::with(|section| ON_FAULT.borrow(section).set(Some(act)));
}

fn fault(address: u32) -> ! {
    match critical_section::with(|section| ON_FAULT.borrow(section).get()) {
        Some(act) => act(address),
        None => semihosting::process::exit(2),
    }
}

/// Returns the header of a snapshot of this board and its program.
#[must_use]
pub fn header<'a>(service: &'a str, reason: &'a str, ring: &Ring<'_>) -> SnapshotHeader<'a> {
    SnapshotHeader {
        service,
        reason,
        target: TARGET,
        ..SnapshotHeader::of(ring, ticks())
    }
}

/// Writes a snapshot into a file, with 1 KiB of the stack.
pub fn save(name: &CStr, ring: &Ring<'_>, header: &SnapshotHeader<'_>) -> Totals {
    save_by(Encoder::stored(&mut [0; 1024]), name, ring, header)
}

/// Writes a snapshot into a file.
pub fn save_by(
    mut encoder: Encoder<'_, impl Codec>,
    name: &CStr,
    ring: &Ring<'_>,
    header: &SnapshotHeader<'_>,
) -> Totals {
    let written = File::create(name)
        .map_err(|_| "the file cannot be made")
        .and_then(|file| {
            encoder
                .encode(ring, header, file)
                .map_err(|_| "the snapshot cannot be written")
        });
    match written {
        Ok(totals) => totals,
        Err(why) => fail(&why),
    }
}

/// Prints a line on the other machine.
pub fn print(line: &dyn fmt::Display) {
    semihosting::println!("{line}");
}

/// Ends the program with success.
pub fn done() -> ! {
    semihosting::process::exit(0)
}

/// Ends the program with an exit status.
pub fn exit(status: u8) -> ! {
    semihosting::process::exit(status.into())
}

/// Prints why, and ends the program with an error.
pub fn fail(why: &dyn fmt::Display) -> ! {
    print(why);
    semihosting::process::exit(1)
}
