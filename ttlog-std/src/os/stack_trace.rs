//! The addresses of the calling thread's frames.
//!
//! `std::backtrace::Backtrace` takes a lock that the standard panic hook holds while it writes to stderr. If
//! stderr is a pipe that no process reads, a capture would wait for ever. So the frames are walked without a
//! lock, and another thread finds their names.

/// Maximum number of frames. Those of the panic itself take about fifteen.
const FRAMES_MAX: usize = 96;

/// The addresses of frames, the innermost first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackTrace {
    addresses: [usize; FRAMES_MAX],
    count: usize,
}

impl StackTrace {
    /// Walks the frames of the calling thread. Allocates nothing.
    #[inline(never)]
    pub(crate) fn capture() -> Self {
        let mut trace = Self {
            addresses: [0; FRAMES_MAX],
            count: 0,
        };
        // SAFETY: several threads may not walk frames at once where the system's library for that is not made
        // for several threads. That is so on Windows. On Unix, which this crate needs, the frames are walked
        // by the unwinder of the compiler's library, which all threads may use at once.
        unsafe {
            backtrace::trace_unsynchronized(|frame| {
                if let Some(address) = trace.addresses.get_mut(trace.count) {
                    *address = frame.ip().addr();
                    trace.count += 1;
                }
                trace.count < FRAMES_MAX
            });
        }
        trace
    }

    /// Returns the addresses, the innermost first.
    pub(crate) fn addresses(&self) -> &[usize] {
        &self.addresses[..self.count]
    }
}
