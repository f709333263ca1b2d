//! The kind of an argument: one byte that a callsite stores for each of its arguments.

/// The scalar type of an argument. Files contain its number.
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
    /// Bytes, in the same layout as text.
    Bytes = 16,
    /// Text that was formatted when the event was recorded, in the same layout as text. The value
    /// was of none of the types above.
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
/// The byte of a kind has the number of the scalar in its low five bits. Bit 7 is set for an
/// `Option`. An optional argument begins with a word that is 1 for `Some`, or 0 for `None`, in
/// which case no other word follows.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Kind, Scalar};
///
/// let kind = Kind { scalar: Scalar::U32, optional: true };
/// assert_eq!(kind.to_byte(), 0x88);
/// assert_eq!(Kind::from_byte(0x88), Some(kind));
/// assert_eq!(Kind::from_byte(0), None);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Kind {
    /// The type of the value.
    pub scalar: Scalar,
    /// True if the value is in an `Option`.
    pub optional: bool,
}

impl Kind {
    const OPTIONAL: u8 = 0x80;

    /// Returns the byte that callsites store.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self.scalar as u8 | if self.optional { Self::OPTIONAL } else { 0 }
    }

    /// Returns the kind of a byte, or `None` if no kind has this byte.
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
