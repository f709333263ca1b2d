//! Signals that are blocked in a thread.

use std::{
    marker::PhantomData,
    mem::{MaybeUninit, zeroed},
    ptr,
};

/// Signals that a thread causes by a fault of its own. POSIX leaves undefined what happens to a thread that
/// blocks them, and Linux then ends the process without calling its handler.
const FAULTS: [i32; 6] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGTRAP,
    libc::SIGSYS,
];

/// Blocks all signals in the calling thread, apart from those that the thread causes by a fault. Restores
/// the thread's mask when it is dropped.
///
/// A thread that is started meanwhile blocks the signals from its first instruction on. So it takes no
/// signal that the program has meant for another thread.
pub(crate) struct BlockedSignals {
    before: libc::sigset_t,
    /// `true` if SIGXFSZ waited for the thread or the process before.
    had_file_size_signal: bool,
    /// The mask belongs to one thread.
    not_send: PhantomData<*const ()>,
}

impl BlockedSignals {
    /// Blocks the signals.
    pub(crate) fn new() -> Self {
        let had_file_size_signal = is_file_size_signal_pending();
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: `sigfillset` initialises the set, and the other calls change it or read it. The last call
        // fails only for a first argument that is not one of three numbers, so it writes `before`.
        let before = unsafe {
            libc::sigfillset(all.as_mut_ptr());
            for fault in FAULTS {
                libc::sigdelset(all.as_mut_ptr(), fault);
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr());
            before.assume_init()
        };
        Self {
            before,
            had_file_size_signal,
            not_send: PhantomData,
        }
    }

    /// Discards a SIGXFSZ that a write of this thread has caused. It would end the process as soon as the
    /// signals are no longer blocked.
    pub(crate) fn discard_file_size_signal(&self) {
        if self.had_file_size_signal || !is_file_size_signal_pending() {
            return;
        }
        // SAFETY: all bits of a set may be 0, and `sigemptyset` initialises it.
        let set = unsafe {
            let mut set: libc::sigset_t = zeroed();
            libc::sigemptyset(&raw mut set);
            libc::sigaddset(&raw mut set, libc::SIGXFSZ);
            set
        };
        take(&set);
    }
}

/// Takes a pending signal of the set. Does not wait: another thread may have taken it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn take(set: &libc::sigset_t) {
    // SAFETY: all bits of a time may be 0. The call reads the set and the time, and a null pointer means
    // that the caller does not need the signal's description.
    unsafe {
        let no_time: libc::timespec = zeroed();
        libc::sigtimedwait(&raw const *set, ptr::null_mut(), &raw const no_time);
    }
}

/// Takes a pending signal of the set.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn take(set: &libc::sigset_t) {
    let mut signal = 0;
    // SAFETY: the call reads the set and writes the signal.
    unsafe { libc::sigwait(&raw const *set, &raw mut signal) };
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // SAFETY: the set is the one that the thread had, and a null pointer means that the caller does not
        // need the mask before.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut());
        }
    }
}

fn is_file_size_signal_pending() -> bool {
    // SAFETY: all bits of a set may be 0. The first call writes it, and the second one reads it.
    unsafe {
        let mut pending: libc::sigset_t = zeroed();
        libc::sigpending(&raw mut pending) == 0
            && libc::sigismember(&raw const pending, libc::SIGXFSZ) == 1
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, thread};

    use super::*;

    /// Returns the signals that the calling thread blocks, a bit each.
    fn blocked() -> u64 {
        let status = fs::read_to_string("/proc/thread-self/status").unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("SigBlk:"))
            .unwrap();
        u64::from_str_radix(line.trim(), 16).unwrap()
    }

    #[test]
    fn a_thread_started_meanwhile_blocks_all_signals_and_the_caller_gets_its_mask_back() {
        let before = blocked();
        let signals = BlockedSignals::new();
        let in_thread = thread::spawn(blocked).join().unwrap();
        drop(signals);
        assert_eq!(blocked(), before);
        // SIGKILL and SIGSTOP cannot be blocked. The C library keeps 32 to 34 for itself.
        let never: u64 = [libc::SIGKILL, libc::SIGSTOP]
            .into_iter()
            .chain(FAULTS)
            .chain(32..35)
            .map(|signal| 1 << (signal - 1))
            .sum();
        assert_eq!(in_thread & !never, !never);
    }

    #[test]
    fn a_file_size_signal_that_came_meanwhile_does_not_end_the_process() {
        let signals = BlockedSignals::new();
        // SAFETY: the calling thread exists.
        unsafe { libc::pthread_kill(libc::pthread_self(), libc::SIGXFSZ) };
        assert!(is_file_size_signal_pending());
        signals.discard_file_size_signal();
        assert!(!is_file_size_signal_pending());
        drop(signals);
    }
}
