//! The call error: why a call brought no reply.

use core::{error::Error, fmt};

/// Why a call brought no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// No reply by the deadline.
    TimedOut {
        /// Who was called.
        service: &'static str,
    },
    /// No inbox had room by the deadline.
    Overloaded {
        /// Who was called.
        service: &'static str,
    },
    /// The instance that had the request has crashed, or all have ended.
    Closed {
        /// Who was called.
        service: &'static str,
    },
    /// Too many of the last calls failed: this one was not made.
    BreakerOpen {
        /// Who was not called.
        service: &'static str,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut { service } => write!(out, "{service} did not answer in time"),
            Self::Overloaded { service } => write!(out, "{service} has no room for a request"),
            Self::Closed { service } => write!(out, "{service} is closed"),
            Self::BreakerOpen { service } => write!(out, "the breaker before {service} is open"),
        }
    }
}

impl Error for CallError {}
