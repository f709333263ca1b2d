//! Why a filter was not set.

use core::{error::Error, fmt};

use crate::platform::FILTER_MAX_BYTES;

/// Why a filter was not set.
///
/// # Examples
///
/// ```
/// use ttlog_core::{FilterError, set_filter};
///
/// // The second directive starts at byte 5, and no level has its name.
/// assert_eq!(set_filter("info,sqlx=loud"), Err(FilterError::Level { offset: 5 }));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum FilterError {
    /// The text has more than [`FILTER_MAX_BYTES`](crate::FILTER_MAX_BYTES) bytes.
    TooLong {
        /// Length of the text.
        bytes: usize,
    },
    /// A directive has no level, or one that is not known.
    Level {
        /// Start of the directive in the text, in bytes.
        offset: usize,
    },
    /// A directive has a span or field in brackets. Callsites are filtered by target and level only.
    Brackets {
        /// Start of the directive in the text, in bytes.
        offset: usize,
    },
    /// Another context is changing the filter.
    Busy,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(
                    f,
                    "the filter has {bytes} bytes, and the maximum is {FILTER_MAX_BYTES}: use \
                     fewer directives"
                )
            }
            Self::Level { offset } => write!(
                f,
                "the filter's directive at byte {offset} has no valid level: write target=level \
                 with off, trace, debug, info, warn, error or fatal"
            ),
            Self::Brackets { offset } => write!(
                f,
                "the filter's directive at byte {offset} has brackets: write target=level"
            ),
            Self::Busy => f.write_str("another context is changing the filter: try again"),
        }
    }
}

impl Error for FilterError {}
