//! Checks a directory of snapshots, without the program that writes them.

use std::{io::Write, path::Path, thread, time::SystemTime};

use ttlog_reader::{Check, check_directory_on, check_wall_clock, write_json};

use crate::{
    environment::DEFAULT_DIRECTORY,
    options::{DoctorOptions, ListFormatName},
    status::{Failure, Status},
};

/// Writes a line for each check, and a line with the cure of each problem.
///
/// Returns [`Status::Damaged`] if there is a problem.
///
/// # Errors
///
/// Returns [`Failure::Output`] if `out` fails.
pub(crate) fn run(
    options: &DoctorOptions,
    default: Option<&Path>,
    out: &mut dyn Write,
) -> Result<Status, Failure> {
    let directory = options.directory.as_deref().or(default);
    let directory = directory.unwrap_or(Path::new(DEFAULT_DIRECTORY));
    let start = |run| thread::Builder::new().spawn(run).map(drop);
    let mut checks = check_directory_on(directory, start);
    checks.push(check_wall_clock(SystemTime::now()));
    for check in &checks {
        match options.format {
            ListFormatName::Text => writeln!(out, "{check}")?,
            ListFormatName::Json => {
                write_json(&mut *out, check)?;
                writeln!(out)?;
            }
        }
    }
    out.flush()?;
    Ok(if checks.iter().all(Check::is_ok) {
        Status::Whole
    } else {
        Status::Damaged
    })
}
