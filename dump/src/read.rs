//! Opens the files, and reports damage.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use ttlog_reader::{OpenError, SnapshotFile, Snapshots};

use crate::complaint::{complain, with_causes};

/// Opens the files, and writes errors and damage to `err`. Returns whether all files could be opened.
pub(crate) fn read(
    paths: &[PathBuf],
    scan: bool,
    snapshots: &mut Snapshots,
    err: &mut dyn Write,
) -> bool {
    let mut are_all_read = true;
    for path in paths {
        if let Err(error) = open(path, scan, snapshots, err) {
            are_all_read = false;
            let (path, error, hint) = (path.display(), with_causes(&error), hint(&error));
            complain(err, format_args!("{path}: {error}; {hint}"));
        }
    }
    for file in snapshots.files() {
        report(file, err);
    }
    are_all_read
}

fn open(
    path: &Path,
    scan: bool,
    snapshots: &mut Snapshots,
    err: &mut dyn Write,
) -> Result<(), OpenError> {
    if !scan {
        return snapshots.open(path);
    }
    for gap in snapshots.open_scan(path)? {
        complain(err, format_args!("{}: {gap}", path.display()));
    }
    Ok(())
}

fn report(file: &SnapshotFile, err: &mut dyn Write) {
    let SnapshotFile { path, damages, .. } = file;
    for damage in damages.places() {
        complain(err, format_args!("{path}: {damage}"));
    }
    let more = damages.count() - damages.places().len() as u64;
    if more != 0 {
        complain(err, format_args!("{path}: and {more} more"));
    }
}

fn hint(error: &OpenError) -> &'static str {
    match error {
        OpenError::NotASnapshot(_) | OpenError::NoBlock { .. } | OpenError::Region { .. } => {
            "`dump --scan` looks for snapshots anywhere in a file, and `dump ls DIR` lists those in a \
             directory"
        }
        _ => "`dump ls DIR` lists the snapshots in a directory",
    }
}
