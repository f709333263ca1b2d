//! Colours of a terminal.

use core::fmt::{self, Display};

use ttlog_core::Level;

/// A style of text on a terminal: the numbers between `ESC [` and `m`.
///
/// # Examples
///
/// ```
/// use ttlog_reader::Style;
///
/// assert_eq!(Style::STRONG.paint(true, "7 events").to_string(), "\x1b[1m7 events\x1b[0m");
/// assert_eq!(Style::STRONG.paint(false, "7 events").to_string(), "7 events");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Style(&'static str);

impl Style {
    /// The style of secondary text.
    pub const FAINT: Self = Self("2");
    /// The style of headings.
    pub const STRONG: Self = Self("1");
    /// The style of field names.
    pub const NAME: Self = Self("36");

    /// Returns the style of a level.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_reader::{Level, Style};
    ///
    /// let red = Style::of_level(Level::Error).paint(true, "ERROR");
    /// assert_eq!(red.to_string(), "\x1b[31mERROR\x1b[0m");
    /// ```
    #[must_use]
    pub const fn of_level(level: Level) -> Self {
        Self(match level {
            Level::Trace => "2",
            Level::Debug => "34",
            Level::Info => "32",
            Level::Warn => "33",
            Level::Error => "31",
            Level::Fatal => "1;97;41",
        })
    }

    /// Returns a value whose `Display` writes `text` in this style. Without `color`, it writes `text` alone.
    pub fn paint(self, color: bool, text: impl Display) -> impl Display {
        fmt::from_fn(move |f| {
            if color {
                write!(f, "\x1b[{}m{text}\x1b[0m", self.0)
            } else {
                text.fmt(f)
            }
        })
    }
}
