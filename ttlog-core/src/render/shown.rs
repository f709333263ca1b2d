//! A value together with its format.

use core::fmt::{self, Debug, Write};

use super::{
    float::{write_f32, write_f64},
    integer::{write_signed, write_unsigned},
    lookup::look_up,
    text::{write_bool, write_char, write_formatted, write_str},
};
use crate::{
    template::{Format, Spec},
    value::{CUT_MARK, ScalarValue, Value},
};

/// A value together with its format.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    value: Value<'a>,
    spec: Spec<u16>,
}

impl<'a> Shown<'a> {
    /// Returns the value at `index` with its format. Returns `None` if the values do not fit the
    /// spec.
    pub(super) fn new(values: &[Value<'a>], index: usize, spec: &Spec) -> Option<Self> {
        let value = *values.get(index)?;
        if let Value::Plain(ScalarValue::Formatted(_)) = value {
            // The spec was applied when the value was recorded. Its width and its precision may not
            // have been recorded.
            return Some(Self::without_spec(value));
        }
        let spec = look_up(spec, values)?;
        has_format(&value, spec.format).then_some(Self { value, spec })
    }

    /// Returns the value with the default format.
    pub(super) fn without_spec(value: Value<'a>) -> Self {
        Self {
            value,
            spec: Spec::default(),
        }
    }

    /// Writes the value.
    pub(super) fn write(&self, out: &mut dyn Write) -> fmt::Result {
        if self.spec.alternate {
            write!(out, "{self:#?}")
        } else {
            write!(out, "{self:?}")
        }
    }

    /// Returns a part of the value. Parts are shown by `Debug`.
    fn part(&self, scalar: ScalarValue<'a>) -> Self {
        let mut spec = self.spec;
        if spec.format == Format::Display {
            spec.format = Format::Debug;
        }
        Self {
            value: Value::Plain(scalar),
            spec,
        }
    }
}

/// Writes the parts of a value as the standard library does. The spec applies to each part.
impl Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spec = &self.spec;
        let scalar = match self.value {
            Value::Plain(scalar) => scalar,
            Value::Some(scalar) => {
                return f.debug_tuple("Some").field(&self.part(scalar)).finish();
            }
            Value::None => return f.write_str("None"),
        };
        match scalar {
            ScalarValue::I8(value) => {
                write_signed(value.into(), value.cast_unsigned().into(), spec, f)
            }
            ScalarValue::I16(value) => {
                write_signed(value.into(), value.cast_unsigned().into(), spec, f)
            }
            ScalarValue::I32(value) => {
                write_signed(value.into(), value.cast_unsigned().into(), spec, f)
            }
            ScalarValue::I64(value) => {
                write_signed(value.into(), value.cast_unsigned().into(), spec, f)
            }
            ScalarValue::I128(value) => write_signed(value, value.cast_unsigned(), spec, f),
            ScalarValue::U8(value) => write_unsigned(value.into(), spec, f),
            ScalarValue::U16(value) => write_unsigned(value.into(), spec, f),
            ScalarValue::U32(value) => write_unsigned(value.into(), spec, f),
            ScalarValue::U64(value) => write_unsigned(value.into(), spec, f),
            ScalarValue::U128(value) => write_unsigned(value, spec, f),
            ScalarValue::F32(value) => write_f32(value, spec, f),
            ScalarValue::F64(value) => write_f64(value, spec, f),
            ScalarValue::Bool(value) => write_bool(value, spec, f),
            ScalarValue::Char(value) => write_char(value, spec, f),
            ScalarValue::Str(text) => write_str(text, spec, f),
            ScalarValue::Formatted(text) => write_formatted(text, f),
            ScalarValue::Bytes { bytes, cut } => {
                let mut list = f.debug_list();
                list.entries(bytes.iter().map(|&byte| self.part(ScalarValue::U8(byte))));
                if cut {
                    list.entry(&format_args!("{CUT_MARK}"));
                }
                list.finish()
            }
        }
    }
}

/// Returns whether values of this type have this format.
///
/// Bytes and options have no `Display`, so no program can state it. It counts as `Debug` here.
fn has_format(value: &Value<'_>, format: Format) -> bool {
    use ScalarValue::{Bool, Bytes, Char, F32, F64, Formatted, Str};

    let (is_integer, is_float) = match value {
        Value::Plain(F32(_) | F64(_)) => (false, true),
        Value::Plain(Bool(_) | Char(_) | Str(_) | Bytes { .. } | Formatted(_)) => (false, false),
        Value::Plain(_) => (true, false),
        Value::Some(_) | Value::None => (false, false),
    };
    match format {
        Format::Display | Format::Debug | Format::DebugLowerHex | Format::DebugUpperHex => true,
        Format::Octal | Format::LowerHex | Format::UpperHex | Format::Binary => is_integer,
        Format::LowerExp | Format::UpperExp => is_integer || is_float,
        Format::Pointer => false,
    }
}
