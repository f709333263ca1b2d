//! An event as a line of text.

use core::{
    fmt::{self, Display, Write},
    time::Duration,
};

use ttlog_core::{Value, decode::EventKind, render_value};

use crate::{event_ref::EventRef, style::Style, terminal::Escaping};

/// The columns and the colours of a line of text.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{EventRef, TextFormat};
///
/// fn print(event: &EventRef<'_>) {
///     let mut line = String::new();
///     TextFormat::FULL.push(event, &mut line);
///     println!("{line}");
/// }
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TextFormat {
    /// Writes colours.
    pub color: bool,
    /// Writes the date, and the time to the nanosecond. Otherwise writes the time to the microsecond.
    pub date: bool,
    /// Writes the service and the process id.
    pub source: bool,
    /// Writes the thread and the trace, and aligns the columns.
    pub thread: bool,
}

impl TextFormat {
    /// The format of `dump --format text` for one file.
    pub const FULL: Self = Self {
        date: true,
        thread: true,
        ..Self::SHORT
    };

    /// The format of a console: short lines.
    pub const SHORT: Self = Self {
        color: false,
        date: false,
        source: false,
        thread: false,
    };

    /// Appends the line of an event to `out`, without a line end. Escapes characters like
    /// [`escaped`](crate::escaped).
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// use ttlog_reader::TextFormat;
    ///
    /// let event = snapshots.events().last().unwrap();
    /// let mut line = String::new();
    /// TextFormat::SHORT.push(&event, &mut line);
    /// assert_eq!(line, "15:38:36.629023 INFO  shop::worker done");
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    pub fn push(self, event: &EventRef<'_>, out: &mut String) {
        let mut line = Line {
            format: self,
            out,
            part: String::new(),
        };
        line.columns(event);
        line.message(event);
        out.truncate(out.trim_end().len());
    }
}

impl Display for EventRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        TextFormat::FULL.push(self, &mut line);
        f.pad(&line)
    }
}

struct Line<'o> {
    format: TextFormat,
    out: &'o mut String,
    /// A buffer for a part of the line, until its width or its need for quotes is known.
    part: String,
}

// Writing to a String does not fail.
impl Line<'_> {
    /// Appends a column of at least `width` characters, and a space.
    fn column(&mut self, style: Style, width: usize, text: impl Display) {
        let width = if self.format.thread { width } else { 0 };
        self.part.clear();
        let _ = write!(Escaping(&mut self.part), "{text}");
        let padded = format_args!("{:<width$}", self.part);
        let _ = write!(self.out, "{} ", style.paint(self.format.color, padded));
    }

    fn columns(&mut self, event: &EventRef<'_>) {
        match event.time() {
            Some(time) if self.format.date => self.column(Style::FAINT, 0, time),
            Some(time) => self.column(Style::FAINT, 0, time.of_day()),
            None => self.column(Style::FAINT, 0, "-"),
        }
        let level = event.level();
        let style = Style::of_level(level);
        let _ = write!(
            self.out,
            "{} ",
            style.paint(self.format.color, format_args!("{level:<5}"))
        );
        if self.format.source {
            let source = event.source();
            let service = source.service.as_deref().unwrap_or("-");
            let pid = source.pid.unwrap_or_default();
            self.column(Style::FAINT, 16, format_args!("{service}[{pid}]"));
        }
        self.column(Style::FAINT, 24, event.target().unwrap_or("-"));
        if !self.format.thread {
            return;
        }
        self.column(Style::FAINT, 12, event.thread());
        match event.trace_id() {
            // The first 8 of 32 digits nearly always suffice to name a trace.
            Some(id) => self.column(Style::FAINT, 8, format_args!("{:08x}", id.0 >> 96)),
            None => self.column(Style::FAINT, 8, "-"),
        }
    }

    /// Appends the message, and the fields that it does not show.
    fn message(&mut self, event: &EventRef<'_>) {
        self.out.push_str(match event.kind() {
            EventKind::Event => "",
            EventKind::Enter => "> ",
            EventKind::Exit => "< ",
        });
        let values = event.values();
        let _ = write!(Escaping(&mut *self.out), "{}", event.message_of(&values));
        if let Some(ns) = event.duration_ns() {
            let _ = write!(self.out, " {:?}", Duration::from_nanos(ns));
        }
        for (number, (key, value)) in event.keys().zip(values.iter()).enumerate() {
            if !event.shows(number) {
                self.field(key, value);
            }
        }
    }

    fn field(&mut self, key: &str, value: &Value<'_>) {
        self.part.clear();
        let _ = write!(Escaping(&mut self.part), " {key}=");
        let _ = write!(
            self.out,
            "{}",
            Style::NAME.paint(self.format.color, &self.part)
        );
        self.part.clear();
        let _ = render_value(value, &mut self.part);
        let needs_quotes = |char: char| char.is_whitespace() || char == '"' || char == '=';
        let is_quoted = self.part.is_empty() || self.part.contains(needs_quotes);
        if is_quoted {
            self.part = self.part.replace('\\', "\\\\").replace('"', "\\\"");
        }
        let quote = if is_quoted { "\"" } else { "" };
        let _ = write!(Escaping(&mut *self.out), "{quote}{}{quote}", self.part);
    }
}
