//! Recorded text on its way to a terminal.

use core::fmt::{self, Write};

/// Takes text and shows control characters by their escapes: an event stays on its line, and what
/// was logged cannot steer the terminal.
#[derive(Debug)]
pub(crate) struct Plain<'a>(pub(crate) &'a mut String);

impl Write for Plain<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.contains(char::is_control) {
            self.0.push_str(text);
            return Ok(());
        }
        for char in text.chars() {
            if char.is_control() {
                self.0.extend(char.escape_default());
            } else {
                self.0.push(char);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_and_all_others_left() {
        let mut shown = String::new();
        Plain(&mut shown)
            .write_str("ä→\"\\\n\u{1b}[31m\u{9b}")
            .unwrap();
        assert_eq!(shown, "ä→\"\\\\n\\u{1b}[31m\\u{9b}");
    }
}
