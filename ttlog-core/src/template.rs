//! The text of a callsite as literal text and placeholders.
//!
//! The grammar is that of `core::fmt`, with one restriction: a placeholder refers to its argument
//! by number, as in `{0}` and `{1:>2$.3}`. The macros replace names and `{}` by numbers before
//! they store a text. The text in a file is not trusted, so every text is a template. What is not
//! a placeholder is literal.

mod cursor;
mod spec;

use self::cursor::Cursor;
pub(crate) use self::spec::{Align, Count, Format, Spec};

/// An iterator over the pieces of a callsite's text.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Piece, Template};
///
/// let mut template = Template::new("order {0:>5} {{paid}}");
/// assert_eq!(template.next(), Some(Piece::Literal("order ")));
/// let Some(Piece::Placeholder { index, source, .. }) = template.next() else {
///     panic!("the text has a placeholder");
/// };
/// assert_eq!((index, source), (0, "{0:>5}"));
/// assert_eq!(template.next(), Some(Piece::Literal(" {")));
/// ```
#[derive(Clone, Debug)]
pub struct Template<'a> {
    rest: &'a str,
}

/// A part of a [`Template`].
///
/// # Examples
///
/// The arguments that a text shows:
///
/// ```
/// use ttlog_core::{Piece, Template};
///
/// let shown = Template::new("order {1} of {0:>4}: {1}").filter_map(|piece| match piece {
///     Piece::Placeholder { index, .. } => Some(index),
///     Piece::Literal(_) => None,
/// });
/// assert!(shown.eq([1, 0, 1]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece<'a> {
    /// Text to write as it is. Doubled braces are already single.
    Literal(&'a str),
    /// The place of an argument.
    Placeholder {
        /// The number of the argument, from 0.
        index: usize,
        /// The format of the argument.
        spec: Spec,
        /// The placeholder as it is written in the text, with its braces.
        source: &'a str,
    },
}

impl<'a> Template<'a> {
    /// Creates an iterator that starts at the beginning of `text`.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Skips `skipped` bytes and returns the first `shown` of them.
    fn literal(&mut self, shown: usize, skipped: usize) -> Piece<'a> {
        let text = &self.rest[..shown];
        self.rest = &self.rest[skipped..];
        Piece::Literal(text)
    }
}

impl<'a> Iterator for Template<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let Some(at) = self.rest.find(['{', '}']) else {
            return Some(self.literal(self.rest.len(), self.rest.len()));
        };
        let braces = &self.rest[at..];
        if braces.starts_with("{{") || braces.starts_with("}}") {
            return Some(self.literal(at + 1, at + 2));
        }
        if at > 0 {
            return Some(self.literal(at, at));
        }
        if let Some((index, spec, after)) = placeholder(braces) {
            let source = &braces[..braces.len() - after.len()];
            self.rest = after;
            return Some(Piece::Placeholder {
                index,
                spec,
                source,
            });
        }
        let damaged = damaged_bytes(braces);
        Some(self.literal(damaged, damaged))
    }
}

/// Returns the placeholder that `text` begins with, and the text after it.
fn placeholder(text: &str) -> Option<(usize, Spec, &str)> {
    let mut cursor = Cursor::new(text);
    if !cursor.take('{') {
        return None;
    }
    let index = cursor.number()?;
    let spec = if cursor.take(':') {
        Spec::parse(&mut cursor)
    } else {
        Spec::default()
    };
    cursor.skip_whitespace();
    cursor.take('}').then_some((index, spec, cursor.rest()))
}

/// Returns the length of the literal text that starts with a stray brace.
///
/// It ends with the closing brace, or before the next opening one if that comes first.
fn damaged_bytes(text: &str) -> usize {
    match text[1..].find(['{', '}']) {
        Some(gap) if text.starts_with('{') && text[1 + gap..].starts_with('}') => gap + 2,
        _ => 1,
    }
}
