//! Padding by the rules of `core::fmt`, with a fill character that is known only at run time.

use core::fmt::{self, Write};

use crate::template::{Align, Spec};

/// Writes a text at the width of `spec`. Default alignment: left.
pub(super) fn pad_text(
    spec: &Spec<u16>,
    text: fmt::Arguments<'_>,
    out: &mut dyn Write,
) -> fmt::Result {
    let align = spec.align.unwrap_or(Align::Left);
    pad(spec.fill, align, spec.width.unwrap_or(0).into(), text, out)
}

/// Writes a number at the width of `spec`. Default alignment: right.
pub(super) fn pad_number(
    spec: &Spec<u16>,
    sign: &str,
    prefix: &str,
    digits: fmt::Arguments<'_>,
    out: &mut dyn Write,
) -> fmt::Result {
    let width = usize::from(spec.width.unwrap_or(0));
    if spec.zero {
        write!(out, "{sign}{prefix}")?;
        let width = width.saturating_sub(sign.len() + prefix.len());
        return pad('0', Align::Right, width, digits, out);
    }
    let align = spec.align.unwrap_or(Align::Right);
    pad(
        spec.fill,
        align,
        width,
        format_args!("{sign}{prefix}{digits}"),
        out,
    )
}

fn pad(
    fill: char,
    align: Align,
    width: usize,
    text: fmt::Arguments<'_>,
    out: &mut dyn Write,
) -> fmt::Result {
    let missing = width.saturating_sub(chars_up_to(width, text));
    let before = match align {
        Align::Left => 0,
        Align::Centre => missing / 2,
        Align::Right => missing,
    };
    for _ in 0..before {
        out.write_char(fill)?;
    }
    out.write_fmt(text)?;
    for _ in before..missing {
        out.write_char(fill)?;
    }
    Ok(())
}

/// Returns the number of characters of `text`. Counting stops at `width`.
fn chars_up_to(width: usize, text: fmt::Arguments<'_>) -> usize {
    let mut counter = Counter {
        chars: 0,
        enough: width,
    };
    // The only error is the counter's own, which ends the formatting.
    let _ = counter.write_fmt(text);
    counter.chars
}

/// A writer that counts characters, up to a number that is enough.
struct Counter {
    chars: usize,
    enough: usize,
}

impl Write for Counter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.chars >= self.enough {
            return Err(fmt::Error);
        }
        self.chars += text.chars().count();
        Ok(())
    }
}
