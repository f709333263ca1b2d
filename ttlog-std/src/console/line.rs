//! An event as a line.

use std::io::Write;

use chrono::DateTime;
use ttlog_core::{
    Level, Piece, Template, Value,
    decode::{Event, EventKind, TimeBase},
    render_value,
};

use super::Format;

/// How events are written.
pub(super) struct Line<'a> {
    pub(super) format: Format,
    pub(super) time: TimeBase,
    pub(super) service: &'a str,
}

const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";

fn color_of(level: Level) -> &'static str {
    match level {
        Level::Trace => "\x1b[35m",
        Level::Debug => "\x1b[34m",
        Level::Info => "\x1b[32m",
        Level::Warn => "\x1b[33m",
        Level::Error => "\x1b[31m",
        Level::Fatal => "\x1b[1;97;41m",
    }
}

impl Line<'_> {
    /// Appends an event's line. Writing to memory does not fail.
    pub(super) fn write(&self, event: &Event<'_>, open_ticks: Option<u64>, out: &mut Vec<u8>) {
        let Format::Text { color } = self.format else {
            let event = crate::event::Event::new(event, &self.time, self.service, open_ticks);
            let _ = crate::event::write_json(&event, out);
            out.push(b'\n');
            return;
        };
        let paint = |code: &'static str| if color { code } else { "" };
        let (reset, dim) = (paint(RESET), paint(DIM));
        let record = &event.record;
        let time = DateTime::from_timestamp_nanos(
            i64::try_from(self.time.ns(record.ticks)).unwrap_or(i64::MAX),
        );
        let _ = write!(
            out,
            "{dim}{}{reset} {}{:5}{reset} {dim}{}{reset} ",
            time.format("%H:%M:%S%.6f"),
            paint(color_of(record.level)),
            record.level,
            event.callsite.map_or("?", |callsite| callsite.target),
        );
        match event.kind() {
            EventKind::Event => {}
            EventKind::Enter => {
                let _ = write!(out, "> ");
            }
            EventKind::Exit => {
                let _ = write!(out, "< ");
            }
        }
        // A message must not draw on the terminal, nor look like two lines.
        let message = event.message().to_string();
        write_clean(&message, out);
        let shown = shown(event);
        for (at, (name, value)) in event.fields().enumerate() {
            if shown & 1 << at == 0 && !name.is_empty() {
                let mut text = String::new();
                let _ = render_value(&value, &mut text);
                let text = if value == Value::None {
                    "none".to_owned()
                } else {
                    text
                };
                let _ = write!(out, " {dim}{name}={reset}");
                write_clean(&text, out);
            }
        }
        out.push(b'\n');
    }

    /// Says that events are not shown.
    pub(super) fn write_missed(&self, missed: u64, out: &mut Vec<u8>) {
        let _ = match self.format {
            Format::Text { .. } => {
                writeln!(
                    out,
                    "({missed} events were overwritten before they could be shown)"
                )
            }
            Format::Json => writeln!(out, r#"{{"missed":{missed}}}"#),
        };
    }
}

/// The arguments that the message shows, a bit each.
fn shown(event: &Event<'_>) -> u32 {
    let text = event.callsite.map_or("", |callsite| callsite.text);
    Template::new(text)
        .map(|piece| match piece {
            Piece::Placeholder { index, .. } => 1_u32.checked_shl(index as u32).unwrap_or(0),
            Piece::Literal(_) => 0,
        })
        .fold(0, |shown, bit| shown | bit)
}

fn write_clean(text: &str, out: &mut Vec<u8>) {
    for c in text.chars() {
        let _ = if c.is_control() {
            write!(out, "{}", c.escape_default())
        } else {
            write!(out, "{c}")
        };
    }
}
