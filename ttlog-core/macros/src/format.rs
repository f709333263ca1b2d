//! The grammar of format strings, as `std::fmt` documents it.
//!
//! Nothing here says what is wrong with a text: `format_args!` does, and points into it.

use core::fmt;

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    /// Text as it stands, its braces still doubled.
    Literal(&'a str),
    /// The place of an argument.
    Placeholder(Placeholder<'a>),
}

/// What stands between braces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Placeholder<'a> {
    /// What to show.
    pub(crate) argument: Position<'a>,
    /// How to show it.
    pub(crate) spec: Spec<'a, Position<'a>>,
}

/// How a text refers to an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Position<'a> {
    /// By its place among those that follow the text; `{}` is counted already.
    Index(usize),
    /// By name.
    Name(&'a str),
}

/// How an argument is shown; `A` is how it refers to arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spec<'a, A> {
    /// Fill, alignment, sign, `#` and `0`, as they are written.
    flags: &'a str,
    width: Option<Count<'a, A>>,
    precision: Option<Count<'a, A>>,
    /// The trait: `?`, `x?`, `e`; nothing for `Display`.
    kind: &'a str,
}

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Count<'a, A> {
    Number(&'a str),
    Argument(A),
}

impl<'a, A> Spec<'a, A> {
    /// The spec of nothing but a trait.
    pub(crate) const fn of(kind: &'a str) -> Self {
        Self {
            flags: "",
            width: None,
            precision: None,
            kind,
        }
    }

    /// Whether it shows an address.
    pub(crate) fn is_pointer(&self) -> bool {
        self.kind == "p"
    }

    /// The arguments that its width and its precision are taken from.
    pub(crate) fn counts(&self) -> impl Iterator<Item = &A> {
        self.width
            .iter()
            .chain(&self.precision)
            .filter_map(|count| match count {
                Count::Number(_) => None,
                Count::Argument(argument) => Some(argument),
            })
    }

    /// The same spec with other references to arguments; `None` where `refer` has none.
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

/// Writes the spec with the colon before it, and nothing where there is nothing to say.
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

/// The pieces of a text; `None` where it is not a format string.
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

struct Parser<'a> {
    rest: &'a str,
    /// The place of the argument that the next `{}` shows.
    next: usize,
}

impl<'a> Parser<'a> {
    /// Everything before a brace that stands alone.
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
        // The spec comes first: `{:.*}` takes its precision from an argument before the shown one.
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
        // `0$` is a width, not a flag without one.
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

    /// A number, or a reference to an argument and a dollar sign.
    fn count(&mut self) -> Option<Count<'a, Position<'a>>> {
        let start = self.rest;
        let position = self.position()?;
        if self.eat('$') {
            return Some(Count::Argument(position));
        }
        if let Position::Name(_) = position {
            // It is the trait's name, which comes next.
            self.rest = start;
            return None;
        }
        Some(Count::Number(&start[..start.len() - self.rest.len()]))
    }

    fn position(&mut self) -> Option<Position<'a>> {
        let digits = self.length(|c| c.is_ascii_digit());
        if digits > 0 {
            // A number too large for the formatter is not taken, and so in the way of all else.
            let index: u16 = self.rest[..digits].parse().ok()?;
            self.take(digits);
            return Some(Position::Index(index.into()));
        }
        // Of other scripts all is taken; whoever makes an identifier of it checks it.
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

    /// How many bytes at the front are of `wanted` characters.
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
