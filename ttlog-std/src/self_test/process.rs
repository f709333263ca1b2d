//! The limits and the signals of the process.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit};
use ttlog_reader::Check;

use crate::crash_signal::CrashSignal;

/// Minimum number of descriptors to spare. A snapshot needs two, and its reader one.
const DESCRIPTORS_MIN: u64 = 8;

/// Checks that the process may open more files.
pub(crate) fn check_descriptors() -> Check {
    // The listing itself has one of them open.
    let open =
        fs::read_dir("/proc/self/fd").map(|entries| entries.count().saturating_sub(1) as u64);
    match open {
        Ok(open) => descriptors(open, getrlimit(Resource::Nofile).current),
        // The listing needs a descriptor itself.
        Err(error) => Check::problem(
            "descriptors",
            format!("/proc/self/fd: {error}"),
            "raise the limit (`ulimit -n`), or mount /proc",
        ),
    }
}

fn descriptors(open: u64, max: Option<u64>) -> Check {
    const NAME: &str = "descriptors";
    match max {
        Some(max) if max.saturating_sub(open) < DESCRIPTORS_MIN => Check::problem(
            NAME,
            format!("{open} of {max} are in use: snapshots need {DESCRIPTORS_MIN}"),
            "raise the limit (`ulimit -n`), or find the files that the program does not close",
        ),
        Some(max) => Check::ok(NAME, format!("{open} of {max} are in use")),
        None => Check::ok(NAME, format!("{open} are in use, without a limit")),
    }
}

/// Checks that files may be as large as a snapshot of the ring. `ring_bytes` is the size of the ring.
/// States whether a crash leaves a core file.
pub(crate) fn check_limits(ring_bytes: u64) -> [Check; 2] {
    [
        file_size(getrlimit(Resource::Fsize), ring_bytes),
        core_size(getrlimit(Resource::Core)),
    ]
}

fn file_size(limit: Rlimit, ring_bytes: u64) -> Check {
    const NAME: &str = "file size";
    match limit.current {
        Some(max) if max < ring_bytes => Check::problem(
            NAME,
            format!("at most {max} bytes: a snapshot may need {ring_bytes}"),
            "raise the limit (`ulimit -f`)",
        ),
        Some(max) => Check::ok(NAME, format!("at most {max} bytes")),
        None => Check::ok(NAME, "no limit"),
    }
}

fn core_size(limit: Rlimit) -> Check {
    let text = match limit.current {
        Some(0) => "a crash leaves none (`ulimit -c`)",
        _ => "a crash may leave one",
    };
    Check::ok("core file", text)
}

/// Checks the signals of the calling thread and of the process. Signals that a crash raises must not be ignored
/// or blocked, and SIGTERM must not be ignored.
pub(crate) fn check_signals() -> Check {
    match fs::read_to_string("/proc/thread-self/status") {
        Ok(status) => signals(&status),
        Err(error) => Check::problem(
            "signals",
            format!("/proc/thread-self/status: {error}"),
            "mount /proc",
        ),
    }
}

/// Judges the content of a thread's `status` file.
fn signals(status: &str) -> Check {
    const NAME: &str = "signals";
    let set = |key| {
        let mut lines = status.lines();
        let hex = lines.find_map(|line| line.strip_prefix(key));
        hex.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok())
    };
    let (Some(blocked), Some(ignored)) = (set("SigBlk:"), set("SigIgn:")) else {
        return Check::problem(NAME, "not stated by the system", "mount /proc");
    };
    let has = |set: u64, signal: i32| set & 1 << (signal - 1) != 0;
    let held = CrashSignal::ALL
        .into_iter()
        .find(|signal| has(blocked | ignored, signal.number()));
    if let Some(signal) = held {
        let name = signal.name();
        let state = if has(ignored, signal.number()) {
            "ignored"
        } else {
            "blocked"
        };
        return Check::problem(
            NAME,
            format!(
                "{name} is {state}: a crash may go unnoticed, or end the process without a handler"
            ),
            "leave the signals of crashes at their default, or handle them",
        );
    }
    if has(ignored, libc::SIGTERM) {
        return Check::problem(
            NAME,
            "SIGTERM is ignored: the process can only be killed, and then writes no snapshot",
            "handle SIGTERM, and end the program in order",
        );
    }
    let text = if has(blocked, libc::SIGTERM) {
        "SIGTERM is blocked: the program is to wait for it"
    } else {
        "as by default, or handled"
    };
    Check::ok(NAME, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_of_tests_has_descriptors_and_no_odd_signals() {
        for check in [check_descriptors(), check_signals()] {
            assert!(check.is_ok(), "{check}");
        }
    }

    #[test]
    fn too_few_descriptors_are_a_problem() {
        assert!(descriptors(10, Some(10 + DESCRIPTORS_MIN)).is_ok());
        assert!(!descriptors(10, Some(9 + DESCRIPTORS_MIN)).is_ok());
        assert!(!descriptors(10, Some(5)).is_ok());
        assert!(descriptors(10, None).is_ok());
    }

    #[test]
    fn files_that_may_not_be_as_large_as_the_ring_are_a_problem() {
        let limit = |current| Rlimit {
            current,
            maximum: None,
        };
        assert!(file_size(limit(Some(100)), 100).is_ok());
        assert!(!file_size(limit(Some(99)), 100).is_ok());
        assert!(file_size(limit(None), 100).is_ok());
        assert!(core_size(limit(Some(0))).is_ok());
    }

    #[test]
    fn a_signal_of_a_crash_that_is_blocked_or_ignored_is_a_problem() {
        let status = |blocked: u64, ignored: u64| {
            format!("SigBlk:\t{blocked:016x}\nSigIgn:\t{ignored:016x}\n")
        };
        let bit = |signal: i32| 1_u64 << (signal - 1);
        assert!(signals(&status(0, bit(libc::SIGPIPE))).is_ok());
        assert!(signals(&status(bit(libc::SIGTERM), 0)).is_ok());
        assert!(!signals(&status(0, bit(libc::SIGTERM))).is_ok());
        for signal in CrashSignal::ALL {
            let bit = bit(signal.number());
            for status in [status(bit, 0), status(0, bit)] {
                let check = signals(&status);
                assert!(!check.is_ok());
                assert!(check.to_string().contains(signal.name()));
            }
        }
        assert!(!signals("").is_ok());
    }
}
