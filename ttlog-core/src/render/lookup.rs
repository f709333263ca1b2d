//! The widths and precisions that are arguments.

use crate::{
    template::{Count, Spec},
    value::{ScalarValue, Value},
};

/// Looks up the width and the precision of a spec.
///
/// Returns `None` if one of them is not an unsigned integer among `values`. Numbers over 65,535,
/// the maximum of `core::fmt`, count as 65,535.
pub(super) fn look_up(spec: &Spec, values: &[Value<'_>]) -> Option<Spec<u16>> {
    let number = |count: Option<Count>| match count {
        None => Some(None),
        Some(Count::Literal(number)) => Some(Some(number)),
        Some(Count::Argument(index)) => unsigned(values.get(index)?).map(Some),
    };
    Some(Spec {
        fill: spec.fill,
        align: spec.align,
        plus: spec.plus,
        alternate: spec.alternate,
        zero: spec.zero,
        width: number(spec.width)?,
        precision: number(spec.precision)?,
        format: spec.format,
    })
}

fn unsigned(value: &Value<'_>) -> Option<u16> {
    let Value::Plain(scalar) = value else {
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
