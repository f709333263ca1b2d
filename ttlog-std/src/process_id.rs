//! The id of this process.

/// Returns the id of this process. A child after `fork` has another one.
pub(crate) fn get() -> u32 {
    #[cfg(test)]
    if let Some(pid) = simulated::get() {
        return pid;
    }
    std::process::id()
}

/// A simulated process id. While a test thread has one, [`get`] returns it on that thread.
#[cfg(test)]
pub(crate) mod simulated {
    use std::cell::Cell;

    thread_local! {
        static PID: Cell<Option<u32>> = const { Cell::new(None) };
    }

    pub(crate) fn get() -> Option<u32> {
        PID.get()
    }

    /// Sets the id of this thread's process. `None` ends the simulation.
    pub(crate) fn set(pid: Option<u32>) {
        PID.set(pid);
    }
}
