//! No event allocates, not even the first one of a thread.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ffi::c_void,
    ptr,
};

use ttlog_std::{Context, Trace, debug, error, info, span};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, with a counter for each thread.
struct Counting;

// SAFETY: all calls go to the system's allocator. The counter has no destructor and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Debug)]
struct Order {
    _id: u64,
}

fn allocations_of(work: impl Fn()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// Records events in a thread that `std` has not started and does not know.
fn allocations_in_a_thread_of_c() -> u64 {
    extern "C" fn run(allocations: *mut c_void) -> *mut c_void {
        let found = allocations_of(|| info!("in a thread of C"));
        // SAFETY: the thread that made the pointer waits.
        unsafe { *allocations.cast::<u64>() = found };
        ptr::null_mut()
    }
    let (mut thread, mut allocations) = (0, u64::MAX);
    // SAFETY: the pointer is valid until the thread has ended, because this function waits for it.
    unsafe {
        let argument = (&raw mut allocations).cast();
        assert_eq!(
            libc::pthread_create(&raw mut thread, ptr::null(), run, argument),
            0
        );
        assert_eq!(libc::pthread_join(thread, ptr::null_mut()), 0);
    }
    allocations
}

#[test]
fn a_thread_logs_without_allocating_from_its_first_event_on() {
    let directory = tempfile::tempdir().unwrap();
    // The ring is so small that pages are claimed many times.
    let _trace = Trace::builder()
        .bytes(64 << 10)
        .directory(directory.path())
        .build()
        .unwrap();
    let text = "a text".repeat(20);
    let work = || {
        for number in 0..10_000_u64 {
            info!("order {number} of {}: {:.2}", text.as_str(), 9.5);
            debug!(order = ?Order { _id: number }, ip = %std::net::Ipv4Addr::LOCALHOST, "formatted");
            error!(missing = None::<u8>, bytes = &b"123"[..]);
            let _trace = Context::root().enter();
            let _span = span!("charge", number);
            info!("inside");
        }
    };
    assert_eq!(allocations_of(work), 0);
    let other = std::thread::scope(|scope| scope.spawn(|| allocations_of(work)).join().unwrap());
    assert_eq!(other, 0);
    assert_eq!(allocations_in_a_thread_of_c(), 0);
}
