//! The ring survives resets by the system, after a panic and by the watchdog. Each start prints what it
//! found, and writes the snapshot of the run before, ahead of its own first event.
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
    region::{PreviousRun, RegionConfig},
    snapshot::{Encoder, SnapshotHeader},
    warn,
};

const CONFIG: RegionConfig<'static> = RegionConfig {
    geometry: Geometry { page_words: 64 },
    dictionary_words: 256,
    service: "reset",
    target: board::TARGET,
    build_id: "1",
};

const PAGES: usize = 4;

/// No code initialises it. A debugger or loader that writes it would start a new ring.
#[unsafe(link_section = ".uninit.ttlog")]
static MEMORY: Memory<{ 2 * CONFIG.memory_words(PAGES) }> = Memory::new();

/// The number of starts, which a start does not zero either. A real board has a register with the cause of
/// its reset.
#[unsafe(link_section = ".uninit.starts")]
static STARTS: AtomicU32 = AtomicU32::new(0);

#[board::entry]
fn main() -> ! {
    board::start();
    let Ok(recovery) =
        critical_section::install_banks(MEMORY.halves(), &CONFIG, board::CLOCK, board::SEED)
    else {
        board::fail(&"the ring cannot be made");
    };
    STARTS.store(STARTS.load(Relaxed).wrapping_add(1), Relaxed);
    if let Some(previous) = recovery.previous {
        save(previous, STARTS.load(Relaxed));
    }
    info!(
        "boot.start number={} found={}",
        recovery.boot,
        recovery.state.name()
    );

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
            let ring = recovery.region.ring();
            board::save(c"fifth.bin", &ring, &board::header("reset", "asked", &ring));
            damage();
            board::reset()
        }
        _ => {
            // No run before, and nothing to report.
            let ring = recovery.region.ring();
            board::save(c"last.bin", &ring, &board::header("reset", "done", &ring));
            recovery.region.acknowledge();
            board::done()
        }
    }
}

/// Writes the snapshot of the run before.
fn save(previous: PreviousRun<'_>, start: u32) {
    let name = match start {
        2 => c"reset.bin",
        3 => c"panic.bin",
        4 => c"watchdog.bin",
        _ => c"torn.bin",
    };
    let header = SnapshotHeader::recovered(&previous, &CONFIG, "reset");
    let saved = File::create(name).map(|file| {
        Encoder::stored(&mut [0; 512]).encode_region(&previous.region(), &header, file)
    });
    if !matches!(saved, Ok(Ok(_))) {
        board::fail(&"the snapshot cannot be written");
    }
    previous.acknowledge();
}

/// Leaves the ring's last page as a reset in the middle of its claim does: owned, with an odd generation.
/// The pages are at the end of a bank, behind the table and the queue with a word for each.
fn tear() {
    const OWNED: u32 = 1 << 31;
    let page_words = CONFIG.geometry.page_words;
    for bank in MEMORY.halves() {
        let state = bank.len() - PAGES * (1 + page_words) - 1;
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
