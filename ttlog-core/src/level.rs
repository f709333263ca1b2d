//! How important an event is.

use core::{error::Error, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How important an event is; a later variant is more important.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[repr(u8)]
pub enum Level {
    /// Every step.
    Trace,
    /// What a developer of this code looks at.
    Debug,
    /// What an operator looks at.
    Info,
    /// Something is wrong, the work goes on.
    Warn,
    /// A piece of work failed.
    Error,
    /// The program cannot go on.
    Fatal,
}

impl Level {
    /// All levels, least important first. A level's place here is its number in files.
    pub const ALL: [Self; 6] = [
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Fatal,
    ];

    /// How many levels there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The least important level that is compiled in (`max_level_*` features), as its number;
    /// [`Level::COUNT`] where none is.
    pub const STATIC_MIN: u8 = if cfg!(feature = "max_level_off") {
        Self::COUNT as u8
    } else if cfg!(feature = "max_level_fatal") {
        Self::Fatal as u8
    } else if cfg!(feature = "max_level_error") {
        Self::Error as u8
    } else if cfg!(feature = "max_level_warn") {
        Self::Warn as u8
    } else if cfg!(feature = "max_level_info") {
        Self::Info as u8
    } else if cfg!(feature = "max_level_debug") {
        Self::Debug as u8
    } else {
        Self::Trace as u8
    };

    /// Whether events of this level are compiled in.
    #[must_use]
    pub const fn is_compiled_in(self) -> bool {
        (self as u8).checked_sub(Self::STATIC_MIN).is_some()
    }

    /// The level of a number in a file.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The level's name in capitals, `INFO` for example.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        Self::ALL
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(text))
            .ok_or(UnknownLevel)
    }
}

/// A text that names no level.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownLevel;

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a level: expected trace, debug, info, warn, error or fatal")
    }
}

impl Error for UnknownLevel {}
