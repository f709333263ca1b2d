//! The name of the calling thread, without an allocation.
//!
//! `std::thread::current` allocates in a thread that `std` has not started, and aborts if that happens inside the
//! allocator. No function of `std` tells the two kinds of threads apart. Their alternate signal stacks do, on
//! Linux: before it runs a thread's closure, `std` makes the thread's handle, and then sets up an alternate
//! stack (for its message about a stack overflow). It removes this stack when the closure has returned, and the
//! handle after that. So a thread with such a stack has a handle, and `thread::current` copies it. A thread
//! with another stack or without one gets the name that the system has for it, of up to 15 bytes on Linux.

use std::{ffi::CStr, thread};

use ttlog_core::ThreadName;

/// Returns the number and the name of the calling thread. The name is empty if it has none.
///
/// - The first thread of the process is called `main`.
/// - A thread that `std` has started has the name of its `std::thread::Builder`.
/// - Another thread has the name that the system shows. So does a thread of `std` without an alternate
///   signal stack: in a program whose `main` is not in Rust, or that handled SIGSEGV before `main`.
pub(crate) fn current(number: u32) -> ThreadName {
    if system::is_first() {
        ThreadName::new(number, "main")
    } else if system::has_stack_of_std() {
        ThreadName::new(number, thread::current().name().unwrap_or_default())
    } else {
        let name = system::name();
        let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
        // A name that was cut inside of a character keeps the characters before.
        let text = name.to_bytes().utf8_chunks().next();
        ThreadName::new(number, text.map_or("", |chunk| chunk.valid()))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use std::mem::{MaybeUninit, zeroed};

    /// Maximum length of a name in the system, with the zero at its end.
    const NAME_BYTES: usize = 16;

    /// Returns `true` if the calling thread is the first one of the process.
    pub(super) fn is_first() -> bool {
        rustix::thread::gettid() == rustix::process::getpid()
    }

    /// Returns `true` if the calling thread has the alternate signal stack that `std` sets up.
    pub(super) fn has_stack_of_std() -> bool {
        // The size of a page of memory is a multiple of this on all processors.
        const PAGE_BYTES_MIN: usize = 4096;
        // SAFETY: all bits of the structure may be 0. The call writes it and changes nothing.
        let stack = unsafe {
            let mut stack: libc::stack_t = zeroed();
            libc::sigaltstack(std::ptr::null(), &raw mut stack);
            stack
        };
        // SAFETY: the call reads a value that the kernel passed to the process.
        let size_min = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) };
        let is_enabled = !stack.ss_sp.is_null() && stack.ss_flags & libc::SS_DISABLE == 0;
        is_enabled
            && stack.ss_size == libc::SIGSTKSZ.max(size_min as usize)
            // `std` maps it behind a page that protects it.
            && stack.ss_sp.addr().is_multiple_of(PAGE_BYTES_MIN)
    }

    /// Returns the name that the system has for the calling thread.
    pub(super) fn name() -> [u8; NAME_BYTES] {
        let mut name = MaybeUninit::<[u8; NAME_BYTES]>::zeroed();
        // SAFETY: the call writes at most 16 bytes. All of them were initialised before.
        unsafe {
            libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr());
            name.assume_init()
        }
    }
}

#[cfg(target_vendor = "apple")]
mod system {
    use std::mem::MaybeUninit;

    /// Maximum length of a name in the system, with the zero at its end.
    const NAME_BYTES: usize = 64;

    /// Returns `true` if the calling thread is the first one of the process.
    pub(super) fn is_first() -> bool {
        // SAFETY: the call has no conditions.
        unsafe { libc::pthread_main_np() == 1 }
    }

    /// Returns `false`: the system keeps the whole name that `std` sets.
    pub(super) fn has_stack_of_std() -> bool {
        false
    }

    /// Returns the name that the system has for the calling thread.
    pub(super) fn name() -> [u8; NAME_BYTES] {
        let mut name = MaybeUninit::<[u8; NAME_BYTES]>::zeroed();
        // SAFETY: the call writes at most 64 bytes. All of them were initialised before.
        unsafe {
            let thread = libc::pthread_self();
            libc::pthread_getname_np(thread, name.as_mut_ptr().cast(), NAME_BYTES);
            name.assume_init()
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    /// Returns `false`: it is not known.
    pub(super) fn is_first() -> bool {
        false
    }

    /// Returns `false`: it is not known.
    pub(super) fn has_stack_of_std() -> bool {
        false
    }

    /// Returns an empty name.
    pub(super) fn name() -> [u8; 1] {
        [0]
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::c_void, ptr};

    use super::*;

    fn name_in(thread: thread::Builder) -> String {
        let thread = thread.spawn(|| current(7)).unwrap();
        thread.join().unwrap().as_str().to_owned()
    }

    #[test]
    fn a_thread_of_std_has_the_whole_name_or_none() {
        for name in ["x", "exactly 15 byte", "a name that the system would cut"] {
            assert_eq!(name_in(thread::Builder::new().name(name.into())), name);
        }
        assert_eq!(name_in(thread::Builder::new()), "");
    }

    #[test]
    fn a_thread_of_c_has_the_name_of_the_system() {
        extern "C" fn run(name: *mut c_void) -> *mut c_void {
            // SAFETY: the text ends with a zero.
            unsafe { libc::prctl(libc::PR_SET_NAME, c"a name in C, ä".as_ptr()) };
            // SAFETY: the thread that made the pointer waits.
            unsafe { *name.cast::<ThreadName>() = current(7) };
            ptr::null_mut()
        }
        let mut name = ThreadName::NONE;
        let mut thread = 0;
        // SAFETY: `name` is valid until the thread has ended, because this function waits for it.
        unsafe {
            let name = (&raw mut name).cast();
            assert_eq!(
                libc::pthread_create(&raw mut thread, ptr::null(), run, name),
                0
            );
            assert_eq!(libc::pthread_join(thread, ptr::null_mut()), 0);
        }
        assert_eq!(name.as_str(), "a name in C, ä");
    }
}
