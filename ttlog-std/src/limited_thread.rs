//! A thread that is waited for with a time limit.

use std::{
    convert::Infallible,
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::{error::BuildError, os::signal_mask::BlockedSignals};

/// A handle of a thread. If it is dropped, the thread continues without it.
#[derive(Debug)]
pub(crate) struct LimitedThread<T> {
    thread: JoinHandle<T>,
    /// Disconnected when the thread has ended.
    ended: Receiver<Infallible>,
}

impl<T: Send + 'static> LimitedThread<T> {
    /// Starts a thread that runs `run`. It blocks all signals, so it takes none that the program waits for.
    pub(crate) fn spawn(
        name: &'static str,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Self, BuildError> {
        let (ending, ended) = crossbeam_channel::bounded(0);
        let signals = BlockedSignals::new();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            // Dropped when the thread ends, also by a panic.
            let _ending = ending;
            run()
        });
        drop(signals);
        match thread {
            Ok(thread) => Ok(Self { thread, ended }),
            Err(error) => Err(BuildError::Thread { name, error }),
        }
    }

    /// Waits until the thread has ended, and returns its result. Returns `None` if it has not ended
    /// within `limit`.
    pub(crate) fn join_within(self, limit: Duration) -> Option<thread::Result<T>> {
        // No message is ever sent, so this returns when the other end is dropped, or after the limit.
        let ended = self.ended.recv_timeout(limit);
        (ended == Err(RecvTimeoutError::Disconnected)).then(|| self.thread.join())
    }
}
