//! No snapshot is taken. A debugger, here semihosting, reads an image of the RAM, and `dump` finds the ring
//! in it.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use firmware::{board, file::File};
use ttlog_core::{
    Geometry, Memory, error, info, lane::critical_section, region::RegionConfig, snapshot::Sink,
};

const CONFIG: RegionConfig<'static> = RegionConfig {
    geometry: Geometry { page_words: 64 },
    dictionary_words: 256,
    service: "image",
    target: board::TARGET,
    build_id: "1",
};

#[unsafe(link_section = ".uninit.ttlog")]
static MEMORY: Memory<{ 2 * CONFIG.memory_words(4) }> = Memory::new();

#[board::entry]
fn main() -> ! {
    board::start();
    if critical_section::install_banks(MEMORY.halves(), &CONFIG, board::CLOCK, board::SEED).is_err()
    {
        board::fail(&"the ring cannot be made");
    }
    for step in 0..3_u8 {
        info!("motor.step step={step}");
    }
    error!("motor.stuck", amperes = 3.5_f32, phase = "b");

    // A part of the RAM, with the ring in the middle.
    let Ok(mut file) = File::create(c"ram.bin") else {
        board::fail(&"the file cannot be made");
    };
    let written = file.write(&[0xA5; 64]).and_then(|()| {
        MEMORY.iter().try_for_each(|word| {
            file.write(
                &word
                    .load(core::sync::atomic::Ordering::Relaxed)
                    .to_le_bytes(),
            )
        })
    });
    if written.and_then(|()| file.write(&[0x5A; 64])).is_err() {
        board::fail(&"the image cannot be written");
    }
    board::done();
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
