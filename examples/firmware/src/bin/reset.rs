//! The ring survives resets: of the system, after a panic, by the watchdog. Each start says what it
//! found, and writes the snapshot of the run that died before its own first event.
#![no_std]
#![no_main]

use core::{
    panic::PanicInfo,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use firmware::{board, file::File};
use ttlog_core::{
    Geometry, Memory, fatal, info,
    lane::critical_section,
    region::{Boot, Dead, Plan},
    snapshot::Encoder,
    warn,
};

const PLAN: Plan<'static> = Plan {
    geometry: Geometry { page_words: 64 },
    dictionary_words: 256,
    service: "reset",
    target: board::TARGET,
    build_id: "1",
};

const PAGES: usize = 4;

/// Nobody initialises it: a debugger that writes it, or a loader, would count as one that does.
#[unsafe(link_section = ".uninit.ttlog")]
static MEMORY: Memory<{ 2 * PLAN.memory_words(PAGES) }> = Memory::new();

/// How often the program started; not zeroed at the start either. A board has a register that
/// says why it was reset, which would tell that this is the first.
#[unsafe(link_section = ".uninit.starts")]
static STARTS: AtomicU32 = AtomicU32::new(0);

#[board::entry]
fn main() -> ! {
    board::start();
    let Ok(boot) = critical_section::install_banks(MEMORY.halves(), &PLAN, board::CLOCK) else {
        board::fail(&"the ring cannot be made");
    };
    let Boot {
        found,
        number,
        dead,
        ..
    } = boot;
    STARTS.store(STARTS.load(Relaxed).wrapping_add(1), Relaxed);
    if let Some(dead) = dead {
        save(dead, STARTS.load(Relaxed));
    }
    info!("boot.start number={number} found={}", found.name());

    match STARTS.load(Relaxed) {
        1 => {
            warn!("reset.asked by={by}", by = "main");
            board::reset()
        }
        2 => panic!("the third start is due"),
        3 => {
            warn!("watchdog.starved");
            if !board::chip::start_watchdog(100_000) {
                board::reset();
            }
            loop {
                core::hint::spin_loop();
            }
        }
        4 => {
            warn!("page.claimed");
            tear();
            board::reset()
        }
        5 => {
            warn!("power.failing");
            let ring = boot.region.ring();
            board::save(c"fifth.bin", &ring, &board::header("reset", "asked", &ring));
            damage();
            board::reset()
        }
        _ => {
            // Nothing is left of the run before; this one has nothing to report either.
            let ring = boot.region.ring();
            board::save(c"last.bin", &ring, &board::header("reset", "done", &ring));
            boot.region.set_done();
            board::done()
        }
    }
}

/// Writes the snapshot of the run that died.
fn save(dead: Dead<'_>, start: u32) {
    let name = match start {
        2 => c"reset.bin",
        3 => c"panic.bin",
        4 => c"watchdog.bin",
        _ => c"torn.bin",
    };
    let header = dead.header(&PLAN, "reset");
    let saved = File::create(name)
        .map(|file| Encoder::stored(&mut [0; 512]).encode_region(&dead.region(), &header, file));
    if !matches!(saved, Ok(Ok(_))) {
        board::fail(&"the snapshot cannot be written");
    }
    dead.done();
}

/// Leaves the ring's last page as a reset in the middle of its claiming does: owned, with an odd
/// generation. The pages stand at the end of a bank, and before them the table with a word for each.
fn tear() {
    const OWNED: u32 = 1 << 31;
    let page_words = PLAN.geometry.page_words;
    for bank in MEMORY.halves() {
        let state = bank.len() - PAGES * page_words - 1;
        let generation = bank.len() - page_words;
        bank[state].store(OWNED, Relaxed);
        bank[generation].store(bank[generation].load(Relaxed) | 1, Relaxed);
    }
}

/// Overwrites the start of both banks.
fn damage() {
    for bank in MEMORY.halves() {
        bank.iter()
            .take(8)
            .for_each(|word| word.store(0xDEAD_BEEF, Relaxed));
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    fatal!(message = %info.message(), "panic");
    board::reset()
}
