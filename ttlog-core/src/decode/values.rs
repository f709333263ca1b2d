//! Decoding the arguments of a record.

use crate::{
    kind::{Kind, Scalar},
    record::cursor::{take_bytes, take_u64, take_word},
    value::{ScalarValue, Text, Value},
};

/// The arguments of a record. Ends early if a kind is not known or if bytes are missing.
#[derive(Clone, Debug)]
pub struct Values<'k, 'a> {
    kinds: core::slice::Iter<'k, u8>,
    body: &'a [u8],
}

impl<'k, 'a> Values<'k, 'a> {
    pub(crate) fn new(kinds: &'k [u8], body: &'a [u8]) -> Self {
        Self {
            kinds: kinds.iter(),
            body,
        }
    }
}

impl<'a> Iterator for Values<'_, 'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let kind = Kind::from_byte(*self.kinds.next()?)?;
        if !kind.optional {
            return scalar(kind.scalar, &mut self.body).map(Value::Plain);
        }
        match take_word(&mut self.body)? {
            0 => Some(Value::None),
            _ => scalar(kind.scalar, &mut self.body).map(Value::Some),
        }
    }
}

fn scalar<'a>(scalar: Scalar, body: &mut &'a [u8]) -> Option<ScalarValue<'a>> {
    Some(match scalar {
        Scalar::I8 => ScalarValue::I8(take_word(body)? as i8),
        Scalar::I16 => ScalarValue::I16(take_word(body)? as i16),
        Scalar::I32 => ScalarValue::I32(take_word(body)? as i32),
        Scalar::I64 => ScalarValue::I64(take_u64(body)? as i64),
        Scalar::I128 => ScalarValue::I128(take_u128(body)? as i128),
        Scalar::U8 => ScalarValue::U8(take_word(body)? as u8),
        Scalar::U16 => ScalarValue::U16(take_word(body)? as u16),
        Scalar::U32 => ScalarValue::U32(take_word(body)?),
        Scalar::U64 => ScalarValue::U64(take_u64(body)?),
        Scalar::U128 => ScalarValue::U128(take_u128(body)?),
        Scalar::F32 => ScalarValue::F32(f32::from_bits(take_word(body)?)),
        Scalar::F64 => ScalarValue::F64(f64::from_bits(take_u64(body)?)),
        Scalar::Bool => ScalarValue::Bool(take_word(body)? != 0),
        Scalar::Char => ScalarValue::Char(
            char::from_u32(take_word(body)?).unwrap_or(char::REPLACEMENT_CHARACTER),
        ),
        Scalar::Str => match text(body)? {
            Ok(text) => ScalarValue::Str(text),
            Err((bytes, cut)) => ScalarValue::Bytes { bytes, cut },
        },
        Scalar::Formatted => match text(body)? {
            Ok(text) => ScalarValue::Formatted(text),
            Err((bytes, cut)) => ScalarValue::Bytes { bytes, cut },
        },
        Scalar::Bytes => {
            let (bytes, cut) = take_bytes(body)?;
            ScalarValue::Bytes { bytes, cut }
        }
    })
}

fn take_u128(body: &mut &[u8]) -> Option<u128> {
    let low = take_u64(body)?;
    let high = take_u64(body)?;
    Some(u128::from(high) << 64 | u128::from(low))
}

/// Takes text. Returns the bytes if they are not UTF-8.
fn text<'a>(body: &mut &'a [u8]) -> Option<Result<Text<'a>, (&'a [u8], bool)>> {
    let (bytes, cut) = take_bytes(body)?;
    Some(
        str::from_utf8(bytes)
            .map(|text| Text { text, cut })
            .map_err(|_| (bytes, cut)),
    )
}
