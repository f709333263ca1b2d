//! Floating-point numbers.

use core::fmt::{self, Debug, Display, LowerExp, UpperExp, Write};

use super::padding::pad_number;
use crate::template::{Format, Spec};

/// Writes an `f32`.
pub(super) fn write_f32(value: f32, spec: &Spec<u16>, out: &mut dyn Write) -> fmt::Result {
    let sign = sign(value.is_nan(), value.is_sign_negative(), spec.plus);
    write(sign, value.abs(), spec, out)
}

/// Writes an `f64`.
pub(super) fn write_f64(value: f64, spec: &Spec<u16>, out: &mut dyn Write) -> fmt::Result {
    let sign = sign(value.is_nan(), value.is_sign_negative(), spec.plus);
    write(sign, value.abs(), spec, out)
}

const fn sign(nan: bool, negative: bool, plus: bool) -> &'static str {
    match (nan, negative, plus) {
        (true, ..) => "",
        (_, true, _) => "-",
        (_, _, true) => "+",
        _ => "",
    }
}

/// Writes a number by its sign and its absolute value.
///
/// The type is the one that was recorded, because an `f32` has fewer digits than an `f64` of the
/// same value.
fn write(
    sign: &str,
    value: impl Debug + Display + LowerExp + UpperExp,
    spec: &Spec<u16>,
    out: &mut dyn Write,
) -> fmt::Result {
    let mut put = |digits: fmt::Arguments<'_>| pad_number(spec, sign, "", digits, out);
    // `core::fmt` panics if a number with an exponent has the maximum precision.
    let exp = |digits: usize| digits.min(usize::from(u16::MAX) - 1);
    match (spec.format, spec.precision.map(usize::from)) {
        (Format::LowerExp, None) => put(format_args!("{value:e}")),
        (Format::LowerExp, Some(digits)) => put(format_args!("{value:.0$e}", exp(digits))),
        (Format::UpperExp, None) => put(format_args!("{value:E}")),
        (Format::UpperExp, Some(digits)) => put(format_args!("{value:.0$E}", exp(digits))),
        (Format::Display, None) => put(format_args!("{value}")),
        (Format::Display, Some(digits)) => put(format_args!("{value:.digits$}")),
        (_, None) => put(format_args!("{value:?}")),
        (_, Some(digits)) => put(format_args!("{value:.digits$?}")),
    }
}
