//! The main loop and an interrupt log at the same time. All losses are counted.
#![no_std]
#![no_main]

use core::{
    panic::PanicInfo,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use firmware::board;
use ttlog_core::{Geometry, Memory, fatal, info, lane::critical_section, trace};

const GEOMETRY: Geometry = Geometry { page_words: 128 };
static MEMORY: Memory<{ GEOMETRY.memory_words(6) }> = Memory::new();

const INTERRUPTS: u32 = 50;
static SEEN: AtomicU32 = AtomicU32::new(0);

#[board::entry]
fn main() -> ! {
    board::start();
    let Ok(ring) = critical_section::install(&MEMORY, GEOMETRY, board::CLOCK, board::SEED) else {
        board::fail(&"the ring cannot be made");
    };
    board::on_tick(|| {
        let seen = SEEN.load(Relaxed);
        if seen < INTERRUPTS {
            info!(target: "interrupt::timer", "timer.tick seen={seen}");
            SEEN.store(seen + 1, Relaxed);
        }
    });

    let mut rounds = 0_u32;
    while SEEN.load(Relaxed) < INTERRUPTS {
        trace!(target: "interrupt::work", "work.round rounds={rounds}");
        rounds += 1;
    }

    let header = board::header("interrupt", "counted", &ring);
    let totals = board::save(c"interrupt.bin", &ring, &header);
    let [traces, _, infos, ..] = totals.recorded();
    if (traces, infos) != (rounds.into(), INTERRUPTS.into()) {
        fatal!("count.wrong rounds={rounds} traces={traces} infos={infos}");
        board::save(c"interrupt.bin", &ring, &header);
    }
    board::done();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
