//! No handler of crash signals: this system or processor is not supported.

use std::{io, time::Duration};

use crate::crash_site::CrashSite;

/// The end of a process. See the supported systems.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ProcessEnd {
    Ended,
    TimedOut,
}

/// Returns an error.
pub(crate) fn install(_save: fn(&CrashSite)) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Returns `None`.
pub(crate) fn in_process(_work: &mut dyn FnMut(), _limit: Duration) -> Option<ProcessEnd> {
    None
}
