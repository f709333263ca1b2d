//! The output formats, each in a file of its own.

mod event_json;
mod head;
mod json;
mod ndjson;
mod symbol_lines;
mod text;

use std::io::Write;

use ttlog_reader::TextFormat;

use self::{json::Json, ndjson::Ndjson, text::TextLines};
use crate::{options::FormatName, output::Output};

/// Returns the format of this name. Only text can have colours.
pub(crate) fn output<'w>(
    name: FormatName,
    color: bool,
    out: &'w mut dyn Write,
) -> Box<dyn Output + 'w> {
    let line = Vec::new();
    match name {
        FormatName::Json => Box::new(Json {
            out,
            line,
            is_first: true,
        }),
        FormatName::Ndjson => Box::new(Ndjson { out, line }),
        FormatName::Text => Box::new(TextLines {
            out,
            format: TextFormat {
                color,
                ..TextFormat::FULL
            },
            line: String::new(),
        }),
    }
}
