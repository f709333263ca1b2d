//! The values that the decoder returns for recorded arguments.

/// A decoded argument.
///
/// # Examples
///
/// ```
/// use ttlog_core::{ScalarValue, Value};
///
/// fn milliseconds(value: Value<'_>) -> Option<u64> {
///     match value {
///         Value::Plain(ScalarValue::U64(ms)) | Value::Some(ScalarValue::U64(ms)) => Some(ms),
///         _ => None,
///     }
/// }
///
/// assert_eq!(milliseconds(Value::Some(ScalarValue::U64(32))), Some(32));
/// assert_eq!(milliseconds(Value::None), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A value outside an `Option`.
    Plain(ScalarValue<'a>),
    /// `Some` of a value.
    Some(ScalarValue<'a>),
    /// `None`.
    None,
}

/// The value of a [`Scalar`](crate::Scalar).
///
/// # Examples
///
/// ```
/// use ttlog_core::{ScalarValue, value::Text};
///
/// fn text<'a>(value: &ScalarValue<'a>) -> Option<&'a str> {
///     match value {
///         ScalarValue::Str(text) | ScalarValue::Formatted(text) => Some(text.text),
///         _ => None,
///     }
/// }
///
/// let city = ScalarValue::Str(Text { text: "Bonn", cut: false });
/// assert_eq!(text(&city), Some("Bonn"));
/// assert_eq!(text(&ScalarValue::U8(7)), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // each variant is named after its Rust type
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
    /// Text that was recorded raw. The reader applies the format spec.
    Str(Text<'a>),
    /// Bytes.
    Bytes {
        /// The bytes that were recorded.
        bytes: &'a [u8],
        /// True if the end was cut off because the record was full.
        cut: bool,
    },
    /// Text that was formatted when the event was recorded. Its format spec is already applied.
    Formatted(Text<'a>),
}

/// Recorded text.
///
/// # Examples
///
/// ```
/// use ttlog_core::{CUT_MARK, ScalarValue, Value, render_value, value::Text};
///
/// let value = Value::Plain(ScalarValue::Str(Text { text: "SELECT", cut: true }));
/// let mut text = String::new();
/// render_value(&value, &mut text).unwrap();
/// assert_eq!(text, format!("SELECT{CUT_MARK}"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text<'a> {
    /// The part that was recorded.
    pub text: &'a str,
    /// True if the end was cut off because the text was too long. Text is cut between two
    /// characters.
    pub cut: bool,
}

/// The character that stands for the end of a text that was cut.
pub const CUT_MARK: char = '…';
