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
    /// A directive has no level behind `=`, or one that is not known.
    Level {
        /// Start of the directive in the text, in bytes.
        offset: usize,
    },
    /// A directive names a target that cannot exist: it is empty, has no letter, begins with a hyphen, or has
    /// a character that no Rust path has. `shop/pay`, `shop:debug`, `=info` and `-v` are such directives.
    Target {
        /// Start of the directive in the text, in bytes.
        offset: usize,
    },
    /// A directive is one word that is no level but probably meant as one: `inof`, `warnings`, `verbose`.
    /// If it is a target, write `inof=trace`.
    Misspelled {
        /// Start of the directive in the text, in bytes.
        offset: usize,
    },
    /// A directive names a setting instead of a target: `level=info`, `RUST_LOG=info`, `default`. For the
    /// default, write the level alone.
    Setting {
        /// Start of the directive in the text, in bytes.
        offset: usize,
    },
    /// A directive has a span or field in brackets. Callsites are filtered by target and level only.
    Brackets {
        /// Start of the directive in the text, in bytes.
        offset: usize,
    },
    /// Too many contexts are changing the filter at the same time: more than 15 on a host, more than two
    /// on a board.
    Busy,
}

impl FilterError {
    /// Returns the directive that is wrong. `text` is the filter. Returns `None` if the error is not that
    /// of one directive.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::set_filter;
    ///
    /// let filter = "info, sqlx=loud, shop";
    /// let error = set_filter(filter).unwrap_err();
    /// assert_eq!(error.directive(filter), Some("sqlx=loud"));
    /// ```
    #[must_use]
    pub fn directive<'a>(&self, text: &'a str) -> Option<&'a str> {
        let offset = match *self {
            Self::Level { offset }
            | Self::Target { offset }
            | Self::Misspelled { offset }
            | Self::Setting { offset }
            | Self::Brackets { offset } => offset,
            Self::TooLong { .. } | Self::Busy => return None,
        };
        text.get(offset..)?.split(',').next().map(str::trim_ascii)
    }
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
            Self::Target { offset } => write!(
                f,
                "the filter's directive at byte {offset} names no valid target: write \
                 crate::module=level"
            ),
            Self::Misspelled { offset } => write!(
                f,
                "the filter's directive at byte {offset} looks like a misspelled level: write off, \
                 trace, debug, info, warn, error or fatal, or target=trace for a target"
            ),
            Self::Setting { offset } => write!(
                f,
                "the filter's directive at byte {offset} names a setting, not a target: write the \
                 level alone for all targets, or crate::module=level"
            ),
            Self::Brackets { offset } => write!(
                f,
                "the filter's directive at byte {offset} has brackets: write target=level"
            ),
            Self::Busy => {
                f.write_str("too many contexts are changing the filter at the same time: try again")
            }
        }
    }
}

impl Error for FilterError {}
