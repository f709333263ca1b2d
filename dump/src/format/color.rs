//! Colours of a terminal.

use core::fmt::{self, Display};

use ttlog_core::Level;

/// A way to draw text: the numbers between `ESC [` and `m`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style(&'static str);

impl Style {
    pub(super) const FAINT: Self = Self("2");
    pub(super) const STRONG: Self = Self("1");
    pub(super) const NAME: Self = Self("36");

    pub(super) const fn of_level(level: Level) -> Self {
        Self(match level {
            Level::Trace => "2",
            Level::Debug => "34",
            Level::Info => "32",
            Level::Warn => "33",
            Level::Error => "31",
            Level::Fatal => "1;97;41",
        })
    }
}

/// Draws, or leaves text as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Painter {
    pub(super) color: bool,
}

impl Painter {
    pub(super) fn paint<T: Display>(self, style: Style, text: T) -> Painted<T> {
        Painted {
            style: self.color.then_some(style),
            text,
        }
    }
}

/// Text with its style.
#[derive(Clone, Copy, Debug)]
pub(super) struct Painted<T> {
    style: Option<Style>,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            Some(Style(style)) => write!(f, "\x1b[{style}m{}\x1b[0m", self.text),
            None => self.text.fmt(f),
        }
    }
}
