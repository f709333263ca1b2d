//! Text that is formatted when the event is recorded.

use core::fmt;

use super::{
    Limit, Room, ScalarStore,
    scalar::{bytes_words, cut_flag, put_bytes, put_cut_text},
    sealed::Sealed,
};
use crate::{kind::Scalar, text::cut_to_boundary};

/// The most bytes that are kept of one argument that has to be formatted: 1,024 on a host, 128
/// without an operating system, where they lie on the caller's small stack.
pub const FORMATTED_MAX_BYTES: usize = if cfg!(target_os = "none") { 128 } else { 1024 };

/// A bounded buffer on the caller's stack that takes formatted text and notes when it was cut.
#[derive(Clone, Debug, Default)]
pub struct Formatted {
    text: heapless::String<FORMATTED_MAX_BYTES>,
    cut: bool,
}

impl Formatted {
    /// Formats by running `format` on an empty buffer.
    ///
    /// An error that `format` itself returns ends the text there, marked as cut; one of the
    /// user's `Display` must not end the program.
    #[inline]
    pub fn new(format: impl FnOnce(&mut Self) -> fmt::Result) -> Self {
        let mut this = Self::default();
        if format(&mut this).is_err() {
            this.cut = true;
        }
        this
    }

    /// The text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Write for Formatted {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut {
            return Ok(());
        }
        let kept = cut_to_boundary(text, FORMATTED_MAX_BYTES - self.text.len());
        self.cut = kept.len() < text.len();
        self.text.push_str(kept).map_err(|_| fmt::Error)
    }
}

impl Sealed for Formatted {}

impl ScalarStore for Formatted {
    const SCALAR: Scalar = Scalar::Formatted;
    const HAS_TEXT: bool = true;

    #[inline]
    fn words(&self, limit: impl Limit) -> usize {
        bytes_words(cut_to_boundary(&self.text, limit.max_bytes()).len())
    }

    #[inline]
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L) {
        let cut = cut_flag(self.cut);
        if L::IS_NONE {
            put_bytes(room, self.text.as_bytes(), cut);
        } else {
            put_cut_text(room, &self.text, limit.max_bytes(), cut);
        }
    }
}
