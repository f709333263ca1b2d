//! A row of the list.

use core::fmt::Display;
use std::{path::Path, time::UNIX_EPOCH};

use serde::Serialize;
use ttlog_reader::{Summary, Time, escaped};

use crate::complaint::with_causes;

/// The note in the text of a file that is not complete.
const UNFINISHED: &str = "unfinished: it is being written, or its process was killed";

/// A file, and the content of its first and last blocks.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    time: Option<Time>,
    service: Option<String>,
    pid: Option<u32>,
    reason: Option<String>,
    events: Option<u64>,
    bytes: u64,
    path: String,
    problem: Option<String>,
    /// Whether the file has no name yet: it is being written, or its process was killed.
    unfinished: bool,
    /// The file's modification time, in nanoseconds since 1970-01-01T00:00:00Z.
    #[serde(skip)]
    modified_ns: u64,
}

impl Row {
    pub(super) fn read(path: &Path) -> Self {
        let unfinished = is_unfinished(path);
        let metadata = path.metadata().ok();
        let modified = metadata
            .as_ref()
            .and_then(|metadata| metadata.modified().ok())
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let summary = Summary::read(path);
        let problem = match &summary {
            _ if unfinished => None,
            Ok(summary) if summary.totals.is_some() => None,
            Ok(_) => Some("the end is damaged or cut off".into()),
            Err(error) => Some(with_causes(error).to_string()),
        };
        let summary = summary.ok();
        let header = summary.as_ref().map(|summary| summary.header.clone());
        let header = header.unwrap_or_default();
        Self {
            time: summary.as_ref().and_then(Summary::moment),
            service: header.service,
            pid: header.pid,
            reason: header.reason,
            events: summary.as_ref().and_then(Summary::events),
            bytes: metadata.map_or(0, |metadata| metadata.len()),
            path: path.to_string_lossy().into_owned(),
            problem,
            unfinished,
            modified_ns: modified.map_or(0, |since| since.as_nanos() as u64),
        }
    }

    /// Returns the sort key: the moment of the snapshot, or the file's modification time if the moment
    /// is not known.
    pub(super) fn order(&self) -> (u64, &str) {
        let time_ns = match self.time {
            Some(Time::Wall { unix_ns }) => unix_ns,
            _ => self.modified_ns,
        };
        (time_ns, &self.path)
    }

    fn cells(&self) -> [String; 7] {
        let file = match &self.problem {
            Some(problem) => format!("{}: {problem}", self.path),
            None if self.unfinished => format!("{}: {UNFINISHED}", self.path),
            None => self.path.clone(),
        };
        [
            cell(self.time),
            cell(self.service.as_ref()),
            cell(self.pid),
            cell(self.reason.as_ref()),
            cell(self.events.map(|events| format!("{events} events"))),
            size(self.bytes),
            cell(Some(file)),
        ]
    }
}

/// Returns whether a path names a file that a recorder is writing, or that a killed process has left.
pub(super) fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    name.starts_with(b".ttlog-") && name.ends_with(b".tmp")
}

fn cell(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".into(), |value| escaped(value).to_string())
}

/// Returns a size in bytes, KiB or MiB.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// Returns the rows as lines with aligned columns. Numbers are aligned to the right.
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
