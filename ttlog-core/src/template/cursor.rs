//! The position in a text that is parsed.

/// The part of a text that is not parsed yet.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// Creates a cursor at the beginning of `text`.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Returns the text that is not parsed yet.
    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// Returns the next two characters. Each is `None` at the end of the text.
    pub(super) fn peek_two(&self) -> (Option<char>, Option<char>) {
        let mut chars = self.rest.chars();
        (chars.next(), chars.next())
    }

    /// Skips one character.
    pub(super) fn skip(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    /// Skips the character `wanted`. Returns `false` if another one is next.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let after = self.rest.strip_prefix(wanted);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// Skips and returns a decimal number. A number that is too large is `usize::MAX`.
    pub(super) fn number(&mut self) -> Option<usize> {
        let mut number: Option<usize> = None;
        while let (Some(next), _) = self.peek_two()
            && let Some(digit) = next.to_digit(10)
        {
            let shifted = number.unwrap_or(0).saturating_mul(10);
            number = Some(shifted.saturating_add(digit as usize));
            self.skip();
        }
        number
    }

    /// Skips white space.
    pub(super) fn skip_whitespace(&mut self) {
        self.rest = self.rest.trim_start();
    }
}
