//! Integers.

use core::fmt::{self, Write};

use super::padding::pad_number;
use crate::template::{Format, Spec};

/// Writes a signed integer.
///
/// `bits` is its two's complement at the width of its type. The binary, octal and hexadecimal
/// formats show these bits.
pub(super) fn write_signed(
    value: i128,
    bits: u128,
    spec: &Spec<u16>,
    out: &mut dyn Write,
) -> fmt::Result {
    let sign = if value < 0 { "-" } else { plus(spec) };
    write(sign, value.unsigned_abs(), bits, spec, out)
}

/// Writes an unsigned integer.
pub(super) fn write_unsigned(value: u128, spec: &Spec<u16>, out: &mut dyn Write) -> fmt::Result {
    write(plus(spec), value, value, spec, out)
}

const fn plus(spec: &Spec<u16>) -> &'static str {
    if spec.plus { "+" } else { "" }
}

fn write(
    sign: &str,
    magnitude: u128,
    bits: u128,
    spec: &Spec<u16>,
    out: &mut dyn Write,
) -> fmt::Result {
    let mut decimal = |digits: fmt::Arguments<'_>| pad_number(spec, sign, "", digits, out);
    // Only the formats with an exponent use the precision.
    match (spec.format, spec.precision.map(usize::from)) {
        (Format::LowerExp, None) => return decimal(format_args!("{magnitude:e}")),
        (Format::LowerExp, Some(digits)) => return decimal(format_args!("{magnitude:.digits$e}")),
        (Format::UpperExp, None) => return decimal(format_args!("{magnitude:E}")),
        (Format::UpperExp, Some(digits)) => return decimal(format_args!("{magnitude:.digits$E}")),
        _ => {}
    }
    let mut binary = |prefix: &str, digits: fmt::Arguments<'_>| {
        let prefix = if spec.alternate { prefix } else { "" };
        pad_number(spec, plus(spec), prefix, digits, out)
    };
    match spec.format {
        Format::LowerHex | Format::DebugLowerHex => binary("0x", format_args!("{bits:x}")),
        Format::UpperHex | Format::DebugUpperHex => binary("0x", format_args!("{bits:X}")),
        Format::Octal => binary("0o", format_args!("{bits:o}")),
        Format::Binary => binary("0b", format_args!("{bits:b}")),
        _ => pad_number(spec, sign, "", format_args!("{magnitude}"), out),
    }
}
