//! Runs the command that the options name.

use std::io::{self, Write};

use clap::ColorChoice;
use ttlog_reader::Snapshots;

use crate::{
    complaint::complain,
    doctor,
    environment::Environment,
    list,
    options::{Command, Options, ShowOptions},
    read, show,
    status::{Failure, Status},
};

/// Runs the command that the options name. Writes results to `out`, and problems to `err`.
///
/// Returns [`Status::Whole`] if the reader of `out` closes it early.
///
/// # Examples
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ttlog-core/tests/golden/v2-stored.bin");
/// use clap::Parser;
/// use dump::{Environment, Options, Status, run};
///
/// let options = Options::try_parse_from(["dump", "--format", "text", "--level", "fatal", path])?;
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let status = run(&options, &Environment::default(), &mut out, &mut err);
/// assert_eq!(status, Status::Whole);
/// assert!(String::from_utf8(out)?.ends_with("no way on, {code} is lost\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(
    options: &Options,
    environment: &Environment,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Status {
    let done = match &options.command {
        Some(Command::Ls(options)) => {
            list::run(options, environment.directory.as_deref(), out, err)
        }
        Some(Command::Doctor(options)) => {
            doctor::run(options, environment.directory.as_deref(), out)
        }
        None => show_files(&options.show, environment, out, err),
    };
    let message = match done {
        Ok(status) => return status,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return Status::Whole;
        }
        Err(Failure::Output(error)) => format!("the output cannot be written: {error}"),
        Err(Failure::Options(message)) => message,
    };
    complain(err, message);
    Status::Nothing
}

fn show_files(
    options: &ShowOptions,
    environment: &Environment,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Status, Failure> {
    let color = match options.color {
        ColorChoice::Auto => environment.color,
        ColorChoice::Always => true,
        ColorChoice::Never => false,
    };
    let mut snapshots = options.memory.map_or_else(Snapshots::new, |mib| {
        Snapshots::with_memory_limit((mib as usize).saturating_mul(1 << 20))
    });
    let are_all_read = read::read(&options.files, options.scan, &mut snapshots, err);
    let files = snapshots.files();
    if files.is_empty() {
        return Ok(Status::Nothing);
    }
    show::show(&snapshots, options, color, out)?;
    let are_whole = files.iter().all(|file| file.damages.count() == 0);
    Ok(if are_all_read && are_whole {
        Status::Whole
    } else {
        Status::Damaged
    })
}
