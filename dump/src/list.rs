//! Lists the snapshots in a directory.

mod row;

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use ttlog_reader::{list, write_json};

use self::row::Row;
use crate::{
    complaint::complain,
    environment::DEFAULT_DIRECTORY,
    options::{ListFormatName, ListOptions},
    status::{Failure, Status},
};

/// Writes a line for each snapshot in the directory, the newest last. Files that are being written are
/// included.
///
/// # Errors
///
/// Returns [`Failure::Options`] if the directory cannot be listed, and [`Failure::Output`] if `out`
/// fails.
pub(crate) fn run(
    options: &ListOptions,
    default: Option<&Path>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, Failure> {
    let directory = options.directory.as_deref().or(default);
    let directory = directory.unwrap_or(Path::new(DEFAULT_DIRECTORY));
    let unfinished = unfinished(directory);
    let finished = list(directory);
    let paths = finished.and_then(|paths| Ok([paths, unfinished?].concat()));
    let paths = paths.map_err(|error| {
        let directory = directory.display();
        Failure::Options(format!(
            "{directory}: {error}; give the directory of the snapshots, or set TTLOG_DIR"
        ))
    })?;
    let mut rows: Vec<_> = paths.iter().map(|path| Row::read(path)).collect();
    rows.sort_by(|one, other| one.order().cmp(&other.order()));
    if rows.is_empty() {
        let directory = directory.display();
        complain(
            err,
            format_args!("{directory}: no file in this directory is named ttlog-*.bin"),
        );
    }
    let mut out = BufWriter::new(out);
    match options.format {
        ListFormatName::Text => {
            for line in row::columns(&rows) {
                writeln!(out, "{line}")?;
            }
        }
        ListFormatName::Json => {
            for row in &rows {
                write_json(&mut out, row)?;
                writeln!(out)?;
            }
        }
    }
    out.flush()?;
    Ok(Status::Whole)
}

/// Returns the files that are being written. Listed before the others, so that a file that is renamed
/// meanwhile is not missed.
fn unfinished(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if row::is_unfinished(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}
