//! What events look like: a file for each format.

mod color;
mod json;
mod ndjson;
mod text;

use std::io::{self, Write};

use crate::{load::Loaded, options::FormatName, timeline::Entry};

/// Writes files and their events.
pub(crate) trait Output {
    /// Before the events.
    fn begin(&mut self, files: &[Shown<'_>]) -> io::Result<()>;

    /// Each event, oldest first.
    fn event(&mut self, entry: &Entry<'_>) -> io::Result<()>;

    /// After the events.
    fn end(&mut self) -> io::Result<()>;
}

/// A file, and how many of its events are shown.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) file: &'a Loaded,
    pub(crate) shown: usize,
}

/// The format of this name. `color` is for text.
pub(crate) fn output<'w>(
    name: FormatName,
    color: bool,
    out: &'w mut dyn Write,
) -> Box<dyn Output + 'w> {
    match name {
        FormatName::Json => Box::new(json::Json::new(out)),
        FormatName::Ndjson => Box::new(ndjson::Ndjson::new(out)),
        FormatName::Text => Box::new(text::TextLines::new(out, color)),
    }
}
