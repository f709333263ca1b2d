//! No handler of crash signals: this system or processor is not supported.

use std::{io, time::Duration};

use crate::{crash_signal::CrashSignal, crash_site::CrashSite};

/// The end of a process. See the supported systems.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ProcessEnd {
    Ended,
    TimedOut,
}

/// A process of a crash. See the supported systems.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Helper {
    Writer,
    SecondWriter,
    Printer,
}

impl Helper {
    pub(crate) const WRITERS: [Self; 2] = [Self::Writer, Self::SecondWriter];
}

/// A limit for a crash. See the supported systems.
pub(crate) struct EndTimer;

impl EndTimer {
    /// Starts nothing.
    pub(crate) fn start(_signal: i32, _limit: Duration) -> Self {
        Self
    }
}

/// The state of the handler. See the supported systems.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum HandlerState {
    Absent,
    InForce,
    Replaced(CrashSignal),
}

/// Returns that there is none.
pub(crate) fn state() -> HandlerState {
    HandlerState::Absent
}

/// Returns an error.
pub(crate) fn install(_save: fn(&CrashSite)) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Returns `None`.
pub(crate) fn in_process(
    _helper: Helper,
    _work: &mut dyn FnMut(),
    _limit: Duration,
) -> Option<ProcessEnd> {
    None
}
