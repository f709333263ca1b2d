//! The value of an argument, in the types of JSON.

use core::fmt::{self, Display, Write};
use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use ttlog_core::{CUT_MARK, ScalarValue, Value};

/// The value of an argument, in the types of JSON.
///
/// | argument | value |
/// | --- | --- |
/// | integer from -2^53 to 2^53 | [`Integer`](Self::Integer) |
/// | any other integer | [`Text`](Self::Text), because many JSON parsers round it |
/// | float | [`Float`](Self::Float); [`Text`](Self::Text) for `NaN`, `inf` and `-inf` |
/// | bytes | [`Text`](Self::Text) of two hex digits for each byte |
/// | `Option` | [`Null`](Self::Null) for `None`; the value itself for `Some` |
///
/// Text that was cut when it was recorded ends in `…`.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{EventRef, Field};
///
/// /// Returns the field `order_id` of an event.
/// fn order_id(event: &EventRef<'_>) -> Option<i64> {
///     event.fields().find_map(|(key, value)| match value {
///         Field::Integer(id) if key == "order_id" => Some(id),
///         _ => None,
///     })
/// }
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Field<'a> {
    /// `None`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that every JSON parser represents exactly.
    Integer(i64),
    /// A finite floating-point number. An `f32` is the `f64` with the same shortest digits.
    Float(f64),
    /// Text, or a value that no other variant can represent.
    Text(Cow<'a, str>),
}

impl<'a> Field<'a> {
    /// The greatest integer that is exact in a parser that converts numbers to 64-bit floats, for example
    /// jq and JavaScript.
    const EXACT_MAX: u64 = 1 << 53;

    pub(crate) fn new(value: &Value<'a>) -> Self {
        let (Value::Plain(scalar) | Value::Some(scalar)) = value else {
            return Self::Null;
        };
        match *scalar {
            ScalarValue::Bool(value) => Self::Bool(value),
            ScalarValue::I8(value) => Self::Integer(value.into()),
            ScalarValue::I16(value) => Self::Integer(value.into()),
            ScalarValue::I32(value) => Self::Integer(value.into()),
            ScalarValue::U8(value) => Self::Integer(value.into()),
            ScalarValue::U16(value) => Self::Integer(value.into()),
            ScalarValue::U32(value) => Self::Integer(value.into()),
            ScalarValue::I64(value) => Self::integer(value),
            ScalarValue::I128(value) => Self::integer(value),
            ScalarValue::U64(value) => Self::integer(value),
            ScalarValue::U128(value) => Self::integer(value),
            ScalarValue::F32(value) if value.is_finite() => {
                let digits = value.to_string();
                Self::Float(digits.parse().unwrap_or_else(|_| value.into()))
            }
            ScalarValue::F64(value) if value.is_finite() => Self::Float(value),
            // JSON has no representation for these.
            ScalarValue::F32(value) => Self::Text(value.to_string().into()),
            ScalarValue::F64(value) => Self::Text(value.to_string().into()),
            ScalarValue::Char(value) => Self::Text(value.to_string().into()),
            ScalarValue::Bytes { bytes, cut } => {
                let mut text = String::with_capacity(bytes.len() * 2);
                for byte in bytes {
                    // Writing to a String does not fail.
                    let _ = write!(text, "{byte:02x}");
                }
                Self::text(text.into(), cut)
            }
            ScalarValue::Str(text) | ScalarValue::Formatted(text) => {
                Self::text(text.text.into(), text.cut)
            }
        }
    }

    /// Returns the value with an owned copy of its text.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_reader::Field;
    ///
    /// let text = String::from("tea");
    /// let field = Field::Text(text.as_str().into()).into_owned();
    /// drop(text);
    /// assert_eq!(field, Field::Text("tea".into()));
    /// ```
    #[must_use]
    pub fn into_owned(self) -> Field<'static> {
        match self {
            Self::Null => Field::Null,
            Self::Bool(value) => Field::Bool(value),
            Self::Integer(value) => Field::Integer(value),
            Self::Float(value) => Field::Float(value),
            Self::Text(text) => Field::Text(text.into_owned().into()),
        }
    }

    fn integer(value: impl Copy + Display + TryInto<i64>) -> Self {
        match value.try_into() {
            Ok(small) if small.unsigned_abs() <= Self::EXACT_MAX => Self::Integer(small),
            _ => Self::Text(value.to_string().into()),
        }
    }

    fn text(text: Cow<'a, str>, cut: bool) -> Self {
        Self::Text(if cut {
            let mut text = text.into_owned();
            text.push(CUT_MARK);
            text.into()
        } else {
            text
        })
    }
}

/// Writes the value as in JSON, except that text has no quotes and no escapes.
impl Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use ScalarValue::{Bool, Bytes, Char, F32, F64, I64, I128, Str, U8, U64, U128};
    use ttlog_core::value::Text;

    use super::*;

    #[test]
    fn each_kind_of_value_is_written_as_the_schema_says_and_read_again() {
        let cut = Text {
            text: "a\"",
            cut: true,
        };
        for (value, json) in [
            (U8(7), "7"),
            (I64(-9_007_199_254_740_992), "-9007199254740992"),
            (I64(-9_007_199_254_740_993), "\"-9007199254740993\""),
            (U64(9_007_199_254_740_993), "\"9007199254740993\""),
            (U128(5), "5"),
            (
                I128(i128::MIN),
                "\"-170141183460469231731687303715884105728\"",
            ),
            (F32(0.1), "0.1"),
            (F32(f32::MAX), "3.4028235e+38"),
            (F64(1e300), "1e+300"),
            (F64(-0.0), "-0.0"),
            (F64(f64::NAN), "\"NaN\""),
            (F32(f32::NEG_INFINITY), "\"-inf\""),
            (Bool(true), "true"),
            (Char('\n'), "\"\\n\""),
            (Str(cut), "\"a\\\"…\""),
            (
                Bytes {
                    bytes: &[0, 255],
                    cut: false,
                },
                "\"00ff\"",
            ),
            (
                Bytes {
                    bytes: &[10],
                    cut: true,
                },
                "\"0a…\"",
            ),
        ] {
            let field = Field::new(&Value::Some(value));
            let written = serde_json::to_string(&field).unwrap();
            assert_eq!(written, json);
            let read: Field<'_> = serde_json::from_str(&written).unwrap();
            assert_eq!(read, field);
        }
        assert_eq!(
            serde_json::to_string(&Field::new(&Value::None)).unwrap(),
            "null"
        );
        assert_eq!(
            serde_json::from_str::<Field<'_>>("null").unwrap(),
            Field::Null
        );
    }

    #[test]
    fn finite_floats_are_read_as_they_were() {
        let mut bits: u64 = 1;
        for _ in 0..100_000 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            for value in [F64(f64::from_bits(bits)), F32(f32::from_bits(bits as u32))] {
                let field = Field::new(&Value::Plain(value));
                let Field::Float(number) = field else {
                    continue;
                };
                let written = serde_json::to_string(&field).unwrap();
                assert_eq!(written.parse::<f64>().unwrap().to_bits(), number.to_bits());
                if let F32(value) = value {
                    assert_eq!(written.parse::<f32>().unwrap().to_bits(), value.to_bits());
                }
            }
        }
    }
}
