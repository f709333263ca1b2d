//! The text of a callsite, cut into what is written as it is and what an argument fills in.

use crate::render::spec::Spec;

/// The pieces of a text, first to last.
///
/// Any text is a template: braces that make no placeholder are literal.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    rest: &'a str,
}

/// A part of a [`Template`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece<'a> {
    /// Text to write as it is; escaped braces are already single.
    Literal(&'a str),
    /// The place of an argument.
    Placeholder {
        /// Which argument.
        index: usize,
        /// How to show it.
        spec: Spec,
        /// The placeholder as it stands in the template, braces and all.
        source: &'a str,
    },
}

impl<'a> Template<'a> {
    /// Starts at the beginning of `text`.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Goes on `passed` bytes, of which the first `shown` are text.
    fn literal(&mut self, shown: usize, passed: usize) -> Piece<'a> {
        let text = &self.rest[..shown];
        self.rest = &self.rest[passed..];
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

/// The placeholder that `text` begins with, and what follows it.
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
    cursor.take('}').then_some((index, spec, cursor.rest))
}

/// How much of a text that begins with a stray brace belongs to that brace: to its closing brace,
/// unless another placeholder begins before.
fn damaged_bytes(text: &str) -> usize {
    match text[1..].find(['{', '}']) {
        Some(gap) if text.starts_with('{') && text[1 + gap..].starts_with('}') => gap + 2,
        _ => 1,
    }
}

/// A place in a text that is being parsed.
pub(crate) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next two characters, where there are as many.
    pub(crate) fn peek_two(&self) -> (Option<char>, Option<char>) {
        let mut chars = self.rest.chars();
        (chars.next(), chars.next())
    }

    /// Goes past one character, whatever it is.
    pub(crate) fn skip(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    /// Goes past `wanted`; false if something else is next.
    pub(crate) fn take(&mut self, wanted: char) -> bool {
        let after = self.rest.strip_prefix(wanted);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// Goes past a decimal number; one that is too large is `usize::MAX`.
    pub(crate) fn number(&mut self) -> Option<usize> {
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

    fn skip_whitespace(&mut self) {
        self.rest = self.rest.trim_start();
    }
}
