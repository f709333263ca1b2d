//! Prints how much of the stack is used. The stack is filled with a pattern before each measured call.
#![no_std]
#![no_main]

use core::ptr;

use firmware::board;
use rivals::{ring, send};
use ttlog_core::{info, lane::critical_section, snapshot::ByteSink, snapshot::Encoder, span};

const PAINT: u32 = 0xA5A5_A5A5;
/// The stack that the smallest board can spare, in bytes.
const PAINTED_WORDS: usize = 1024;
/// More than this file's own functions take between the pattern and the measured call.
const CLEAR_BYTES: usize = 64;
const SCRATCH_BYTES: usize = 512;

#[board::entry]
fn main() -> ! {
    if ring::install().is_ok() {
        let nothing = stack_of(|| {});
        let print = |what: &str, act: fn(), less: usize| {
            let used = stack_of(act).saturating_sub(nothing + less);
            board::print(&format_args!("{what}|{used}"));
        };
        // Enough events to change to the next page.
        print("three integers", || (0..50).for_each(integers), 0);
        print("a text", || (0..50).for_each(text), 0);
        print("`Debug`, formatted", || (0..50).for_each(formatted), 0);
        print("a span", || (0..50).for_each(in_span), 0);
        print("stored snapshot, less the scratch", snapshot, SCRATCH_BYTES);
    }
    board::done()
}

#[inline(never)]
fn integers(id: u32) {
    info!(
        "order.placed order_id={} customer={} total={}",
        id, 17, 990_000
    );
}

#[inline(never)]
fn text(id: u32) {
    info!(
        "order.placed name={}",
        if id > 7 { "a rather long text" } else { "text" }
    );
}

#[inline(never)]
fn formatted(id: u32) {
    info!("order.placed", id = ?Some(Some(id)));
}

#[inline(never)]
fn in_span(id: u32) {
    let _span = span!("order.place", id);
}

#[inline(never)]
fn snapshot() {
    if let Some(ring) = critical_section::ring() {
        let mut scratch = [0; SCRATCH_BYTES];
        let header = ring::header(&ring);
        let _ = Encoder::stored(&mut scratch).encode(&ring, &header, ByteSink(send));
    }
}

/// Returns how many bytes below this function's own frame were written.
#[inline(never)]
fn stack_of(act: fn()) -> usize {
    let own = 0_u32;
    let top = ptr::from_ref(&own)
        .cast_mut()
        .wrapping_byte_sub(CLEAR_BYTES);
    let painted = || (1..PAINTED_WORDS).map(|words| top.wrapping_sub(words));
    for word in painted() {
        // SAFETY: the address is in the stack below this function's frame, which holds no value.
        // Interrupts, which use it, are off.
        unsafe { word.write_volatile(PAINT) };
    }
    act();
    // SAFETY: as above.
    let used = painted().rfind(|word| unsafe { word.read_volatile() } != PAINT);
    used.map_or(0, |deepest| top.addr() - deepest.addr())
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    board::fail(info)
}
