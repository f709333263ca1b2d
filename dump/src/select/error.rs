//! What was asked for does not suit the files.

use core::{error::Error, fmt};

use ttlog_core::TraceId;

use super::trace::TracePrefix;

/// Why a selection cannot be made.
#[derive(Debug)]
pub(crate) enum SelectError {
    /// Several traces begin like this.
    ManyTraces {
        prefix: TracePrefix,
        first: Vec<TraceId>,
    },
    /// A time of day is asked for, and the file has only its own clock.
    NoWallClock { path: String },
    /// A time is asked for, and the part of the file that tells the time is lost.
    NoClock { path: String },
    /// No wall clock reaches so far.
    OutOfRange,
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManyTraces { prefix, first } => {
                write!(
                    f,
                    "more than one trace begins with {prefix}; give more digits:"
                )?;
                first.iter().try_for_each(|id| write!(f, " {id}"))
            }
            Self::NoWallClock { path } => write!(
                f,
                "{path}: this was recorded without a wall clock; give times as +1.5s from the \
                 start or -5s before the end"
            ),
            Self::NoClock { path } => write!(
                f,
                "{path}: the header is lost, and with it the times; leave out --since and --until"
            ),
            Self::OutOfRange => f.write_str("--since and --until reach from 1970 to 2554"),
        }
    }
}

impl Error for SelectError {}
