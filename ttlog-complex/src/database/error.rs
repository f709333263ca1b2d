//! Why a query brought no answer.

use core::{error::Error, fmt};

use rusqlite::ErrorCode;

use crate::resilience::pool::Exhausted;

/// Why a query brought no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum DatabaseError {
    /// There was no connection for it in time.
    NoConnection(Exhausted),
    /// Its connection broke. It may or may not have taken effect.
    Lost {
        /// Which database.
        database: &'static str,
    },
    /// The database said no.
    Refused {
        /// Which database.
        database: &'static str,
        /// What it said.
        error: rusqlite::Error,
    },
}

impl DatabaseError {
    /// Tells whether the connection still is good after what SQLite said.
    pub(super) fn of(database: &'static str, error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::OperationInterrupted
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory,
            ) => Self::Lost { database },
            _ => Self::Refused { database, error },
        }
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnection(exhausted) => exhausted.fmt(out),
            Self::Lost { database } => {
                write!(
                    out,
                    "the connection to database {database} broke in a query"
                )
            }
            Self::Refused { database, error } => write!(out, "database {database}: {error}"),
        }
    }
}

impl Error for DatabaseError {}

impl From<Exhausted> for DatabaseError {
    fn from(exhausted: Exhausted) -> Self {
        Self::NoConnection(exhausted)
    }
}
