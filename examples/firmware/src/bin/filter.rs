//! The filter is changed while the program runs, also by an interrupt.
#![no_std]
#![no_main]

use core::{
    panic::PanicInfo,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use firmware::board;
use ttlog_core::{Geometry, Memory, debug, error, info, lane::critical_section, set_filter};

const GEOMETRY: Geometry = Geometry { page_words: 128 };
static MEMORY: Memory<{ GEOMETRY.memory_words(4) }> = Memory::new();

static TICKS: AtomicU32 = AtomicU32::new(0);

#[board::entry]
fn main() -> ! {
    let Ok(ring) = critical_section::install(&MEMORY, GEOMETRY, board::CLOCK, board::SEED) else {
        board::fail(&"the ring cannot be made");
    };
    for filter in ["", "warn", "warn,filter::motor=debug", "off"] {
        if let Err(error) = set_filter(filter) {
            board::fail(&error);
        }
        log(filter);
    }
    let refused = set_filter("filter::motor=loud").is_err();

    // Switched on by the interrupt.
    board::on_tick(|| {
        TICKS.store(TICKS.load(Relaxed) + 1, Relaxed);
        let _ = set_filter("filter::motor=info,off");
    });
    board::start();
    while TICKS.load(Relaxed) == 0 {}
    info!(target: "filter::motor", "filter.refused refused={refused}");
    log("by the interrupt");

    board::save(
        c"filter.bin",
        &ring,
        &board::header("filter", "asked", &ring),
    );
    board::done();
}

fn log(filter: &str) {
    debug!(target: "filter::motor", "motor.step filter={filter}");
    info!(target: "filter::motor", "motor.turn filter={filter}");
    info!(target: "filter::door", "door.open filter={filter}");
    error!(target: "filter::door", "door.stuck filter={filter}");
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
