//! The value of a field in JSON.

use core::fmt::{Debug, Write};

use ttlog_core::{CUT_MARK, ScalarValue, Text, Value};

use super::{Escaped, push_bare, push_string};

/// Up to here a reader that takes numbers for 64-bit floats, as jq and JavaScript do, has the
/// integers right.
const EXACT_MAX: u128 = 1 << 53;

/// Appends a value; SCHEMA.md says how each kind looks.
pub(super) fn push_value(out: &mut String, value: &Value<'_>) {
    match value {
        Value::None => out.push_str("null"),
        Value::Plain(scalar) | Value::Some(scalar) => push_scalar(out, scalar),
    }
}

fn push_scalar(out: &mut String, scalar: &ScalarValue<'_>) {
    match *scalar {
        ScalarValue::I8(value) => push_bare(out, value),
        ScalarValue::I16(value) => push_bare(out, value),
        ScalarValue::I32(value) => push_bare(out, value),
        ScalarValue::I64(value) => push_signed(out, value.into()),
        ScalarValue::I128(value) => push_signed(out, value),
        ScalarValue::U8(value) => push_bare(out, value),
        ScalarValue::U16(value) => push_bare(out, value),
        ScalarValue::U32(value) => push_bare(out, value),
        ScalarValue::U64(value) => push_unsigned(out, value.into()),
        ScalarValue::U128(value) => push_unsigned(out, value),
        ScalarValue::F32(value) => push_float(out, value, value.is_finite()),
        ScalarValue::F64(value) => push_float(out, value, value.is_finite()),
        ScalarValue::Bool(value) => push_bare(out, value),
        ScalarValue::Char(value) => push_string(out, value),
        ScalarValue::Str(text) | ScalarValue::Formatted(text) => push_recorded(out, text),
        ScalarValue::Bytes { bytes, cut } => push_bytes(out, bytes, cut),
    }
}

fn push_signed(out: &mut String, value: i128) {
    if value.unsigned_abs() <= EXACT_MAX {
        push_bare(out, value);
    } else {
        push_string(out, value);
    }
}

fn push_unsigned(out: &mut String, value: u128) {
    if value <= EXACT_MAX {
        push_bare(out, value);
    } else {
        push_string(out, value);
    }
}

/// `Debug` has the fewest digits that make the same float again, and an exponent where `Display`
/// has hundreds of zeros. JSON has no word for what is not finite.
fn push_float(out: &mut String, value: impl Debug, is_finite: bool) {
    if is_finite {
        push_bare(out, format_args!("{value:?}"));
    } else {
        push_string(out, format_args!("{value:?}"));
    }
}

fn push_recorded(out: &mut String, Text { text, cut }: Text<'_>) {
    out.push('"');
    let _ = Escaped(out).write_str(text);
    if cut {
        out.push(CUT_MARK);
    }
    out.push('"');
}

fn push_bytes(out: &mut String, bytes: &[u8], cut: bool) {
    out.push('"');
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    if cut {
        out.push(CUT_MARK);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use ScalarValue::{Bool, Bytes, Char, F32, F64, I64, I128, Str, U8, U64, U128};

    use super::*;

    #[test]
    fn each_kind_of_value_is_written_as_the_schema_says() {
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
            (F64(1e300), "1e300"),
            (F64(-0.0), "-0.0"),
            (F64(f64::NAN), "\"NaN\""),
            (F64(f64::NEG_INFINITY), "\"-inf\""),
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
            let mut out = String::new();
            push_value(&mut out, &Value::Some(value));
            assert_eq!(out, json);
            serde_json::from_str::<serde_json::Value>(&out).unwrap();
        }
        let mut out = String::new();
        push_value(&mut out, &Value::None);
        assert_eq!(out, "null");
    }

    #[test]
    fn finite_floats_come_back_as_they_were() {
        let mut bits: u64 = 1;
        for _ in 0..100_000 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                let mut out = String::new();
                push_scalar(&mut out, &F64(value));
                assert_eq!(out.parse::<f64>().unwrap().to_bits(), bits);
            }
        }
    }
}
