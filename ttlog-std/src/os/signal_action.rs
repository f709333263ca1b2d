//! The action of a signal that is in force.

use std::{io, mem::MaybeUninit, ptr};

/// Returns the action of a signal.
pub(crate) fn of(number: i32) -> io::Result<libc::sigaction> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: a null pointer changes nothing, and the call writes the action if it succeeds.
    unsafe {
        if libc::sigaction(number, ptr::null(), action.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(action.assume_init())
    }
}
