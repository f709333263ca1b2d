//! A thread that is waited for with a time limit.

use std::{
    convert::Infallible,
    hint::black_box,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::{
    error::BuildError,
    memory_limit,
    os::{
        native_thread::{NativeThread, STACK_BYTES},
        signal_mask::BlockedSignals,
    },
};

/// Maximum time that a start waits until the thread runs. A thread that is slower works too.
const START_LIMIT: Duration = Duration::from_secs(1);

/// A handle of a thread. If it is dropped, the thread continues without it.
#[derive(Debug)]
pub(crate) struct LimitedThread<T> {
    thread: NativeThread,
    /// Receives the result when the thread is about to end.
    ended: Receiver<thread::Result<T>>,
}

impl<T: Send + 'static> LimitedThread<T> {
    /// Starts a thread that runs `run`. It blocks all signals, so it takes none that the program waits for.
    /// Returns when the thread runs, and has memory of its own.
    pub(crate) fn spawn(
        name: &'static str,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Self, BuildError> {
        if !memory_limit::has_room_for(STACK_BYTES) {
            // It would run, and then abort the process by its first allocation.
            let error = io::ErrorKind::OutOfMemory.into();
            return Err(BuildError::Thread { name, error });
        }
        let (ending, ended) = crossbeam_channel::bounded(1);
        let (starting, started) = crossbeam_channel::bounded::<Infallible>(0);
        let run = Box::new(move || {
            // The first allocation of a thread may need much memory, as the allocator gives it an area of its own.
            drop(black_box(Vec::<u8>::with_capacity(1)));
            drop(starting);
            // Fails only if the handle was dropped.
            let _ = ending.send(catch_unwind(AssertUnwindSafe(run)));
        });
        let signals = BlockedSignals::new();
        let thread = NativeThread::start(name, run);
        drop(signals);
        match thread {
            Ok(thread) => {
                // No message is ever sent, so this returns when the other end is dropped, or after the limit.
                let _ = started.recv_timeout(START_LIMIT);
                Ok(Self { thread, ended })
            }
            Err(error) => Err(BuildError::Thread { name, error }),
        }
    }

    /// Waits until the thread has ended, and returns its result. Returns `None` if it has not ended
    /// within `limit`.
    pub(crate) fn join_within(self, limit: Duration) -> Option<thread::Result<T>> {
        match self.ended.recv_timeout(limit) {
            Ok(result) => {
                self.thread.join();
                Some(result)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                debug_assert!(false, "a thread sends its result");
                None
            }
        }
    }
}
