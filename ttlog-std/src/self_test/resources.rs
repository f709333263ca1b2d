//! The threads and the memory that a recorder needs after its start.

use std::time::Duration;

use ttlog_reader::Check;

use super::THREAD_NAME;
use crate::{error, limited_thread::LimitedThread, memory_limit};

/// Minimum memory that the limits of the process leave. A snapshot in a child process needs a ring, buffers and
/// threads of its own.
const MEMORY_MIN_BYTES: u64 = 32 << 20;

/// Maximum time for a thread that does nothing.
const THREAD_LIMIT: Duration = Duration::from_secs(5);

/// Checks that a thread can be started. A recorder starts its threads early, but a child process needs new ones,
/// and so does a recorder whose directory does not respond.
pub(crate) fn check_threads() -> Check {
    const NAME: &str = "threads";
    let cure = "raise the limit of threads (`ulimit -u`, or pids of the container) or of memory (`ulimit -v`)";
    match LimitedThread::spawn(THREAD_NAME, || ()) {
        Ok(thread) => match thread.join_within(THREAD_LIMIT) {
            Some(_) => Check::ok(NAME, "can be started"),
            None => Check::problem(
                NAME,
                format!(
                    "a new thread did not run within {} s",
                    THREAD_LIMIT.as_secs()
                ),
                "give the process more processor time",
            ),
        },
        Err(error) => Check::problem(NAME, error::chain(&error), cure),
    }
}

/// Checks that the limits of the process leave memory.
pub(crate) fn check_memory() -> Check {
    memory(memory_limit::left_bytes())
}

fn memory(left_bytes: Option<u64>) -> Check {
    const NAME: &str = "memory";
    match left_bytes {
        None => Check::ok(NAME, "no limit"),
        Some(bytes) if bytes < MEMORY_MIN_BYTES => Check::problem(
            NAME,
            format!(
                "{} MiB left: a snapshot in a child process needs {}",
                bytes >> 20,
                MEMORY_MIN_BYTES >> 20
            ),
            "raise the limit (`ulimit -v`, `ulimit -d`)",
        ),
        Some(bytes) => Check::ok(NAME, format!("{} MiB left", bytes >> 20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_of_tests_can_start_threads() {
        assert!(check_threads().is_ok());
    }

    #[test]
    fn too_little_memory_is_a_problem() {
        assert!(memory(None).is_ok());
        assert!(memory(Some(MEMORY_MIN_BYTES)).is_ok());
        assert!(!memory(Some(MEMORY_MIN_BYTES - 1)).is_ok());
    }
}
