//! Spans, and the context of a request from a server.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

use firmware::board;
use ttlog_core::{Context, Geometry, Memory, info, lane::critical_section, span, warn};

const GEOMETRY: Geometry = Geometry { page_words: 128 };
static MEMORY: Memory<{ GEOMETRY.memory_words(4) }> = Memory::new();

#[board::entry]
fn main() -> ! {
    board::start();
    let Ok(ring) = critical_section::install(&MEMORY, GEOMETRY, board::CLOCK, board::SEED) else {
        board::fail(&"the ring cannot be made");
    };
    info!("before");
    // The header of a message from a server.
    match "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse() {
        Ok(request) => serve(request),
        Err(_) => board::fail(&"this is a traceparent"),
    }
    info!("after");
    board::save(
        c"context.bin",
        &ring,
        &board::header("context", "asked", &ring),
    );
    board::done();
}

fn serve(request: Context) {
    let _request = request.enter();
    let _serve = span!("door.open", door = 7_u8);
    info!("key.check");
    {
        let _motor = span!("motor.run");
        warn!("motor.warm celsius={:.1}", 61.25_f32);
    }
    let same = Context::current().is_some_and(|now| now.trace_id == request.trace_id);
    info!("door.opened same={same}");
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    board::fail(info)
}
