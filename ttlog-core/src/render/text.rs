//! Text, characters and truth values.

use core::fmt::{self, Write};

use super::padding::pad_text;
use crate::{
    template::{Format, Spec},
    value::{CUT_MARK, Text},
};

/// Writes a text.
pub(super) fn write_str(text: Text<'_>, spec: &Spec<u16>, out: &mut dyn Write) -> fmt::Result {
    match spec.format {
        Format::Display => write_to_precision(text, spec, out),
        _ => write_quoted(text, out),
    }
}

/// Writes a character.
pub(super) fn write_char(value: char, spec: &Spec<u16>, out: &mut dyn Write) -> fmt::Result {
    match spec.format {
        Format::Display => write_whole(value.encode_utf8(&mut [0; 4]), spec, out),
        _ => write!(out, "{value:?}"),
    }
}

/// Writes a truth value.
pub(super) fn write_bool(value: bool, spec: &Spec<u16>, out: &mut dyn Write) -> fmt::Result {
    write_whole(if value { "true" } else { "false" }, spec, out)
}

/// Writes text that was formatted when it was recorded.
pub(super) fn write_formatted(text: Text<'_>, out: &mut dyn Write) -> fmt::Result {
    out.write_str(text.text)?;
    if text.cut {
        out.write_char(CUT_MARK)?;
    }
    Ok(())
}

fn write_whole(text: &str, spec: &Spec<u16>, out: &mut dyn Write) -> fmt::Result {
    write_to_precision(Text { text, cut: false }, spec, out)
}

/// Writes at most as many characters as the precision.
///
/// The mark of a cut text is written only if the precision reaches past the part that was kept.
fn write_to_precision(text: Text<'_>, spec: &Spec<u16>, out: &mut dyn Write) -> fmt::Result {
    let Text { text, cut } = text;
    let end = spec.precision.and_then(|chars| {
        let ends = text.char_indices().map(|(at, _)| at);
        ends.chain([text.len()]).nth(chars.into())
    });
    match end {
        Some(end) => pad_text(spec, format_args!("{}", &text[..end]), out),
        None if cut => pad_text(spec, format_args!("{text}{CUT_MARK}"), out),
        None => pad_text(spec, format_args!("{text}"), out),
    }
}

/// Writes a text in quotes, without padding. `core::fmt` does not pad such a text either.
fn write_quoted(text: Text<'_>, out: &mut dyn Write) -> fmt::Result {
    let Text { text, cut } = text;
    if !cut {
        return write!(out, "{text:?}");
    }
    out.write_char('"')?;
    for char in text.chars() {
        match char {
            // A single quote is escaped as a `char`, but not as part of a text.
            '\'' => out.write_char(char)?,
            _ => write!(out, "{}", char.escape_debug())?,
        }
    }
    write!(out, "{CUT_MARK}\"")
}
