//! Threads that are started without the standard library.
//!
//! A thread of `std::thread` sets up an alternate signal stack before it runs its closure. If there is no memory
//! for that stack, the standard library aborts the process. A flight recorder must not do that: a program whose
//! address space is limited (`ulimit -v`) would die of the snapshot that is to explain its panic. A thread of
//! this module needs no memory after it has started, and a start that fails is an error.
//!
//! Without that stack, an overflow of the thread's stack is a plain SIGSEGV, and `std` prints no message.

use std::{ffi::c_void, io, mem::MaybeUninit, panic, ptr};

/// Size of a stack, the same as that of `std`.
pub(crate) const STACK_BYTES: usize = 2 << 20;

/// The work of a thread.
type Run = Box<dyn FnOnce() + Send>;

struct Start {
    name: &'static str,
    run: Run,
}

/// A handle of a thread. If it is dropped, the thread continues without it.
#[derive(Debug)]
pub(crate) struct NativeThread {
    id: libc::pthread_t,
    is_joined: bool,
}

// SAFETY: the id of a thread may be used by all threads. It is a pointer on some systems, and is not read through
// here.
unsafe impl Send for NativeThread {}
// SAFETY: as above. A shared reference allows no call.
unsafe impl Sync for NativeThread {}

impl NativeThread {
    /// Starts a thread that runs `run`. The thread has the caller's signal mask.
    ///
    /// # Errors
    ///
    /// The system's error if there is no memory for the stack, or if there are too many threads.
    pub(crate) fn start(name: &'static str, run: Run) -> io::Result<Self> {
        let start = Box::into_raw(Box::new(Start { name, run }));
        match create(start.cast()) {
            Ok(id) => Ok(Self {
                id,
                is_joined: false,
            }),
            Err(error) => {
                // SAFETY: the pointer is that of the box above, which no thread has got.
                drop(unsafe { Box::from_raw(start) });
                Err(error)
            }
        }
    }

    /// Waits until the thread has ended.
    pub(crate) fn join(mut self) {
        self.is_joined = true;
        // SAFETY: the thread has been started, and is neither joined nor detached: each consumes the handle.
        unsafe { libc::pthread_join(self.id, ptr::null_mut()) };
    }
}

impl Drop for NativeThread {
    fn drop(&mut self) {
        if !self.is_joined {
            // SAFETY: the thread has been started, and is neither joined nor detached.
            unsafe { libc::pthread_detach(self.id) };
        }
    }
}

/// Starts a thread that calls [`enter`] with `start`.
fn create(start: *mut c_void) -> io::Result<libc::pthread_t> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut id = MaybeUninit::<libc::pthread_t>::uninit();
    // SAFETY: `pthread_attr_init` initialises the attributes if it returns 0, and the calls behind it read or
    // change them. `enter` has the type of a thread's function, and takes over what `start` points to.
    // `pthread_create` writes the id if it returns 0.
    unsafe {
        check(libc::pthread_attr_init(attributes.as_mut_ptr()))?;
        let mut status = libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK_BYTES);
        if status == 0 {
            status = libc::pthread_create(id.as_mut_ptr(), attributes.as_ptr(), enter, start);
        }
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        check(status)?;
        Ok(id.assume_init())
    }
}

fn check(status: i32) -> io::Result<()> {
    match status {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// The function of each thread.
extern "C" fn enter(start: *mut c_void) -> *mut c_void {
    // SAFETY: the pointer is that of a box which `NativeThread::start` has given to this thread alone.
    let Start { name, run } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    set_name(name);
    // A panic must not unwind into the C library. The hook has reported it.
    let _ = panic::catch_unwind(panic::AssertUnwindSafe(run));
    ptr::null_mut()
}

/// Sets the name of the calling thread that the system shows. Cuts it if it is too long.
fn set_name(name: &str) {
    /// Maximum length of a name on Linux, with the zero at its end.
    const NAME_BYTES: usize = 16;
    let mut bytes = [0; NAME_BYTES];
    let length = name.len().min(NAME_BYTES - 1);
    bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
    // SAFETY: the bytes end with a zero.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    unsafe {
        libc::prctl(libc::PR_SET_NAME, bytes.as_ptr());
    }
    // SAFETY: the bytes end with a zero.
    #[cfg(target_vendor = "apple")]
    unsafe {
        libc::pthread_setname_np(bytes.as_ptr().cast());
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn a_thread_has_its_name_and_has_ended_when_it_is_joined() {
        let (send, receive) = mpsc::channel();
        let run = move || {
            let name = crate::os::thread_name::current(7);
            send.send(name.as_str().to_owned()).unwrap();
        };
        let started = NativeThread::start("ttlog-test", Box::new(run)).unwrap();
        started.join();
        assert_eq!(receive.recv().unwrap(), "ttlog-test");
    }

    #[test]
    fn a_thread_whose_handle_is_dropped_continues_and_one_that_panics_ends() {
        let (send, receive) = mpsc::channel();
        let run = move || {
            send.send(thread::current().id()).unwrap();
            panic!("as the test asks for");
        };
        drop(NativeThread::start("ttlog-test", Box::new(run)).unwrap());
        assert_ne!(receive.recv().unwrap(), thread::current().id());
        // The sender is dropped by the panic.
        assert!(receive.recv().is_err());
    }
}
