//! Functions that the C library calls when the process ends, and after `fork`.
#![allow(unsafe_code, reason = "the standard library has no such hooks")]

use std::sync::Once;

use crate::{current, panic_hook, recorder};

/// Registers the functions, once for the process. Without them, which costs only a process that is out
/// of memory, requests of the last moment and the events of child processes are not saved.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: `at_exit` has the C calling convention, takes nothing, and does not unwind.
        unsafe { libc::atexit(at_exit) };
        // SAFETY: `in_child` has the C calling convention, takes nothing, and does not unwind. It runs
        // in the child's only thread, and only stores into atomics.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

extern "C" fn at_exit() {
    // A panic must not unwind into the C library. The hook has reported it.
    let _ = std::panic::catch_unwind(|| {
        panic_hook::save_unseen();
        current::at_exit();
    });
}

extern "C" fn in_child() {
    recorder::note_fork();
}
