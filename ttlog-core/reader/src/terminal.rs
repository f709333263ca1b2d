//! Text that is safe to print on a terminal.

use core::fmt::{self, Display, Write};

/// Returns a value whose `Display` writes `text` and escapes all characters that could control a
/// terminal, break the line, or change the visible order of the text.
///
/// These are control characters (C0, DEL, C1), directional marks, invisible characters, line separators
/// and paragraph separators. Writes each as its escape in Rust.
///
/// # Examples
///
/// ```
/// use ttlog_reader::escaped;
///
/// assert_eq!(escaped("ä \u{1b}[31m \u{202e}").to_string(), "ä \\u{1b}[31m \\u{202e}");
/// ```
pub fn escaped(text: impl Display) -> impl Display {
    fmt::from_fn(move |f| write!(Escaping(f), "{text}"))
}

/// A writer that escapes the text for the writer in it, like [`escaped`].
pub(crate) struct Escaping<W>(pub(crate) W);

impl<W: Write> Write for Escaping<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(is_escaped) {
            let (plain, from) = rest.split_at(at);
            self.0.write_str(plain)?;
            let mut chars = from.chars();
            for escape in chars.next().into_iter().flat_map(char::escape_default) {
                self.0.write_char(escape)?;
            }
            rest = chars.as_str();
        }
        self.0.write_str(rest)
    }
}

/// Returns whether the character has to be escaped.
pub(crate) fn is_escaped(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_control();
    }
    matches!(char,
        // C1
        '\u{80}'..='\u{9f}'
        // Directional marks
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Line and paragraph separators
        | '\u{2028}' | '\u{2029}'
        // Invisible characters
        | '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_all_else_is_left() {
        let escapes: &[(u32, u32)] = &[
            (0, 0x1f),
            (0x7f, 0x9f),
            (0xad, 0xad),
            (0x61c, 0x61c),
            (0x180e, 0x180e),
            (0x200b, 0x200f),
            (0x2028, 0x202e),
            (0x2060, 0x206f),
            (0xfeff, 0xfeff),
            (0xfff9, 0xfffb),
            (0xe0000, 0xe007f),
        ];
        for char in '\0'..=char::MAX {
            let code = u32::from(char);
            let is_escaped = escapes
                .iter()
                .any(|(from, to)| (*from..=*to).contains(&code));
            let text = format!("a{char}b");
            let shown = escaped(&text).to_string();
            if is_escaped {
                assert_eq!(shown, format!("a{}b", char.escape_default()), "{code:x}");
                assert!(shown.is_ascii());
            } else {
                assert_eq!(shown, text, "{code:x}");
            }
        }
    }
}
