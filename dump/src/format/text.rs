//! A line of text for each event.

use std::io::{self, Write};

use ttlog_reader::{EventRef, TextFormat};

use super::{head::push_head, symbol_lines::push_symbol};
use crate::{
    output::{Output, Shown},
    symbols::Symbol,
};

pub(super) struct TextLines<'w> {
    pub(super) out: &'w mut dyn Write,
    pub(super) format: TextFormat,
    pub(super) line: String,
}

impl Output for TextLines<'_> {
    fn begin(&mut self, files: &[Shown<'_>]) -> io::Result<()> {
        // Each line names its service if there is more than one program.
        let programs = files
            .iter()
            .map(|Shown { source, .. }| (&source.host, source.pid, &source.service));
        self.format.source = programs
            .clone()
            .any(|one| Some(one) != programs.clone().next());
        for file in files {
            self.line.clear();
            push_head(&mut self.line, self.format, file);
            self.out.write_all(self.line.as_bytes())?;
        }
        Ok(())
    }

    fn event(&mut self, event: &EventRef<'_>) -> io::Result<()> {
        self.line.clear();
        self.format.push(event, &mut self.line);
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes())
    }

    fn event_with_symbols(&mut self, event: &EventRef<'_>, symbols: &[Symbol]) -> io::Result<()> {
        self.event(event)?;
        self.line.clear();
        for symbol in symbols {
            push_symbol(&mut self.line, symbol);
        }
        self.out.write_all(self.line.as_bytes())
    }
}
