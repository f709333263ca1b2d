//! The text of an event, with a limit.

use core::fmt::{self, Display, Write};

use ttlog_core::{CUT_MARK, Value, render};

/// Maximum length of a message. A damaged format specification of a few bytes can ask for 64 KiB of
/// spaces, so a small file could fill the memory.
const MESSAGE_MAX_BYTES: usize = 1 << 20;

/// Returns a value whose `Display` is the text with its arguments filled in, cut after
/// [`MESSAGE_MAX_BYTES`].
pub(crate) fn message<'m>(text: &'m str, values: &'m [Value<'_>]) -> impl Display + 'm {
    fmt::from_fn(move |f| {
        let mut limited = Limited {
            out: f,
            left_bytes: MESSAGE_MAX_BYTES,
            is_cut: false,
        };
        match render(text, values, &mut limited) {
            Err(fmt::Error) if limited.is_cut => f.write_char(CUT_MARK),
            written => written,
        }
    })
}

/// Passes on a limited number of bytes, and then fails.
struct Limited<'o, 'f> {
    out: &'o mut fmt::Formatter<'f>,
    left_bytes: usize,
    is_cut: bool,
}

impl Write for Limited<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let kept = text.floor_char_boundary(self.left_bytes);
        self.left_bytes -= kept;
        self.is_cut = kept < text.len();
        self.out.write_str(&text[..kept])?;
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}
