//! The text of an event, however much a damaged statement makes of it.

use core::fmt::{self, Display, Write};

use ttlog_core::{CUT_MARK, Event};

/// An event's message, cut where it is longer than any that a program writes: a few bytes of a
/// format spec can ask for 64 KiB of spaces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'e, 'a>(pub(crate) &'e Event<'a>);

impl Message<'_, '_> {
    const MAX_BYTES: usize = 1 << 20;
}

impl Display for Message<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut limited = Limited {
            out: f,
            left_bytes: Self::MAX_BYTES,
            is_cut: false,
        };
        match write!(limited, "{}", self.0.message()) {
            Err(fmt::Error) if limited.is_cut => f.write_char(CUT_MARK),
            written => written,
        }
    }
}

/// Takes so many bytes and then fails.
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
