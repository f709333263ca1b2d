//! An argument as the decoder gives it back.

/// A decoded argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A value that was not in an `Option`.
    Plain(ScalarValue<'a>),
    /// `Some` of a value.
    Some(ScalarValue<'a>),
    /// `None`.
    None,
}

/// The value of a [`Scalar`](crate::Scalar).
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // each variant is the Rust type of its name
pub enum ScalarValue<'a> {
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    I128(i128),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    U128(u128),
    F32(f32),
    F64(f64),
    Bool(bool),
    Char(char),
    /// Text that was given as text; format specs still apply to it.
    Str(Text<'a>),
    /// Bytes, and whether their end was cut off.
    Bytes {
        /// What was kept.
        bytes: &'a [u8],
        /// Whether there was more.
        cut: bool,
    },
    /// Text that was formatted, format spec and all, when the event was recorded.
    Formatted(Text<'a>),
}

/// Recorded text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text<'a> {
    /// What was kept of it.
    pub text: &'a str,
    /// Whether its end was cut off, at a character boundary, because it was over the limit.
    pub cut: bool,
}

/// What is shown in place of the end of a text that was cut.
pub const CUT_MARK: char = '…';
