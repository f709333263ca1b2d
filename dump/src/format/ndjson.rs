//! A JSON document for each event, on a line of its own.

use std::io::{self, Write};

use ttlog_reader::{EventRef, write_json};

use crate::output::Output;

pub(super) struct Ndjson<'w> {
    pub(super) out: &'w mut dyn Write,
    pub(super) line: Vec<u8>,
}

impl Output for Ndjson<'_> {
    fn event(&mut self, event: &EventRef<'_>) -> io::Result<()> {
        self.line.clear();
        write_json(&mut self.line, event)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }
}
