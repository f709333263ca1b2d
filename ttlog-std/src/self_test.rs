//! The checks of a recorder's surroundings. Each one is a function over what it needs, and returns its finding
//! with the cure of a problem.
//!
//! `ttlog-reader` checks the directory and the wall clock, so `dump doctor` makes the same checks without the
//! process.

mod crash_handler;
mod hook;
mod process;
mod resources;
mod round_trip;

use std::path::Path;

use ttlog_reader::Check;

pub(crate) use self::{
    crash_handler::check_crash_handler,
    hook::{Hook, address_of, check_hook},
    process::{check_descriptors, check_limits, check_signals},
    resources::{check_memory, check_threads},
    round_trip::check_round_trip,
};
use crate::{error, limited_thread::LimitedThread};

/// The name of the threads that make checks.
const THREAD_NAME: &str = "ttlog-test";

/// Checks a directory and the files in it, on another thread: a file system may never respond.
pub(crate) fn check_directory(path: &Path) -> Vec<Check> {
    ttlog_reader::check_directory_on(path, |run| {
        let thread = LimitedThread::spawn(THREAD_NAME, run);
        thread.map(drop).map_err(|error| error::chain(&error))
    })
}

/// Checks the clock of the events: its rate, and that it goes on between two readings.
pub(crate) fn check_clock(hz: u64, is_counter: bool, before: u64, after: u64) -> Check {
    const NAME: &str = "clock";
    if hz == 0 || after < before {
        return Check::problem(
            NAME,
            format!("{hz} ticks in a second, from {before} to {after}"),
            "check the clock source of the machine, or of its hypervisor",
        );
    }
    let source = if is_counter {
        "the processor's counter"
    } else {
        "the system's monotonic clock"
    };
    Check::ok(NAME, format!("{source}, {hz} ticks in a second"))
}

/// Checks that the filter in force does not turn all events off. An empty filter enables all.
pub(crate) fn check_filter(filter: &str) -> Check {
    const NAME: &str = "filter";
    let mut directives = filter.split(',').map(str::trim);
    if directives.any(|directive| directive.eq_ignore_ascii_case("off")) {
        return Check::problem(
            NAME,
            format!("'{filter}' turns off all targets that it does not name"),
            "give a level, `info` for example, by `Builder::filter` or $TTLOG_FILTER",
        );
    }
    let text = if filter.is_empty() {
        "all events"
    } else {
        filter
    };
    Check::ok(NAME, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_without_a_rate_or_that_goes_back_is_a_problem() {
        assert!(check_clock(1_000, true, 5, 5).is_ok());
        assert!(!check_clock(0, true, 5, 6).is_ok());
        assert!(!check_clock(1_000, false, 6, 5).is_ok());
    }

    #[test]
    fn a_filter_that_turns_all_off_is_a_problem() {
        for filter in ["", "info", "info,shop=off", "off_world=debug"] {
            assert!(check_filter(filter).is_ok(), "{filter}");
        }
        for filter in ["off", "shop=debug, OFF"] {
            assert!(!check_filter(filter).is_ok(), "{filter}");
        }
    }
}
