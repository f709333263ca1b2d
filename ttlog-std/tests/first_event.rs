//! The first event of a thread, wherever the thread records it, and the end of the thread.

mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    ffi::c_void,
    hint, mem,
    os::unix::thread::JoinHandleExt,
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use ttlog_std::{Trace, info};

/// Maximum number of rounds of a test that interrupts the allocator.
const ROUNDS_MAX: u64 = 20_000;
/// Time after which such a test begins no further round, on a machine with much else to do.
const ROUNDS_TIME: Duration = Duration::from_secs(10);
/// More threads than the ring has pages.
const THREADS: u64 = 500;

/// The number of threads that have begun their work.
static BEGUN: AtomicU64 = AtomicU64::new(0);
/// The number of signals that have been handled.
static HANDLED: AtomicU64 = AtomicU64::new(0);

/// The system's allocator. It records an event before the next allocation of a thread that asks for this.
struct Logging;

thread_local! {
    static LOGS_NEXT: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: all calls go to the system's allocator. The flag has no destructor and does not allocate.
unsafe impl GlobalAlloc for Logging {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if LOGS_NEXT.replace(false) {
            info!("in the allocator");
        }
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Logging = Logging;

extern "C" fn handle(_: i32) {
    info!("in the handler");
    HANDLED.fetch_add(1, SeqCst);
}

fn set_handler(handler: usize) {
    // SAFETY: the handlers of this file only record events, count them, and end their thread.
    unsafe { libc::signal(libc::SIGUSR1, handler) };
}

/// Allocates until the flag is set.
extern "C" fn allocate_until(stop: *mut c_void) -> *mut c_void {
    // SAFETY: the flag is valid until this thread has been joined.
    let stop = unsafe { &*stop.cast::<AtomicBool>() };
    let mut bytes = 1000;
    BEGUN.fetch_add(1, SeqCst);
    while !stop.load(Relaxed) {
        bytes = (bytes * 7 + 13) % 60_000 + 1_100;
        // SAFETY: each pointer is freed once.
        unsafe {
            let (one, other) = (libc::malloc(bytes), libc::malloc(bytes * 2));
            hint::black_box((one, other));
            libc::free(one);
            libc::free(other);
        }
    }
    ptr::null_mut()
}

/// A thread that a test signals and joins.
enum Thread {
    OfStd(thread::JoinHandle<()>),
    OfC(libc::pthread_t),
}

impl Thread {
    fn of_std(run: extern "C" fn(*mut c_void) -> *mut c_void, argument: *mut c_void) -> Self {
        let address = argument.expose_provenance();
        Self::OfStd(thread::spawn(move || {
            run(ptr::with_exposed_provenance_mut(address));
        }))
    }

    fn of_c(run: extern "C" fn(*mut c_void) -> *mut c_void, argument: *mut c_void) -> Self {
        let mut thread = 0;
        // SAFETY: `argument` is valid for `run` until the thread has been joined, as each caller sees to.
        let status = unsafe { libc::pthread_create(&raw mut thread, ptr::null(), run, argument) };
        assert_eq!(status, 0);
        Self::OfC(thread)
    }

    fn signal(&self) {
        let thread = match self {
            Self::OfStd(thread) => thread.as_pthread_t(),
            Self::OfC(thread) => *thread,
        };
        // SAFETY: the thread has not been joined.
        assert_eq!(unsafe { libc::pthread_kill(thread, libc::SIGUSR1) }, 0);
    }

    fn join(self) {
        match self {
            Self::OfStd(thread) => thread.join().unwrap(),
            // SAFETY: the thread is joined once.
            Self::OfC(thread) => unsafe {
                assert_eq!(libc::pthread_join(thread, ptr::null_mut()), 0);
            },
        }
    }
}

fn wait_until(counter: &AtomicU64, count: u64) {
    while counter.load(SeqCst) < count {
        thread::yield_now();
    }
}

/// Records the first event of many threads in a signal handler that interrupts the allocator. Returns their
/// number.
fn interrupt_the_allocator(
    start: fn(extern "C" fn(*mut c_void) -> *mut c_void, *mut c_void) -> Thread,
) -> u64 {
    set_handler(handle as *const () as usize);
    let end = Instant::now() + ROUNDS_TIME;
    let rounds = (0..ROUNDS_MAX).take_while(|_| Instant::now() < end);
    for round in rounds {
        let stop = AtomicBool::new(false);
        let thread = start(allocate_until, (&raw const stop).cast_mut().cast());
        wait_until(&BEGUN, round + 1);
        for _ in 0..round % 300 {
            hint::spin_loop();
        }
        thread.signal();
        // A handler that waits for a lock of the allocator never returns.
        wait_until(&HANDLED, round + 1);
        stop.store(true, Relaxed);
        thread.join();
    }
    HANDLED.load(SeqCst)
}

/// Records an event, and ends the thread.
extern "C-unwind" fn end_in_handler(_: i32) {
    unsafe extern "C-unwind" {
        fn pthread_exit(value: *mut c_void) -> !;
    }
    info!("the last event");
    // SAFETY: no frame of the thread has a destructor.
    unsafe { pthread_exit(ptr::null_mut()) }
}

fn end_in_the_handler() {
    extern "C-unwind" fn wait_for_signals(_: *mut c_void) -> *mut c_void {
        BEGUN.fetch_add(1, SeqCst);
        loop {
            // SAFETY: the call only waits.
            unsafe { libc::pause() };
        }
    }
    // SAFETY: the two types differ only in what unwinding through the function does.
    let run = unsafe {
        mem::transmute::<
            extern "C-unwind" fn(*mut c_void) -> *mut c_void,
            extern "C" fn(*mut c_void) -> *mut c_void,
        >(wait_for_signals)
    };
    set_handler(end_in_handler as *const () as usize);
    for number in 0..THREADS {
        let thread = Thread::of_c(run, ptr::null_mut());
        wait_until(&BEGUN, number + 1);
        thread.signal();
        thread.join();
    }
}

/// Records the first event of each thread in the destructor of a thread-local.
fn log_in_a_thread_local() {
    struct LogsAtEnd;
    impl Drop for LogsAtEnd {
        fn drop(&mut self) {
            info!("in the destructor of a thread-local");
        }
    }
    thread_local!(static LOGS_AT_END: LogsAtEnd = const { LogsAtEnd });
    for _ in 0..THREADS {
        thread::spawn(|| LOGS_AT_END.with(|_| ())).join().unwrap();
    }
}

/// Records the first event of each thread in the destructor of a key, which runs last.
fn log_in_a_key() {
    static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();
    extern "C" fn log(_: *mut c_void) {
        info!("in the destructor of a key");
    }
    let mut key = 0;
    // SAFETY: `key` is valid for a write, and `log` has the type of a destructor.
    let status = unsafe { libc::pthread_key_create(&raw mut key, Some(log)) };
    assert_eq!(status, 0);
    KEY.set(key).unwrap();
    for _ in 0..THREADS {
        let set = || {
            let key = *KEY.get().unwrap();
            // SAFETY: the key was created above.
            let status = unsafe { libc::pthread_setspecific(key, ptr::without_provenance(1)) };
            assert_eq!(status, 0);
        };
        thread::spawn(set).join().unwrap();
    }
}

fn log_in_the_allocator() {
    for _ in 0..THREADS {
        let allocate = || {
            LOGS_NEXT.set(true);
            hint::black_box(Box::new(1_u8));
        };
        thread::spawn(allocate).join().unwrap();
    }
}

/// Uses up the keys whose values need no memory.
fn use_up_keys() {
    for _ in 0..64 {
        let mut key = 0;
        // SAFETY: `key` is valid for a write.
        let status = unsafe { libc::pthread_key_create(&raw mut key, None) };
        assert_eq!(status, 0);
    }
}

const WITHOUT_KEY: &str = "a_process_without_a_key_to_spare_records_in_shared_pages";

#[test]
fn a_process_without_a_key_to_spare_records_in_shared_pages() {
    is_child(WITHOUT_KEY);
}

/// Runs a scenario in a child process. Returns whether this process is the child.
fn is_child(test: &str) -> bool {
    let Some((scenario, directory)) = support::scenario() else {
        let directory = tempfile::tempdir().unwrap();
        let child = support::run_scenario(test, test, directory.path());
        assert!(child.status.success(), "{}", child.stderr);
        return false;
    };
    if scenario == WITHOUT_KEY {
        use_up_keys();
    }
    let trace = Trace::builder().directory(directory).events(2_000).build();
    let trace = trace.unwrap();
    let logged = match &*scenario {
        "a_handler_that_interrupts_the_allocator_in_a_thread_of_std" => {
            interrupt_the_allocator(Thread::of_std)
        }
        "a_handler_that_interrupts_the_allocator_in_a_thread_of_c" => {
            interrupt_the_allocator(Thread::of_c)
        }
        WITHOUT_KEY => {
            log_in_a_thread_local();
            let stats = trace.stats();
            assert_eq!((stats.shared, stats.dropped), (THREADS, 0), "{stats:?}");
            return true;
        }
        "a_handler_that_ends_its_thread" => {
            end_in_the_handler();
            THREADS
        }
        "the_destructor_of_a_thread_local" => {
            log_in_a_thread_local();
            THREADS
        }
        "the_destructor_of_a_key" => {
            log_in_a_key();
            THREADS
        }
        "the_allocator" => {
            log_in_the_allocator();
            THREADS
        }
        other => panic!("no scenario is named {other}"),
    };
    let stats = trace.stats();
    assert_eq!((stats.recorded, stats.dropped), (logged, 0), "{stats:?}");
    // A thread that keeps its page after its end leaves the next ones only shared pages.
    assert_eq!(stats.shared, 0, "{stats:?}");
    true
}

macro_rules! first_events_in {
    ($($name:ident)+) => {$(
        #[test]
        fn $name() {
            is_child(stringify!($name));
        }
    )+};
}

// Each records the first event of its threads there, and asserts that all events are recorded in pages of
// the threads, and that the threads give the pages back.
first_events_in! {
    a_handler_that_interrupts_the_allocator_in_a_thread_of_std
    a_handler_that_interrupts_the_allocator_in_a_thread_of_c
    a_handler_that_ends_its_thread
    the_destructor_of_a_thread_local
    the_destructor_of_a_key
    the_allocator
}
