//! A line of the list.

use core::fmt::{Display, Write};
use std::{path::Path, time::UNIX_EPOCH};

use super::summary::Summary;
use crate::{json::Object, load::Origin, plain::Plain, time::Time};

/// A file and what it is.
#[derive(Debug)]
pub(super) struct Row {
    path: String,
    bytes: u64,
    /// When the file was last written.
    written_ns: u64,
    summary: Summary,
}

impl Row {
    pub(super) fn read(path: &Path) -> Self {
        let metadata = path.metadata().ok();
        let written = metadata
            .as_ref()
            .and_then(|metadata| metadata.modified().ok());
        let written = written.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            path: path.to_string_lossy().into_owned(),
            bytes: metadata.map_or(0, |metadata| metadata.len()),
            written_ns: written.map_or(0, |since| since.as_nanos() as u64),
            summary: Summary::read(path),
        }
    }

    /// What the list is sorted by: when the snapshot was taken, where it does not say when the
    /// file was written.
    pub(super) fn order(&self) -> (u64, &str) {
        let taken_ns = match self.summary.taken {
            Some(Time::Wall { unix_ns }) => unix_ns,
            _ => self.written_ns,
        };
        (taken_ns, &self.path)
    }

    /// The row as a JSON object.
    pub(super) fn json(&self) -> String {
        let Summary {
            origin,
            taken,
            events,
            problem,
        } = &self.summary;
        let origin = origin.as_ref();
        let mut line = String::new();
        let mut object = Object::open(&mut line);
        object.string_or_null("time", *taken);
        object.text_or_null("service", origin.and_then(Origin::service));
        object.bare_or_null("pid", origin.and_then(Origin::pid));
        object.text_or_null("reason", origin.map(|origin| &*origin.reason));
        object.bare_or_null("events", *events);
        object.bare("bytes", self.bytes);
        object.text("path", &self.path);
        object.text_or_null("problem", problem.as_deref());
        object.close();
        line
    }

    fn cells(&self) -> [String; 7] {
        let Summary {
            origin,
            taken,
            events,
            problem,
        } = &self.summary;
        let origin = origin.as_ref();
        let file = match problem {
            Some(problem) => format!("{}: {problem}", self.path),
            None => self.path.clone(),
        };
        [
            cell(*taken),
            cell(origin.and_then(Origin::service)),
            cell(origin.and_then(Origin::pid)),
            cell(origin.map(|origin| &origin.reason)),
            cell(events.map(|events| format!("{events} events"))),
            size(self.bytes),
            cell(Some(file)),
        ]
    }
}

fn cell(value: Option<impl Display>) -> String {
    let mut cell = String::new();
    // Writing to a String does not fail.
    let _ = match value {
        Some(value) => write!(Plain(&mut cell), "{value}"),
        None => write!(cell, "-"),
    };
    cell
}

/// A number of bytes in the unit in which it has few digits.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// The rows in columns that are as wide as they must be; numbers stand to the right.
pub(super) fn columns(rows: &[Row]) -> Vec<String> {
    let rows: Vec<_> = rows.iter().map(Row::cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [time, service, pid, reason, events, size, _] =
        core::array::from_fn(|column| width(column).unwrap_or_default());
    let line = |[t, s, p, r, e, b, file]: &[String; 7]| {
        format!(
            "{t:<time$}  {s:<service$}  {p:>pid$}  {r:<reason$}  {e:>events$}  {b:>size$}  {file}"
        )
    };
    rows.iter().map(line).collect()
}
