//! From options to an exit status.

use core::{error::Error, fmt};
use std::{
    env,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use crate::{
    list,
    options::{ColorWhen, Command, Options},
    select::SelectError,
    show,
};

/// How it went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// All was read.
    Whole = 0,
    /// Something is damaged or missing; what could be read was shown.
    Damaged = 1,
    /// Nothing could be read.
    Nothing = 2,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// What the program finds where it runs.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Whether colours are welcome where standard output goes.
    pub color: bool,
    /// Where snapshots are written (`TTLOG_DIR`).
    pub directory: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let given = |name| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            color: io::stdout().is_terminal() && given("NO_COLOR").is_none(),
            directory: given("TTLOG_DIR").map(PathBuf::from),
        }
    }
}

/// Does what is asked for: results go to `out`, complaints to `err`.
///
/// That nobody reads `out` to its end is no failure: the answer is [`Status::Whole`] then.
pub fn run(
    options: &Options,
    surroundings: &Surroundings,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Status {
    let done = match &options.command {
        Some(Command::Ls(options)) => list::run(options, surroundings, out, err),
        None => {
            let color = match options.show.color {
                ColorWhen::Auto => surroundings.color,
                ColorWhen::Always => true,
                ColorWhen::Never => false,
            };
            show::run(&options.show, color, out, err)
        }
    };
    match done {
        Ok(status) => status,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Status::Whole,
        Err(failure) => {
            // Where complaints cannot be written, there is nobody left to tell.
            let _ = writeln!(err, "dump: {failure}");
            Status::Nothing
        }
    }
}

/// Why something was not done to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The output was not taken.
    Output(io::Error),
    /// What was asked for does not suit the files.
    Select(SelectError),
    /// The directory could not be listed.
    Directory(PathBuf, io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<SelectError> for Failure {
    fn from(error: SelectError) -> Self {
        Self::Select(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(error) => write!(f, "the output could not be written: {error}"),
            Self::Select(error) => error.fmt(f),
            Self::Directory(path, error) => write!(
                f,
                "{}: {error}: give the directory that snapshots are written to, or set TTLOG_DIR",
                path.display()
            ),
        }
    }
}

impl Error for Failure {}
