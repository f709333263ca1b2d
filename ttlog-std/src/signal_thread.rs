//! The thread that serves signals.
//!
//! ```text
//! signal        a thread of the program takes it: the library's threads block all signals
//!   ▼
//! handler       of `signal-hook`, wakes the thread by a pipe
//!   ▼
//! ttlog-signals calls the function that the process has chosen
//! ```

use std::{
    io, process,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
};

use signal_hook::iterator::{Handle, Signals};

use crate::{
    error::SignalHookError,
    limited_thread::LimitedThread,
    os::{fork_guard, signal_action},
    snapshot_signal::SnapshotSignal,
};

/// The name of the thread.
const NAME: &str = "ttlog-signals";

/// The thread of this process or of its parent. It runs until the process ends.
static SERVICE: Mutex<Option<Service>> = Mutex::new(None);

/// The function that the thread calls for each signal.
pub(crate) type OnSignal = fn(Served);

struct Service {
    pid: u32,
    on_signal: OnSignal,
    handle: Handle,
    signals: Vec<Served>,
}

/// A signal that is served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served {
    pub(crate) signal: SnapshotSignal,
    /// `true` if the signal had its default action before. A handler of the program decides itself how the
    /// process goes on.
    pub(crate) was_default: bool,
}

/// Serves the signals from now on, and those of earlier calls. A signal that the process ignores stays ignored.
pub(crate) fn serve(
    signals: &[SnapshotSignal],
    on_signal: OnSignal,
) -> Result<(), SignalHookError> {
    if signals.is_empty() {
        return Ok(());
    }
    let Some(mut slot) = lock() else {
        return Ok(());
    };
    let started = match slot.take() {
        Some(own) if own.pid == process::id() => Ok(own),
        Some(parent) => Service::start(parent.signals, on_signal),
        None => Service::start(Vec::new(), on_signal),
    };
    let service = slot.insert(started.map_err(SignalHookError::System)?);
    for &signal in signals {
        service.add(signal).map_err(SignalHookError::System)?;
    }
    Ok(())
}

/// Starts the thread of a child process, if its parent has one. If that fails, the signals end the child.
pub(crate) fn serve_in_child() {
    let Some(mut slot) = lock() else {
        return;
    };
    if let Some(parent) = slot.take_if(|service| service.pid != process::id()) {
        *slot = Service::start(parent.signals, parent.on_signal).ok();
    }
}

/// Returns the service, unless another thread starts it. In a child process that thread may not exist.
fn lock() -> Option<MutexGuard<'static, Option<Service>>> {
    match SERVICE.try_lock() {
        Ok(service) => Some(service),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Returns the signal with this number, if it is served.
fn served(number: i32) -> Option<Served> {
    let service = SERVICE.lock().unwrap_or_else(PoisonError::into_inner);
    let signals = service.iter().flat_map(|service| &service.signals);
    signals
        .copied()
        .find(|served| served.signal.number() == number)
}

impl Service {
    /// Starts the thread. `signals` are served already by the parent process.
    fn start(signals: Vec<Served>, on_signal: OnSignal) -> io::Result<Self> {
        let mut source = Signals::new(signals.iter().map(|served| served.signal.number()))?;
        let handle = source.handle();
        let run = move || source.forever().filter_map(served).for_each(on_signal);
        // It runs on without its handle.
        LimitedThread::spawn(NAME, run)
            .map_err(|_| io::Error::other("the thread ttlog-signals cannot be started"))?;
        fork_guard::serve_in_this_process();
        Ok(Self {
            pid: process::id(),
            on_signal,
            handle,
            signals,
        })
    }

    fn add(&mut self, signal: SnapshotSignal) -> io::Result<()> {
        if self.signals.iter().any(|served| served.signal == signal) {
            return Ok(());
        }
        let before = signal_action::of(signal.number())?.sa_sigaction;
        if before == libc::SIG_IGN {
            return Ok(());
        }
        let was_default = before == libc::SIG_DFL;
        if was_default && signal.ends_process() {
            fork_guard::end_child_by(signal.number())?;
        }
        // First, because the thread looks it up.
        self.signals.push(Served {
            signal,
            was_default,
        });
        self.handle.add_signal(signal.number())
    }
}
