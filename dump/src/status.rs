//! The exit status, and the error that ends the program.

use std::{io, process::ExitCode};

/// The exit status.
///
/// # Examples
///
/// ```
/// use std::process::ExitCode;
/// use dump::Status;
///
/// assert_eq!(ExitCode::from(Status::Damaged), ExitCode::from(1));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// All files were read and are whole.
    Whole = 0,
    /// A file is damaged or cannot be read. The rest was shown.
    Damaged = 1,
    /// No file could be read, or the options are wrong.
    Nothing = 2,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// The error that ends the program.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The output cannot be written.
    Output(io::Error),
    /// The options are wrong for the files. Holds the message.
    Options(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
