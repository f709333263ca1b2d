//! Signals of a child process after `fork`, which has the handlers of its parent, but not the parent's threads.

use std::{
    io, process,
    sync::atomic::{AtomicU32, Ordering},
};

/// The process whose thread serves the signals.
static SERVED: AtomicU32 = AtomicU32::new(0);

/// Notes that a thread of this process serves the signals.
pub(crate) fn serve_in_this_process() {
    SERVED.store(process::id(), Ordering::Release);
}

/// From now on, a child process that no thread serves ends by this signal, as without a handler.
pub(crate) fn end_child_by(signal: i32) -> io::Result<()> {
    let act = move || {
        if process::id() != SERVED.load(Ordering::Acquire) {
            // Fails only for signals that are not known.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    };
    // SAFETY: the function makes only calls that are allowed in a signal handler, and does not panic: it reads
    // the process id and an atomic, and the last call is documented as one that is allowed.
    unsafe { signal_hook::low_level::register(signal, act) }.map(drop)
}
