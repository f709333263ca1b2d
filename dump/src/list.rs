//! Lists the snapshots in a directory.

mod row;
mod summary;

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use self::row::Row;
use crate::{
    options::{ListFormatName, ListOptions},
    run::{Failure, Status, Surroundings},
};

/// Where snapshots are written if nothing else is said.
const DEFAULT_DIRECTORY: &str = "/tmp";

/// Prints a line for each snapshot, the newest last.
pub(crate) fn run(
    options: &ListOptions,
    surroundings: &Surroundings,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, Failure> {
    let directory = options
        .directory
        .as_deref()
        .or(surroundings.directory.as_deref());
    let directory = directory.unwrap_or(Path::new(DEFAULT_DIRECTORY));
    let mut rows = snapshots(directory)?
        .iter()
        .map(|path| Row::read(path))
        .collect::<Vec<_>>();
    rows.sort_by(|one, other| one.order().cmp(&other.order()));
    if rows.is_empty() {
        let _ = writeln!(
            err,
            "dump: {}: no ttlog-*.bin in this directory",
            directory.display()
        );
    }
    let lines = match options.format {
        ListFormatName::Text => row::columns(&rows),
        ListFormatName::Json => rows.iter().map(Row::json).collect(),
    };
    let mut out = BufWriter::new(out);
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(Status::Whole)
}

/// The files that are named as snapshots are.
fn snapshots(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| Failure::Directory(directory.into(), error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        if name.starts_with(b"ttlog-") && name.ends_with(b".bin") {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}
