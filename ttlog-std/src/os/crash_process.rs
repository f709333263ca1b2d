//! A process that shares all memory with this one, and does the work of a crash handler that may fail.
//!
//! The memory may be damaged, and a directory may never respond. A fault or a stuck call of this process ends or
//! keeps that process only. The handler goes on, and ends the program as it would have ended.

use std::{
    ffi::{c_int, c_void},
    mem::zeroed,
    ptr,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use rustix::{event::Timespec, thread::futex};

use super::crash_stack::CrashStack;
use crate::crash_signal::CrashSignal;

/// The end of the process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ProcessEnd {
    /// It has ended, by itself or by a fault.
    Ended,
    /// It had not ended within the limit. It was told to end, and may still use the memory.
    TimedOut,
}

/// Maximum time that a killed process is waited for.
const KILL_LIMIT: Duration = Duration::from_millis(100);

/// The processes of a crash. Each runs once, with a stack and a state of its own, because the one before may be
/// stuck.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(usize)]
pub(crate) enum Helper {
    /// Writes the file.
    Writer,
    /// Writes the file if the first process is stuck.
    SecondWriter,
    /// States on stderr that there is no file.
    Printer,
}

impl Helper {
    pub(crate) const COUNT: usize = 3;

    pub(crate) const WRITERS: [Self; 2] = [Self::Writer, Self::SecondWriter];
}

/// 1 while the process runs. The system stores 0 when it ends.
static ARE_RUNNING: [AtomicU32; Helper::COUNT] = [const { AtomicU32::new(0) }; Helper::COUNT];

/// Runs `work` in a process that shares all memory with this one, and waits for it for `limit`. Returns `None`
/// if the process could not be started.
///
/// Makes only calls that are allowed in a signal handler.
///
/// # Safety
///
/// Nothing else uses the stack until the process has ended. One call at a time is made for a helper. `work`
/// has the rights of a signal handler that has interrupted the calling thread: that thread's thread-locals are
/// its own.
pub(crate) unsafe fn run(
    helper: Helper,
    stack: CrashStack,
    mut work: &mut dyn FnMut(),
    limit: Duration,
) -> Option<ProcessEnd> {
    // No signal at its end, so that the program's `wait` does not see it.
    const FLAGS: c_int = libc::CLONE_VM | libc::CLONE_CHILD_CLEARTID;
    let work: *mut &mut dyn FnMut() = &raw mut work;
    let is_running = &ARE_RUNNING[helper as usize];
    is_running.store(1, Ordering::Release);
    // SAFETY: nothing else uses the stack, as the caller states. `enter` gets the pointer that it expects. The
    // pointer is valid while the process runs, or until this function has killed it; see `enter`. The system
    // stores 0 to `is_running`, which is never freed.
    let pid = unsafe {
        libc::clone(
            enter,
            stack.top(),
            FLAGS,
            work.cast(),
            ptr::null_mut::<c_void>(),
            ptr::null_mut::<c_void>(),
            is_running.as_ptr(),
        )
    };
    if pid < 0 {
        return None;
    }
    let end = wait(is_running, limit);
    if end == ProcessEnd::TimedOut {
        // SAFETY: the call has no conditions. The id is not in use again, because nothing has waited for it.
        unsafe { libc::kill(pid, libc::SIGKILL) };
        // It ends at once, unless it is stuck in a system call.
        wait(is_running, KILL_LIMIT);
    } else {
        // So that the process does not stay behind without a parent that waits for it.
        // SAFETY: a null pointer means that the status is not needed. The process has ended, or is ending.
        unsafe { libc::waitpid(pid, ptr::null_mut(), libc::__WCLONE) };
    }
    Some(end)
}

fn wait(is_running: &AtomicU32, limit: Duration) -> ProcessEnd {
    let start = Instant::now();
    while is_running.load(Ordering::Acquire) != 0 {
        let left = limit.saturating_sub(start.elapsed());
        if left.is_zero() {
            return ProcessEnd::TimedOut;
        }
        let left = Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        // Any result is equal: the loop looks again.
        let _ = futex::wait(is_running, futex::Flags::empty(), 1, Some(&left));
    }
    ProcessEnd::Ended
}

/// The process. It ends when this function returns.
extern "C" fn enter(work: *mut c_void) -> c_int {
    // SAFETY: the calls change this process's own handlers and limits, and their arguments are valid. All bits
    // of an action may be 0: the default action with an empty mask.
    unsafe {
        let default: libc::sigaction = zeroed();
        for signal in CrashSignal::ALL {
            libc::sigaction(signal.number(), &raw const default, ptr::null_mut());
        }
        // A core dump is made of the program, not of this process.
        let none: libc::rlimit = zeroed();
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
    }
    // SAFETY: `run` passes a pointer to a reference that is valid until this process has ended. If it has not
    // ended in time, it may be stuck in a system call. It then ends before it returns from that call, because
    // it has been killed.
    let work = unsafe { &mut *work.cast::<&mut dyn FnMut()>() };
    work();
    0
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;
    use crate::os::crash_stack::Pages;

    fn turn() -> MutexGuard<'static, ()> {
        static TURN: Mutex<()> = Mutex::new(());
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[test]
    fn the_work_of_the_process_is_seen_here() {
        let _turn = turn();
        let stack = CrashStack::new(Pages::Now).unwrap();
        let mut process = 0;
        // SAFETY: this test alone knows the stack, and has its turn. The closure uses no thread-local.
        let end = unsafe {
            let work = &mut || process = libc::getpid();
            run(Helper::Writer, stack, work, Duration::from_secs(60))
        };
        assert_eq!(end, Some(ProcessEnd::Ended));
        assert_ne!((process, process), (0, std::process::id() as i32));
    }

    #[test]
    fn a_fault_of_the_process_does_not_reach_this_one() {
        let _turn = turn();
        let stack = CrashStack::new(Pages::Now).unwrap();
        // SAFETY: as above. The call ends the process by a signal.
        let end = unsafe {
            run(
                Helper::Writer,
                stack,
                &mut || libc::abort(),
                Duration::from_secs(60),
            )
        };
        assert_eq!(end, Some(ProcessEnd::Ended));
    }

    #[test]
    fn a_process_that_does_not_end_is_not_waited_for() {
        let _turn = turn();
        let stack = CrashStack::new(Pages::Now).unwrap();
        // SAFETY: as above.
        let end = unsafe {
            let work = &mut || while libc::pause() == -1 {};
            run(Helper::Writer, stack, work, Duration::from_millis(1))
        };
        assert_eq!(end, Some(ProcessEnd::TimedOut));
        while ARE_RUNNING[0].load(Ordering::Acquire) != 0 {
            std::thread::yield_now();
        }
    }
}
