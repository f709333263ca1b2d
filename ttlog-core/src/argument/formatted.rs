//! Text that is formatted when the event is recorded.

use core::fmt::{self, Display, Write};

use super::{
    bytes::{put_text, text_words},
    layout::FORMATTED_MAX_BYTES,
    room::Room,
    store::{Limit, ScalarStore, sealed::Sealed},
};
use crate::{kind::Scalar, text::cut_to_boundary, value::CUT_MARK};

/// A bounded buffer of formatted text, on the caller's stack.
///
/// Text over [`FORMATTED_MAX_BYTES`] is cut between two characters and marked as cut. The macros
/// use this type for values that cannot be recorded raw.
///
/// # Examples
///
/// ```
/// use core::fmt::Write;
/// use ttlog_core::argument::Formatted;
///
/// let address = Formatted::new(|out| write!(out, "{}:{}", "10.0.0.1", 80));
/// assert_eq!(address.as_str(), "10.0.0.1:80");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Formatted {
    text: heapless::String<FORMATTED_MAX_BYTES>,
    cut: bool,
}

impl Formatted {
    /// Runs `format` on an empty buffer.
    ///
    /// If `format` returns an error, the text ends there and is marked as cut. An error from a
    /// value's `Display` must not end the program.
    ///
    /// # Examples
    ///
    /// Text that is too long is marked when it is displayed:
    ///
    /// ```
    /// use core::fmt::Write;
    /// use ttlog_core::argument::{FORMATTED_MAX_BYTES, Formatted};
    ///
    /// let text = "x".repeat(FORMATTED_MAX_BYTES + 1);
    /// let formatted = Formatted::new(|out| out.write_str(&text));
    /// assert_eq!(formatted.as_str().len(), FORMATTED_MAX_BYTES);
    /// assert!(formatted.to_string().ends_with(ttlog_core::CUT_MARK));
    /// ```
    #[inline]
    pub fn new(format: impl FnOnce(&mut Self) -> fmt::Result) -> Self {
        let mut this = Self::default();
        if format(&mut this).is_err() {
            this.cut = true;
        }
        this
    }

    /// Returns the text, without a mark if it is cut.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Write for Formatted {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut {
            return Ok(());
        }
        let kept = cut_to_boundary(text, FORMATTED_MAX_BYTES - self.text.len());
        self.cut = kept.len() < text.len();
        self.text.push_str(kept).map_err(|_| fmt::Error)
    }
}

/// Writes the text, and [`CUT_MARK`] after it if it is cut. The format spec has no effect.
impl Display for Formatted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if self.cut {
            f.write_char(CUT_MARK)?;
        }
        Ok(())
    }
}

impl Sealed for Formatted {}

impl ScalarStore for Formatted {
    const SCALAR: Scalar = Scalar::Formatted;
    const HAS_TEXT: bool = true;

    #[inline]
    fn words(&self, limit: impl Limit) -> usize {
        text_words(&self.text, limit)
    }

    #[inline]
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L) {
        put_text(room, &self.text, limit, self.cut);
    }
}

impl Sealed for &Formatted {}

impl ScalarStore for &Formatted {
    const SCALAR: Scalar = Scalar::Formatted;
    const HAS_TEXT: bool = true;

    #[inline]
    fn words(&self, limit: impl Limit) -> usize {
        ScalarStore::words(*self, limit)
    }

    #[inline]
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L) {
        ScalarStore::store(*self, room, limit);
    }
}
