//! An allocator that counts the bytes in use. A test that measures memory is alone in its process.

use core::{
    alloc::{GlobalAlloc, Layout},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};
use std::alloc::System;

/// The system's allocator, and the number of bytes in use.
struct Counting;

static USED_BYTES: AtomicUsize = AtomicUsize::new(0);
static PEAK_BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all calls are passed on to the system's allocator as they come.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let used = USED_BYTES.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK_BYTES.fetch_max(used, Relaxed);
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        USED_BYTES.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns the result of `act`, the bytes in use after it, and the maximum during it.
pub(crate) fn measure<T>(act: impl FnOnce() -> T) -> (T, usize, usize) {
    let before = USED_BYTES.load(Relaxed);
    PEAK_BYTES.store(before, Relaxed);
    let made = act();
    let peak = PEAK_BYTES.load(Relaxed) - before;
    (made, USED_BYTES.load(Relaxed) - before, peak)
}
