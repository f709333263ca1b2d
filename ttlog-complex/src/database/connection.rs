//! The connection: how one is opened to an SQLite file, and how it is asked whether it is there.

use core::{fmt, time::Duration};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::{
    chaos::{Weather, fault::Trouble},
    resilience::pool::Connect,
};

/// How long a statement waits while another one writes.
const BUSY_PATIENCE: Duration = Duration::from_millis(250);

/// Opens connections to one SQLite file.
#[derive(Clone, Debug)]
pub struct Sqlite {
    name: &'static str,
    path: PathBuf,
    weather: Weather,
}

/// Why a connection was not opened.
#[derive(Debug)]
pub enum NotConnected {
    /// The database takes no connections.
    Down,
    /// SQLite said no.
    Refused(rusqlite::Error),
}

impl fmt::Display for NotConnected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down => out.write_str("the database is down"),
            Self::Refused(error) => error.fmt(out),
        }
    }
}

impl Sqlite {
    /// The file `<name>.sqlite` of a directory.
    #[must_use]
    pub fn new(name: &'static str, directory: &Path, weather: Weather) -> Self {
        Self {
            name,
            path: directory.join(format!("{name}.sqlite")),
            weather,
        }
    }

    /// Opens a connection, whatever the weather.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.path)?;
        // First of all: what follows may already have to wait for somebody else.
        connection.busy_timeout(BUSY_PATIENCE)?;
        // Readers do not wait for the writer, and nobody waits for the disk.
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "off")?;
        connection.pragma_update(None, "temp_store", "memory")?;
        Ok(connection)
    }

    fn is_down(&self) -> bool {
        self.weather.database(self.name) == Some(Trouble::Down)
    }
}

impl Connect for Sqlite {
    type Connection = Connection;
    type Error = NotConnected;

    fn connect(&self) -> Result<Connection, NotConnected> {
        if self.is_down() {
            return Err(NotConnected::Down);
        }
        self.open().map_err(NotConnected::Refused)
    }

    fn is_sound(&self, connection: &mut Connection) -> bool {
        !self.is_down()
            && connection
                .prepare_cached("SELECT 1")
                .and_then(|mut ping| ping.query_row([], |_| Ok(())))
                .is_ok()
    }
}
