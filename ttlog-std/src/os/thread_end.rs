//! Calls a function when a thread ends.
//!
//! A destructor of a `thread_local!` is registered through `__cxa_thread_atexit_impl`, which allocates. So a
//! thread whose first event is recorded by a signal handler would wait for ever for the allocator's lock, if the
//! signal interrupted `malloc`. A key of POSIX threads has a destructor too, and its value is registered by a
//! store: `pthread_setspecific` of the GNU C library keeps the values of the first 32 keys
//! (`PTHREAD_KEY_2NDLEVEL_SIZE`) in the thread's own descriptor (`specific_1stblock`), and allocates only for a
//! later key. It takes no lock. musl and Bionic keep all values in the thread.
//!
//! The destructors of keys run after those of thread-locals, in rounds. A value that a destructor sets is
//! noticed in the next round. POSIX limits the number of rounds (4 in the GNU C library): a thread that logs
//! for the first time in the last round, or by a signal after it, does not call the function.

use std::{ffi::c_void, ptr, sync::OnceLock};

/// The number of keys whose values need no memory.
const KEYS_WITHOUT_ALLOCATION: u64 = if cfg!(all(target_os = "linux", target_env = "gnu")) {
    32
} else {
    u64::MAX
};

/// The key, and the function that its destructor calls. `None` if the process has no key to spare.
static AT_END: OnceLock<Option<AtEnd>> = OnceLock::new();

struct AtEnd {
    key: libc::pthread_key_t,
    call: fn(),
}

/// Sets the function that is called at the end of each registered thread, and creates the key. Later calls
/// do nothing.
///
/// Call this early. A process that has created 32 keys already has none left that needs no memory.
pub(crate) fn prepare(call: fn()) {
    AT_END.get_or_init(|| {
        let key = create_key()?;
        if (key as u64) < KEYS_WITHOUT_ALLOCATION {
            return Some(AtEnd { key, call });
        }
        // SAFETY: the key was created above, and no thread has set a value for it.
        unsafe { libc::pthread_key_delete(key) };
        None
    });
}

fn create_key() -> Option<libc::pthread_key_t> {
    let mut key = 0;
    // SAFETY: `key` is valid for a write, and `end` has the type of a destructor.
    let status = unsafe { libc::pthread_key_create(&raw mut key, Some(end)) };
    (status == 0).then_some(key)
}

/// Registers the calling thread. Returns `false` if the function will not be called at its end, because the
/// process had no key to spare.
///
/// Allocates nothing and takes no lock. A signal may interrupt it, and its handler may call it.
pub(crate) fn register() -> bool {
    let Some(Some(at_end)) = AT_END.get() else {
        return false;
    };
    // Any value that is not null. It is never read through.
    let value = ptr::without_provenance(1);
    // SAFETY: the key was created in `prepare` and is never deleted after it was stored in `AT_END`.
    unsafe { libc::pthread_setspecific(at_end.key, value) == 0 }
}

/// The destructor of the key.
extern "C" fn end(_: *mut c_void) {
    if let Some(Some(at_end)) = AT_END.get() {
        (at_end.call)();
    }
}
