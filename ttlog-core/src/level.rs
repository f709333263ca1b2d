//! The level of an event.

use core::{error::Error, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The importance of an event. A later variant is more important.
///
/// # Examples
///
/// ```
/// use ttlog_core::Level;
///
/// assert!(Level::Error > Level::Info);
/// assert_eq!("warning".parse(), Ok(Level::Warn));
/// assert_eq!(format!("[{:5}]", Level::Info), "[INFO ]");
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[repr(u8)]
pub enum Level {
    /// Every step of the program.
    Trace,
    /// Details for a developer of this code.
    Debug,
    /// Facts for an operator.
    Info,
    /// Something is wrong, and the work goes on.
    Warn,
    /// A piece of work failed.
    Error,
    /// The program cannot continue.
    Fatal,
}

impl Level {
    /// All levels, the least important first. The index of a level is its number in files.
    pub const ALL: [Self; 6] = [
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Fatal,
    ];

    /// Number of levels.
    pub const COUNT: usize = Self::ALL.len();

    /// Number of the least important level that is compiled in (`max_level_*` features);
    /// [`Level::COUNT`] if none is.
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

    /// Returns whether events of this level are compiled in.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Level;
    ///
    /// let is_high_enough = Level::Debug as u8 >= Level::STATIC_MIN;
    /// assert_eq!(Level::Debug.is_compiled_in(), is_high_enough);
    /// ```
    #[must_use]
    pub const fn is_compiled_in(self) -> bool {
        (self as u8).checked_sub(Self::STATIC_MIN).is_some()
    }

    /// Returns the level with this number in files.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Level;
    ///
    /// assert_eq!(Level::from_number(3), Some(Level::Warn));
    /// assert_eq!(Level::from_number(6), None);
    /// ```
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Returns the names and aliases of all levels.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        let names = Self::ALL.into_iter().map(Self::name);
        names.chain(ALIASES.iter().map(|&(alias, _)| alias))
    }

    /// Returns the name in capitals, `INFO` for example.
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

/// Names of levels in other loggers.
const ALIASES: [(&str, Level); 5] = [
    ("warning", Level::Warn),
    ("err", Level::Error),
    ("information", Level::Info),
    ("critical", Level::Fatal),
    ("crit", Level::Fatal),
];

/// Reads a name or an alias, in capitals or not: `warning`, `err`, `information`, `critical` and `crit`
/// stand for `warn`, `error`, `info`, `fatal` and `fatal`.
impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        let is_meant = |name: &str| name.eq_ignore_ascii_case(text);
        let named = Self::ALL.into_iter().find(|level| is_meant(level.name()));
        let alias = || ALIASES.iter().find(|(alias, _)| is_meant(alias));
        named
            .or_else(|| alias().map(|&(_, level)| level))
            .ok_or(UnknownLevel)
    }
}

/// The text is not the name of a level.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Level, UnknownLevel};
///
/// assert_eq!("verbose".parse::<Level>(), Err(UnknownLevel));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownLevel;

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a level: expected trace, debug, info, warn, error or fatal")
    }
}

impl Error for UnknownLevel {}
