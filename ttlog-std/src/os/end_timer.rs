//! A limit for the work of a crash handler that no other process could do.

use std::{
    ffi::{c_int, c_long},
    mem::zeroed,
    ptr,
    time::Duration,
};

/// Time after the signal until the process is killed: the signal cannot end a thread that waits for a disk.
const KILL_AFTER: Duration = Duration::from_secs(1);

/// Ends this process after a limit, until it is dropped: by a signal, so that a thread which does not block it ends the
/// process as without the handler, and by SIGKILL if that does not help.
pub(crate) struct EndTimer([Option<c_int>; 2]);

impl EndTimer {
    /// Starts the timer. Makes only system calls. Without a free timer, there is no limit.
    pub(crate) fn start(signal: c_int, limit: Duration) -> Self {
        Self([
            start(signal, limit),
            start(libc::SIGKILL, limit.saturating_add(KILL_AFTER)),
        ])
    }
}

impl Drop for EndTimer {
    fn drop(&mut self) {
        for timer in self.0.into_iter().flatten() {
            // SAFETY: the timer was created here, and is deleted once.
            unsafe { libc::syscall(libc::SYS_timer_delete, c_long::from(timer)) };
        }
    }
}

/// Starts a timer that sends a signal to the process. The functions of the C library may allocate, so these are
/// the calls of the system.
fn start(signal: c_int, after: Duration) -> Option<c_int> {
    let mut timer: c_int = 0;
    // SAFETY: all bits of both structures may be 0. The pointers lead to them during the calls.
    unsafe {
        let mut event: libc::sigevent = zeroed();
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = signal;
        let clock = c_long::from(libc::CLOCK_MONOTONIC);
        if libc::syscall(
            libc::SYS_timer_create,
            clock,
            &raw const event,
            &raw mut timer,
        ) != 0
        {
            return None;
        }
        let mut time: libc::itimerspec = zeroed();
        time.it_value.tv_sec = after.as_secs().try_into().unwrap_or(libc::time_t::MAX);
        time.it_value.tv_nsec = after.subsec_nanos().into();
        libc::syscall(
            libc::SYS_timer_settime,
            c_long::from(timer),
            0 as c_long,
            &raw const time,
            ptr::null_mut::<libc::itimerspec>(),
        );
    }
    Some(timer)
}
