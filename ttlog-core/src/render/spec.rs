//! What a placeholder says after its colon.

use crate::{
    template::Cursor,
    value::{ScalarValue, Value},
};

/// How to show an argument, in the grammar of `core::fmt`.
///
/// `C` is what a width or a precision is: a [`Count`] as written, a number once the arguments are
/// known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spec<C = Count> {
    /// What padding consists of.
    pub fill: char,
    /// On which side the value stands, where the spec says so.
    pub align: Option<Align>,
    /// `+`: positive numbers have a sign too.
    pub plus: bool,
    /// `#`: the alternate form.
    pub alternate: bool,
    /// `0`: numbers are padded with zeros between sign and digits.
    pub zero: bool,
    /// The least number of characters.
    pub width: Option<C>,
    /// The digits after the point, or the most characters of a text.
    pub precision: Option<C>,
    /// The form of the value.
    pub format: Format,
}

/// A width or a precision as it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Count {
    /// The number itself.
    Literal(u16),
    /// The index of the argument that has the number.
    Argument(usize),
}

/// On which side of its padding a value stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // each variant is what its name says
pub enum Align {
    Left,
    Centre,
    Right,
}

/// The form of a value, named after the trait of `core::fmt` that shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // each variant is the trait of its name
pub enum Format {
    Display,
    Debug,
    /// `x?`: as `Debug`, with integers as in `LowerHex`.
    DebugLowerHex,
    /// `X?`: as `Debug`, with integers as in `UpperHex`.
    DebugUpperHex,
    Octal,
    LowerHex,
    UpperHex,
    Binary,
    LowerExp,
    UpperExp,
    Pointer,
}

impl<C> Default for Spec<C> {
    fn default() -> Self {
        Self {
            fill: ' ',
            align: None,
            plus: false,
            alternate: false,
            zero: false,
            width: None,
            precision: None,
            format: Format::Display,
        }
    }
}

impl Spec {
    /// Reads a spec. It ends where the grammar does not go on; what follows is the caller's to
    /// judge.
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> Self {
        let mut spec = Self::default();
        spec.parse_align(cursor);
        // A minus is part of the grammar, and without effect.
        spec.plus = cursor.take('+');
        if !spec.plus {
            cursor.take('-');
        }
        spec.alternate = cursor.take('#');
        // The zero of `0$` is an index, not the flag.
        if cursor.peek_two() != (Some('0'), Some('$')) {
            spec.zero = cursor.take('0');
        }
        spec.width = Count::parse(cursor);
        if cursor.take('.') {
            spec.precision = Count::parse(cursor);
        }
        spec.format = Format::parse(cursor);
        spec
    }

    fn parse_align(&mut self, cursor: &mut Cursor<'_>) {
        let (first, second) = cursor.peek_two();
        if let (Some(fill), Some(align)) = (first, second.and_then(Align::from_char)) {
            self.fill = fill;
            self.align = Some(align);
            cursor.skip();
            cursor.skip();
        } else if let Some(align) = first.and_then(Align::from_char) {
            self.align = Some(align);
            cursor.skip();
        }
    }

    /// Looks up width and precision; `None` if one of them is not a number among `values`.
    pub(crate) fn resolve(&self, values: &[Value<'_>]) -> Option<Spec<u16>> {
        let number = |count: Option<Count>| match count {
            Some(count) => count.resolve(values).map(Some),
            None => Some(None),
        };
        Some(Spec {
            fill: self.fill,
            align: self.align,
            plus: self.plus,
            alternate: self.alternate,
            zero: self.zero,
            width: number(self.width)?,
            precision: number(self.precision)?,
            format: self.format,
        })
    }
}

impl Align {
    fn from_char(char: char) -> Option<Self> {
        match char {
            '<' => Some(Self::Left),
            '^' => Some(Self::Centre),
            '>' => Some(Self::Right),
            _ => None,
        }
    }
}

impl Count {
    fn parse(cursor: &mut Cursor<'_>) -> Option<Self> {
        let number = cursor.number()?;
        Some(if cursor.take('$') {
            Self::Argument(number)
        } else {
            Self::Literal(u16::try_from(number).unwrap_or(u16::MAX))
        })
    }

    /// The number, at most what `core::fmt` allows.
    fn resolve(self, values: &[Value<'_>]) -> Option<u16> {
        let index = match self {
            Self::Literal(number) => return Some(number),
            Self::Argument(index) => index,
        };
        let Value::Plain(scalar) = values.get(index)? else {
            return None;
        };
        let number = match *scalar {
            ScalarValue::U8(number) => number.into(),
            ScalarValue::U16(number) => number.into(),
            ScalarValue::U32(number) => number.into(),
            ScalarValue::U64(number) => number.into(),
            ScalarValue::U128(number) => number,
            _ => return None,
        };
        Some(u16::try_from(number).unwrap_or(u16::MAX))
    }
}

impl Format {
    fn parse(cursor: &mut Cursor<'_>) -> Self {
        let (format, length) = match cursor.peek_two() {
            (Some('x'), Some('?')) => (Self::DebugLowerHex, 2),
            (Some('X'), Some('?')) => (Self::DebugUpperHex, 2),
            (Some('?'), _) => (Self::Debug, 1),
            (Some('o'), _) => (Self::Octal, 1),
            (Some('x'), _) => (Self::LowerHex, 1),
            (Some('X'), _) => (Self::UpperHex, 1),
            (Some('b'), _) => (Self::Binary, 1),
            (Some('e'), _) => (Self::LowerExp, 1),
            (Some('E'), _) => (Self::UpperExp, 1),
            (Some('p'), _) => (Self::Pointer, 1),
            _ => (Self::Display, 0),
        };
        for _ in 0..length {
            cursor.skip();
        }
        format
    }
}
