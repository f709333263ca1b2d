//! What an argument is: the byte that a callsite keeps for each of its arguments.

/// The scalar type of an argument, as a number in files.
///
/// `usize` and `isize` are recorded as the integers of the target's pointer width.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum Scalar {
    /// `i8`, one word, sign-extended.
    I8 = 1,
    /// `i16`, one word, sign-extended.
    I16 = 2,
    /// `i32`, one word.
    I32 = 3,
    /// `i64`, two words, low word first.
    I64 = 4,
    /// `i128`, four words, low word first.
    I128 = 5,
    /// `u8`, one word.
    U8 = 6,
    /// `u16`, one word.
    U16 = 7,
    /// `u32`, one word.
    U32 = 8,
    /// `u64`, two words, low word first.
    U64 = 9,
    /// `u128`, four words, low word first.
    U128 = 10,
    /// `f32`, its bits in one word.
    F32 = 11,
    /// `f64`, its bits in two words, low word first.
    F64 = 12,
    /// `bool`, one word, 0 or 1.
    Bool = 13,
    /// `char`, its code point in one word.
    Char = 14,
    /// UTF-8 text: a length word, then the bytes, padded with zeros to a whole word.
    Str = 15,
    /// Bytes, laid out as text is.
    Bytes = 16,
    /// Text that was formatted when the event was recorded (`Display` or `Debug` of a type that
    /// is none of the above), laid out as text is.
    Formatted = 17,
}

impl Scalar {
    const ALL: [Self; 17] = [
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::I128,
        Self::U8,
        Self::U16,
        Self::U32,
        Self::U64,
        Self::U128,
        Self::F32,
        Self::F64,
        Self::Bool,
        Self::Char,
        Self::Str,
        Self::Bytes,
        Self::Formatted,
    ];
}

/// The kind of an argument: a scalar, or an `Option` of one.
///
/// As a byte: the scalar's number in the low five bits, bit 7 set for an `Option`. An optional
/// argument is led by a word that is 0 for `None` (nothing follows) and 1 for `Some`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Kind {
    /// The scalar itself.
    pub scalar: Scalar,
    /// Whether it is wrapped in an `Option`.
    pub optional: bool,
}

impl Kind {
    const OPTIONAL: u8 = 0x80;

    /// The kind as the byte that callsites keep.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self.scalar as u8 | if self.optional { Self::OPTIONAL } else { 0 }
    }

    /// The kind of a byte, where it is one.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        let number = usize::from(byte & !Self::OPTIONAL);
        let scalar = *Scalar::ALL.get(number.checked_sub(1)?)?;
        Some(Self {
            scalar,
            optional: byte & Self::OPTIONAL != 0,
        })
    }
}
