//! Each event a JSON document on a line of its own, and nothing else.

use std::io::{self, Write};

use super::{Output, Shown};
use crate::{json::event::push_event, timeline::Entry};

pub(super) struct Ndjson<'w> {
    out: &'w mut dyn Write,
    line: String,
}

impl<'w> Ndjson<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out,
            line: String::new(),
        }
    }
}

impl Output for Ndjson<'_> {
    fn begin(&mut self, _files: &[Shown<'_>]) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.line.clear();
        push_event(&mut self.line, entry);
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
