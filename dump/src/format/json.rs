//! One JSON document, with each event on a line of its own.

mod file;

use std::io::{self, Write};

use serde::Serialize;
use ttlog_reader::{EventRef, write_json};

use self::file::FileJson;
use super::event_json::EventJson;
use crate::{
    output::{Output, Shown},
    symbols::Symbol,
};

/// Version of the document's schema. It rises when a key is removed or changes its meaning, not when a
/// key is added.
const SCHEMA_VERSION: u32 = 1;

pub(super) struct Json<'w> {
    pub(super) out: &'w mut dyn Write,
    pub(super) line: Vec<u8>,
    /// Set if the next element is the first of its array.
    pub(super) is_first: bool,
}

impl Json<'_> {
    /// Writes an element of an array on a line of its own.
    fn element(&mut self, element: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        let separator: &[u8] = if self.is_first { b"\n" } else { b",\n" };
        self.line.extend_from_slice(separator);
        self.is_first = false;
        write_json(&mut self.line, element)?;
        self.out.write_all(&self.line)
    }
}

impl Output for Json<'_> {
    fn begin(&mut self, files: &[Shown<'_>]) -> io::Result<()> {
        write!(
            self.out,
            "{{\"format\":\"ttlog-dump\",\"version\":{SCHEMA_VERSION},\n\"files\":["
        )?;
        for file in files {
            self.element(&FileJson(file))?;
        }
        self.is_first = true;
        write!(self.out, "\n],\n\"events\":[")
    }

    fn event(&mut self, event: &EventRef<'_>) -> io::Result<()> {
        self.element(event)
    }

    fn event_with_symbols(&mut self, event: &EventRef<'_>, symbols: &[Symbol]) -> io::Result<()> {
        self.element(&EventJson { event, symbols })
    }

    fn end(&mut self) -> io::Result<()> {
        writeln!(self.out, "\n]}}")
    }
}
