//! Text in a buffer of fixed length.

use std::fmt;

/// Text of at most `N` bytes. Text that does not fit is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedText<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> FixedText<N> {
    /// Formats a text. Never allocates, if the values do not.
    pub(crate) fn new(text: fmt::Arguments<'_>) -> Self {
        let mut this = Self {
            bytes: [0; N],
            length: 0,
        };
        // Fails only if a value does. The text then ends there.
        let _ = fmt::write(&mut this, text);
        this
    }

    pub(crate) fn as_str(&self) -> &str {
        let text = str::from_utf8(&self.bytes[..self.length]);
        debug_assert!(text.is_ok());
        text.unwrap_or_default()
    }
}

impl<const N: usize> fmt::Write for FixedText<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let free = N - self.length;
        let kept = &text.as_bytes()[..text.floor_char_boundary(free)];
        self.bytes[self.length..self.length + kept.len()].copy_from_slice(kept);
        self.length += kept.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_does_not_fit_is_cut_between_two_characters() {
        let text = FixedText::<5>::new(format_args!("{}{}{}", "ab", "ßß", "c"));
        assert_eq!(text.as_str(), "abß");
    }
}
