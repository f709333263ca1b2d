//! Resets at random moments, while main and an interrupt log without pause. Each start writes the snapshot
//! of the run before. The file's name has the numbers of events that main and the interrupt had begun to
//! log. All of them are in the file or accounted for, except the last one of each.
#![no_std]
#![no_main]

use core::{
    ffi::CStr,
    panic::PanicInfo,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use firmware::{board, file::File};
use ttlog_core::{
    Geometry, Memory, debug, info,
    lane::critical_section,
    region::{PreviousRun, RecoveryState, RegionConfig},
    snapshot::{Encoder, SnapshotHeader},
    trace,
};

/// Small pages, so that many resets come while a page is claimed.
const CONFIG: RegionConfig<'static> = RegionConfig {
    geometry: Geometry { page_words: 48 },
    dictionary_words: 128,
    service: "storm",
    target: board::TARGET,
    build_id: "1",
};

#[unsafe(link_section = ".uninit.ttlog")]
static MEMORY: Memory<{ 2 * CONFIG.memory_words(6) }> = Memory::new();

/// The numbers of events that main and the interrupt have begun to log. A start does not zero them.
#[unsafe(link_section = ".uninit.begun")]
static BEGUN: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

const RUNS: u32 = 40;

#[board::entry]
fn main() -> ! {
    board::start();
    let Ok(recovery) =
        critical_section::install_banks(MEMORY.halves(), &CONFIG, board::CLOCK, board::SEED)
    else {
        board::fail(&"the ring cannot be made");
    };
    if let RecoveryState::Corrupt(corrupt) = recovery.state {
        board::fail(&corrupt);
    }
    if let Some(previous) = recovery.previous {
        save(previous, recovery.boot - 1);
    }
    if recovery.boot > RUNS {
        recovery.region.acknowledge();
        board::done();
    }

    BEGUN.iter().for_each(|begun| begun.store(0, Relaxed));
    info!(
        "run.start number={} found={}",
        recovery.boot,
        recovery.state.name()
    );
    // The period has no common factor with that of the loop.
    let has_watchdog = board::chip::start_watchdog(60_000 + recovery.boot * 7_919 % 60_000);
    if has_watchdog {
        board::on_tick(tick);
    } else {
        board::on_tick(|| {
            tick();
            if BEGUN[1].load(Relaxed) == 3 {
                board::reset();
            }
        });
    }
    loop {
        let serial = begin(0);
        trace!("step.done serial={serial}");
    }
}

fn tick() {
    let serial = begin(1);
    debug!("timer.tick serial={serial}");
}

fn begin(who: usize) -> u32 {
    let serial = BEGUN[who].load(Relaxed) + 1;
    BEGUN[who].store(serial, Relaxed);
    serial
}

/// Writes the snapshot of the run before.
fn save(previous: PreviousRun<'_>, number: u32) {
    let mut name = *b"00-000000-0000.bin\0";
    digits(&mut name[..2], number);
    digits(&mut name[3..9], BEGUN[0].load(Relaxed));
    digits(&mut name[10..14], BEGUN[1].load(Relaxed));
    let header = SnapshotHeader::recovered(&previous, &CONFIG, "reset");
    let saved = CStr::from_bytes_with_nul(&name)
        .ok()
        .and_then(|name| File::create(name).ok())
        .map(|file| {
            Encoder::stored(&mut [0; 512]).encode_region(&previous.region(), &header, file)
        });
    if !matches!(saved, Some(Ok(_))) {
        board::fail(&"the snapshot cannot be written");
    }
    previous.acknowledge();
}

fn digits(room: &mut [u8], number: u32) {
    let mut rest = number;
    for digit in room.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
