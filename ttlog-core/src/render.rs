//! The message of an event: the text of its callsite with its arguments in the placeholders.
//!
//! The message is what `std::format!` returns for the same text and arguments. The digits of
//! numbers and the escapes of texts come from `core::fmt`. Padding is written here, because
//! `core::fmt` takes its fill character only as a constant.

mod float;
mod integer;
mod lookup;
mod padding;
mod shown;
mod text;

use core::fmt::{Result, Write};

use self::shown::Shown;
use crate::{
    template::{Piece, Template},
    value::Value,
};

/// Writes a callsite's text with `values` in its placeholders.
///
/// The text is not trusted. A placeholder that the values do not fit is written as it stands in
/// the text, for example if the argument does not exist. Widths and precisions are at most 65,535.
/// Text that was cut when it was recorded ends in [`CUT_MARK`](crate::CUT_MARK).
///
/// # Errors
///
/// Returns the errors of `out`.
///
/// # Examples
///
/// ```
/// use ttlog_core::{ScalarValue, Value, render, value::Text};
///
/// let values = [
///     Value::Plain(ScalarValue::F64(12.5)),
///     Value::Plain(ScalarValue::Str(Text { text: "Bonn", cut: false })),
/// ];
/// let mut message = String::new();
/// render("{0:.2} from {1:>6}", &values, &mut message).unwrap();
/// assert_eq!(message, "12.50 from   Bonn");
/// ```
pub fn render(template: &str, values: &[Value<'_>], out: &mut dyn Write) -> Result {
    for piece in Template::new(template) {
        match piece {
            Piece::Literal(text) => out.write_str(text)?,
            Piece::Placeholder {
                index,
                spec,
                source,
            } => match Shown::new(values, index, &spec) {
                Some(shown) => shown.write(out)?,
                None => out.write_str(source)?,
            },
        }
    }
    Ok(())
}

/// Writes one value by `{}`. Options and bytes have no `{}` and are written by `{:?}`.
///
/// # Errors
///
/// Returns the errors of `out`.
///
/// # Examples
///
/// ```
/// use ttlog_core::{ScalarValue, Value, render_value};
///
/// let mut text = String::new();
/// render_value(&Value::Some(ScalarValue::U8(7)), &mut text).unwrap();
/// assert_eq!(text, "Some(7)");
/// ```
pub fn render_value(value: &Value<'_>, out: &mut dyn Write) -> Result {
    Shown::without_spec(*value).write(out)
}
