//! The message of an event: its callsite's text with its arguments filled in.
//!
//! The text is what `std::format!` gives for the same text and arguments. Most of the work is left
//! to `core::fmt`; only what it takes as constants, such as the fill of a padding, is done here.

mod float;
mod integer;
mod padding;
mod shown;
pub(crate) mod spec;
mod text;

use core::fmt::{Result, Write};

use self::shown::Shown;
use crate::{
    template::{Piece, Template},
    value::Value,
};

/// Writes a callsite's text with `values` in its placeholders.
///
/// The text is not trusted. A placeholder that the values do not fit, such as one of an argument
/// that is not there, is written as it stands in the text; no width or precision is over 65,535.
/// Text that was cut when it was recorded ends in [`CUT_MARK`](crate::CUT_MARK).
///
/// # Errors
///
/// Those of `out`.
pub fn render(template: &str, values: &[Value<'_>], out: &mut dyn Write) -> Result {
    for piece in Template::new(template) {
        match piece {
            Piece::Literal(text) => out.write_str(text)?,
            Piece::Placeholder {
                index,
                spec,
                source,
            } => match Shown::by_spec(values, index, &spec) {
                Some(shown) => shown.write(out)?,
                None => out.write_str(source)?,
            },
        }
    }
    Ok(())
}

/// Writes one value as `{}` does; options and bytes, which have no such form, as `{:?}`.
///
/// # Errors
///
/// Those of `out`.
pub fn render_value(value: &Value<'_>, out: &mut dyn Write) -> Result {
    Shown::plainly(*value).write(out)
}
