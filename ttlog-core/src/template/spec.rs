//! The format spec of a placeholder: the part after the colon.

use super::cursor::Cursor;

/// The format of an argument, in the grammar of `core::fmt`.
///
/// `C` is the type of a width and a precision: a [`Count`] as it is written, or a number after the
/// arguments have been looked up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spec<C = Count> {
    /// The character that padding consists of.
    pub fill: char,
    /// The alignment of the value. `None`: left for text, right for numbers.
    pub align: Option<Align>,
    /// `+`: positive numbers have a sign as well.
    pub plus: bool,
    /// `#`: the alternate form.
    pub alternate: bool,
    /// `0`: numbers are padded with zeros between the sign and the digits.
    pub zero: bool,
    /// The minimum number of characters.
    pub width: Option<C>,
    /// The number of digits after the point, or the maximum number of characters of a text.
    pub precision: Option<C>,
    /// The trait that shows the value.
    pub format: Format,
}

/// A width or a precision as it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Count {
    /// The number itself.
    Literal(u16),
    /// The index of the argument that is the number.
    Argument(usize),
}

/// The alignment of a value within its width.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // the names of the variants are their documentation
pub enum Align {
    Left,
    Centre,
    Right,
}

/// The trait of `core::fmt` that shows a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs)] // each variant is named after its trait
pub enum Format {
    Display,
    Debug,
    /// `x?`: `Debug` with integers in `LowerHex`.
    DebugLowerHex,
    /// `X?`: `Debug` with integers in `UpperHex`.
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
    /// Parses a spec. It ends at the first character that the grammar does not allow. The caller
    /// checks that character.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Self {
        let mut spec = Self::default();
        spec.parse_align(cursor);
        // A minus is part of the grammar but has no effect.
        spec.plus = cursor.take('+');
        if !spec.plus {
            cursor.take('-');
        }
        spec.alternate = cursor.take('#');
        // The zero of `0$` is the index of an argument and not the flag.
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
