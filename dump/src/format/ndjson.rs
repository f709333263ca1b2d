//! A JSON document for each event, on a line of its own.

use std::io::{self, Write};

use serde::Serialize;
use ttlog_reader::{EventRef, write_json};

use super::event_json::EventJson;
use crate::{output::Output, symbols::Symbol};

pub(super) struct Ndjson<'w> {
    pub(super) out: &'w mut dyn Write,
    pub(super) line: Vec<u8>,
}

impl Ndjson<'_> {
    fn document(&mut self, document: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        write_json(&mut self.line, document)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }
}

impl Output for Ndjson<'_> {
    fn event(&mut self, event: &EventRef<'_>) -> io::Result<()> {
        self.document(event)
    }

    fn event_with_symbols(&mut self, event: &EventRef<'_>, symbols: &[Symbol]) -> io::Result<()> {
        self.document(&EventJson { event, symbols })
    }
}
