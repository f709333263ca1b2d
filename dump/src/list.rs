//! Lists the snapshots in a directory.

mod row;

use std::{
    io::{BufWriter, Write},
    path::Path,
};

use ttlog_reader::{list, write_json};

use self::row::Row;
use crate::{
    complaint::complain,
    environment::DEFAULT_DIRECTORY,
    options::{ListFormatName, ListOptions},
    status::{Failure, Status},
};

/// Writes a line for each snapshot in the directory, the newest last.
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
    let paths = list(directory).map_err(|error| {
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
