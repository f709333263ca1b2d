//! One JSON document, each event on a line of its own.

use std::io::{self, Write};

use super::{Output, Shown};
use crate::{
    json::{event::push_event, file::push_file},
    timeline::Entry,
};

/// The version of the document's schema. It rises when a key changes its meaning or goes away, not
/// when one is added.
const SCHEMA_VERSION: u32 = 1;

pub(super) struct Json<'w> {
    out: &'w mut dyn Write,
    line: String,
    is_first: bool,
}

impl<'w> Json<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out,
            line: String::new(),
            is_first: true,
        }
    }
}

impl Output for Json<'_> {
    fn begin(&mut self, files: &[Shown<'_>]) -> io::Result<()> {
        write!(
            self.out,
            "{{\"format\":\"ttlog-dump\",\"version\":{SCHEMA_VERSION},\n\"files\":["
        )?;
        for (number, file) in files.iter().enumerate() {
            self.line.clear();
            self.line.push_str(if number == 0 { "\n" } else { ",\n" });
            push_file(&mut self.line, file);
            self.out.write_all(self.line.as_bytes())?;
        }
        write!(self.out, "\n],\n\"events\":[")
    }

    fn event(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.line.clear();
        self.line.push_str(if self.is_first { "\n" } else { ",\n" });
        self.is_first = false;
        push_event(&mut self.line, entry);
        self.out.write_all(self.line.as_bytes())
    }

    fn end(&mut self) -> io::Result<()> {
        writeln!(self.out, "\n]}}")
    }
}
