//! The grammar of format strings, as `std::fmt` documents it.
//!
//! This parser does not report errors. The statement then passes the text to `format_args!`, whose
//! errors point into the text.

use core::fmt;

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    /// Literal text. Its braces are still doubled.
    Literal(&'a str),
    /// The place of an argument.
    Placeholder(Placeholder<'a>),
}

/// The part between two braces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placeholder<'a> {
    /// The argument that is shown.
    pub(crate) argument: Position<'a>,
    /// The format in which it is shown.
    pub(crate) spec: Spec<'a, Position<'a>>,
}

/// A reference from a text to an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Position<'a> {
    /// By its position among the arguments after the text. That of `{}` is resolved already.
    Index(usize),
    /// By name.
    Name(&'a str),
}

/// A format spec. `A` is a reference to an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spec<'a, A> {
    /// The fill, the alignment, the sign, `#` and `0`, as they are written.
    flags: &'a str,
    width: Option<Count<'a, A>>,
    precision: Option<Count<'a, A>>,
    /// The trait, such as `?`, `x?` and `e`. Empty for `Display`.
    kind: &'a str,
}

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Count<'a, A> {
    Number(&'a str),
    Argument(A),
}

impl<'a, A> Spec<'a, A> {
    /// Creates a spec that states only a trait.
    pub(crate) const fn of(kind: &'a str) -> Self {
        Self {
            flags: "",
            width: None,
            precision: None,
            kind,
        }
    }

    /// Returns whether the spec shows an address.
    pub(crate) fn is_pointer(&self) -> bool {
        self.kind == "p"
    }

    /// Returns the arguments that are its width and its precision.
    pub(crate) fn counts(&self) -> impl Iterator<Item = &A> {
        self.width
            .iter()
            .chain(&self.precision)
            .filter_map(|count| match count {
                Count::Number(_) => None,
                Count::Argument(argument) => Some(argument),
            })
    }

    /// Replaces the references to arguments by those that `refer` returns. Returns `None` if
    /// `refer` does.
    pub(crate) fn refer<B>(self, mut refer: impl FnMut(A) -> Option<B>) -> Option<Spec<'a, B>> {
        let mut count = |count| match count {
            None => Some(None),
            Some(Count::Number(number)) => Some(Some(Count::Number(number))),
            Some(Count::Argument(argument)) => Some(Some(Count::Argument(refer(argument)?))),
        };
        Some(Spec {
            flags: self.flags,
            width: count(self.width)?,
            precision: count(self.precision)?,
            kind: self.kind,
        })
    }
}

/// Writes a colon and the spec. Writes nothing if the spec states nothing.
impl<A: fmt::Display> fmt::Display for Spec<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            flags,
            width,
            precision,
            kind,
        } = self;
        if !flags.is_empty() || width.is_some() || precision.is_some() || !kind.is_empty() {
            write!(f, ":{flags}")?;
        }
        if let Some(width) = width {
            write!(f, "{width}")?;
        }
        if let Some(precision) = precision {
            write!(f, ".{precision}")?;
        }
        f.write_str(kind)
    }
}

impl<A: fmt::Display> fmt::Display for Count<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => f.write_str(number),
            Self::Argument(argument) => write!(f, "{argument}$"),
        }
    }
}

/// Returns the pieces of a text, or `None` if it is not a format string.
pub(crate) fn parse(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut parser = Parser {
        rest: text,
        next: 0,
    };
    let mut pieces = Vec::new();
    while !parser.rest.is_empty() {
        let literal = parser.literal();
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        if !parser.rest.is_empty() {
            pieces.push(Piece::Placeholder(parser.placeholder()?));
        }
    }
    Some(pieces)
}

/// Returns the number of positional arguments that the pieces need.
pub(crate) fn positions(pieces: &[Piece<'_>]) -> usize {
    let placeholders = pieces.iter().filter_map(|piece| match piece {
        Piece::Literal(_) => None,
        Piece::Placeholder(placeholder) => Some(placeholder),
    });
    placeholders
        .flat_map(|Placeholder { argument, spec }| spec.counts().chain([argument]))
        .map(|position| match position {
            Position::Index(index) => index + 1,
            Position::Name(_) => 0,
        })
        .max()
        .unwrap_or(0)
}

/// Returns the name that a literal gives to the placeholder after it: `len` for `"read len="`.
///
/// The name ends directly before `=`, which is the last character. It consists of letters, digits,
/// `_` and `.`. It starts with a letter or `_`, and does not end with `.`.
pub(crate) fn label(literal: &str) -> Option<&str> {
    let before = literal.strip_suffix('=')?;
    let name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let start = before.trim_end_matches(name).len();
    let label = &before[start..];
    let starts = label.starts_with(|c: char| c.is_alphabetic() || c == '_');
    (starts && !label.ends_with('.')).then_some(label)
}

struct Parser<'a> {
    rest: &'a str,
    /// The position of the argument that the next `{}` shows.
    next: usize,
}

impl<'a> Parser<'a> {
    /// Takes the text before the next brace that is not doubled.
    fn literal(&mut self) -> &'a str {
        let mut at = 0;
        while let Some(brace) = self.rest[at..].find(['{', '}']) {
            at += brace;
            let doubled = self.rest[at..].starts_with("{{") || self.rest[at..].starts_with("}}");
            if !doubled {
                return self.take(at);
            }
            at += 2;
        }
        self.take(self.rest.len())
    }

    fn placeholder(&mut self) -> Option<Placeholder<'a>> {
        if !self.eat('{') {
            return None;
        }
        let argument = self.position();
        self.whitespace();
        let spec = if self.eat(':') {
            self.spec()?
        } else {
            Spec::of("")
        };
        self.whitespace();
        // The spec is parsed first, because the `*` of `{:.*}` takes the next argument, and the
        // placeholder shows the one after that.
        let argument = argument.unwrap_or_else(|| self.next_position());
        self.eat('}').then_some(Placeholder { argument, spec })
    }

    fn spec(&mut self) -> Option<Spec<'a, Position<'a>>> {
        let start = self.rest;
        let mut fill = self.rest.chars();
        if fill.next().is_some() && fill.as_str().starts_with(['<', '^', '>']) {
            self.rest = fill.as_str();
        }
        let _ = self.eat('<') || self.eat('^') || self.eat('>');
        let _ = self.eat('+') || self.eat('-');
        self.eat('#');
        // The zero of `0$` is the position of an argument and not the flag.
        if !self.rest.starts_with("0$") {
            self.eat('0');
        }
        let flags = &start[..start.len() - self.rest.len()];
        let width = self.count();
        let precision = match self.eat('.') {
            true if self.eat('*') => Some(Count::Argument(self.next_position())),
            true => self.count(),
            false => None,
        };
        let kinds = ["x?", "X?", "?", "x", "X", "o", "b", "e", "E", "p", ""];
        let kind = kinds.into_iter().find(|kind| self.rest.starts_with(kind))?;
        self.take(kind.len());
        Some(Spec {
            flags,
            width,
            precision,
            kind,
        })
    }

    /// Takes a number, or a reference to an argument with a dollar sign.
    fn count(&mut self) -> Option<Count<'a, Position<'a>>> {
        let start = self.rest;
        let position = self.position()?;
        if self.eat('$') {
            return Some(Count::Argument(position));
        }
        if let Position::Name(_) = position {
            // This is not a width but the name of a trait.
            self.rest = start;
            return None;
        }
        Some(Count::Number(&start[..start.len() - self.rest.len()]))
    }

    fn position(&mut self) -> Option<Position<'a>> {
        let digits = self.length(|c| c.is_ascii_digit());
        if digits > 0 {
            // The formatter takes no larger number. It is left in the text, which is wrong then.
            let index: u16 = self.rest[..digits].parse().ok()?;
            self.take(digits);
            return Some(Position::Index(index.into()));
        }
        // All characters outside ASCII are taken. `Argument::captured` checks them.
        let word =
            |c: char| c == '_' || c.is_alphanumeric() || !(c.is_ascii() || c.is_whitespace());
        let name = self.take(self.length(word));
        (!name.is_empty()).then_some(Position::Name(name))
    }

    fn next_position(&mut self) -> Position<'a> {
        self.next += 1;
        Position::Index(self.next - 1)
    }

    fn whitespace(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, wanted: char) -> bool {
        let after = self.rest.strip_prefix(wanted);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// Returns the length of the longest prefix of which all characters are `wanted`.
    fn length(&self, wanted: impl Fn(char) -> bool) -> usize {
        self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len())
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

#[cfg(test)]
mod tests;
