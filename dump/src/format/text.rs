//! Columns for people.

mod head;

use core::fmt::Write as _;
use std::io::{self, Write};

use ttlog_core::{Event, Piece, Template, Value, decode::EventKind, render_value};

use super::{
    Output, Shown,
    color::{Painter, Style},
};
use crate::{
    load::Origin,
    plain::Plain,
    timeline::{Entry, Message},
};

pub(super) struct TextLines<'w> {
    out: &'w mut dyn Write,
    painter: Painter,
    /// Whether each line says which service it is from.
    has_many_files: bool,
    line: String,
    /// A part of the line before its length is known, or whether it has to be in quotes.
    part: String,
}

impl<'w> TextLines<'w> {
    pub(super) fn new(out: &'w mut dyn Write, color: bool) -> Self {
        Self {
            out,
            painter: Painter { color },
            has_many_files: false,
            line: String::new(),
            part: String::new(),
        }
    }

    /// Appends a column of at least so many characters, and a space.
    fn column(&mut self, style: Style, width: usize, text: impl core::fmt::Display) {
        self.part.clear();
        let _ = write!(Plain(&mut self.part), "{text}");
        let padded = format_args!("{:<width$}", self.part);
        let _ = write!(self.line, "{} ", self.painter.paint(style, padded));
    }

    fn columns(&mut self, entry: &Entry<'_>) {
        match entry.time() {
            Some(time) => self.column(Style::FAINT, 0, time),
            None => self.column(Style::FAINT, 0, "-"),
        }
        let level = entry.record.level;
        self.column(Style::of_level(level), 5, level.name());
        if self.has_many_files {
            let origin = entry.file.origin.as_ref();
            let service = origin.and_then(Origin::service).unwrap_or("-");
            let pid = origin.and_then(Origin::pid).unwrap_or_default();
            self.column(Style::FAINT, 16, format_args!("{service}[{pid}]"));
        }
        self.column(
            Style::FAINT,
            24,
            entry.statement.map_or("-", |statement| statement.target),
        );
        match entry.record.thread.name() {
            "" => self.column(Style::FAINT, 12, entry.record.thread.number),
            name => self.column(Style::FAINT, 12, name),
        }
        match entry.trace_id() {
            // The first 8 of 32 digits are enough for --trace, nearly always.
            Some(id) => self.column(Style::FAINT, 8, format_args!("{:08x}", id.0 >> 96)),
            None => self.column(Style::FAINT, 8, "-"),
        }
    }

    fn message(&mut self, entry: &Entry<'_>, event: &Event<'_>) {
        self.line.push_str(match entry.kind {
            EventKind::Event => "",
            EventKind::Enter => "> ",
            EventKind::Exit => "< ",
        });
        let _ = write!(Plain(&mut self.line), "{}", Message(event));
        if let Some(ns) = entry.duration_ns {
            let _ = write!(self.line, " {:?}", core::time::Duration::from_nanos(ns));
        }
    }

    /// Appends the fields that the message does not show already.
    fn fields(&mut self, entry: &Entry<'_>, event: &Event<'_>) {
        let text = entry.statement.map_or("", |statement| statement.text);
        let in_message = shown_arguments(text);
        for (number, (key, value)) in event.fields().enumerate() {
            if in_message >> number & 1 == 0 {
                self.field(key, &value);
            }
        }
    }

    fn field(&mut self, key: &str, value: &Value<'_>) {
        self.part.clear();
        let _ = write!(Plain(&mut self.part), " {key}=");
        let key = self.painter.paint(Style::NAME, &self.part);
        let _ = write!(self.line, "{key}");
        self.part.clear();
        let _ = render_value(value, &mut self.part);
        let ends_early = |char: char| char.is_whitespace() || char == '"' || char == '=';
        if self.part.is_empty() || self.part.contains(ends_early) {
            let _ = write!(self.line, "{:?}", self.part);
        } else {
            let _ = Plain(&mut self.line).write_str(&self.part);
        }
    }
}

impl Output for TextLines<'_> {
    fn begin(&mut self, files: &[Shown<'_>]) -> io::Result<()> {
        self.has_many_files = files.len() > 1;
        for file in files {
            self.line.clear();
            head::push_head(&mut self.line, self.painter, file);
            self.out.write_all(self.line.as_bytes())?;
        }
        Ok(())
    }

    fn event(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.line.clear();
        self.columns(entry);
        let event = entry.event();
        self.message(entry, &event);
        self.fields(entry, &event);
        self.line.truncate(self.line.trim_end().len());
        self.line.push('\n');
        self.out.write_all(self.line.as_bytes())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The arguments that a text has placeholders for, a bit each; there are no more than 32.
fn shown_arguments(text: &str) -> u64 {
    Template::new(text).fold(0, |shown, piece| match piece {
        Piece::Placeholder { index, .. } if index < 64 => shown | 1 << index,
        _ => shown,
    })
}
