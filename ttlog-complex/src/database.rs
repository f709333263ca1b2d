//! The database: one SQLite file behind a pool, and what can go wrong with it.
//!
//! ```text
//! service ─► Database::run ─► pool ─► Lease ─► SQLite
//!                │              │       │
//!  weather: slow, lost, down ───┼───────┘ strikes the query that is running
//!           down ───────────────┘ and no connection opens, nor answers when it is checked
//! ```
//!
//! Every service has a file of its own, as it would have a database of its own, so what is wrong
//! with one is not wrong with the others. The files live in a private directory and go with it:
//! nothing has to outlast the run, and nothing waits for the disk.

pub mod connection;
pub mod error;
pub mod keeper;
pub mod set;

use core::{fmt, time::Duration};
use std::{io, sync::Arc};

use rusqlite::Connection;
use tempfile::TempDir;
use ttlog_std::{Level, debug, span, trace};

use self::connection::Sqlite;
pub use self::{error::DatabaseError, set::Databases};
use crate::{
    chaos::{Weather, fault::Trouble},
    clock::Clock,
    resilience::pool::{Lease, Pool, Reading, Settings},
    snapshots::Snapshots,
};

/// A connection that idled for so long is asked whether it is still there.
const CHECK_AFTER: Duration = Duration::from_millis(250);
/// A query that holds its connection for so long is slow.
const SLOW_AFTER: Duration = Duration::from_millis(50);
/// A query that loses its connection gets about so many steps far. The shortest takes some ten.
const LAST_STEPS: i32 = 4;

/// One database and the connections to it. Clones share them.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    name: &'static str,
    sqlite: Sqlite,
    pool: Pool<Sqlite>,
    weather: Weather,
    clock: Clock,
    snapshots: Snapshots,
    // The last: nobody looks at the file any more when it goes.
    _directory: Arc<TempDir>,
}

impl Database {
    /// The database in the file `<name>.sqlite` of a directory, with `connections` at most. The
    /// directory stays as long as a database in it is used.
    ///
    /// # Errors
    ///
    /// SQLite's, when the file cannot be made.
    pub fn create(
        directory: Arc<TempDir>,
        name: &'static str,
        connections: usize,
        weather: Weather,
        clock: Clock,
        snapshots: Snapshots,
    ) -> io::Result<Self> {
        let sqlite = Sqlite::new(name, directory.path(), weather.clone());
        let settings = Settings {
            name,
            size: connections,
            check_after: CHECK_AFTER,
            slow_after: SLOW_AFTER,
        };
        let database = Self(Arc::new(Inner {
            name,
            pool: Pool::new(settings, sqlite.clone(), clock.clone()),
            sqlite,
            weather,
            clock,
            snapshots,
            _directory: directory,
        }));
        database.undisturbed(|_| Ok(()))?;
        Ok(database)
    }

    /// Its name, which is that of its pool.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// Runs a query on a connection from the pool, for which it waits no longer than `limit`.
    /// `what` names the query in the log.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`]. Whether a query that lost its connection took effect is not known, so
    /// what is written must be safe to write again.
    pub fn run<T>(
        &self,
        what: &'static str,
        limit: Duration,
        query: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatabaseError> {
        let database = self.0.name;
        let _span = span!(Level::Trace, "database.query", database, what);
        let began = self.0.clock.now();
        let lease = self.0.pool.lease(limit);
        if lease.is_err() {
            self.0.snapshots.take("database_pool_exhausted");
        }
        let mut lease = lease?;
        let doomed = self.strike(&mut lease)?;
        let answer = query(&mut lease);
        let elapsed_us = self.0.clock.now().saturating_sub(began).as_micros() as u64;
        match answer {
            Ok(value) => {
                if doomed {
                    self.spare(&mut lease)?;
                }
                trace!("database.query database={database} what={what} elapsed_us={elapsed_us}");
                Ok(value)
            }
            Err(error) => {
                let error = DatabaseError::of(database, error);
                debug!("database.failed what={what} elapsed_us={elapsed_us} error={error}");
                if matches!(error, DatabaseError::Lost { .. }) {
                    lease.discard();
                }
                Err(error)
            }
        }
    }

    /// Runs a query on a connection of its own that no fault strikes: for what must be there
    /// before the shop opens, and for what is looked up when it has closed.
    ///
    /// # Errors
    ///
    /// SQLite's.
    pub fn undisturbed<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> io::Result<T> {
        let failed = |error| io::Error::other(format!("database {}: {error}", self.0.name));
        let mut connection = self.0.sqlite.open().map_err(failed)?;
        query(&mut connection).map_err(failed)
    }

    /// Checks the connections that idle.
    pub fn check(&self) {
        self.0.pool.check();
    }

    /// What the pool has counted.
    #[must_use]
    pub fn reading(&self) -> Reading {
        self.0.pool.reading()
    }

    /// Lets the weather at the query that is about to run. Answers whether it will be cut short.
    fn strike(&self, lease: &mut Lease<Sqlite>) -> Result<bool, DatabaseError> {
        match self.0.weather.database(self.0.name) {
            Some(Trouble::Slow(by)) => {
                self.0.clock.pause(by);
                Ok(false)
            }
            Some(Trouble::Lost | Trouble::Down) => {
                // SQLite asks after so many steps whether to go on, and is told not to.
                lease
                    .progress_handler(LAST_STEPS, Some(|| true))
                    .map_err(|error| DatabaseError::of(self.0.name, error))?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Lets a connection live that was meant to break, for its query was too short for that.
    fn spare(&self, lease: &mut Lease<Sqlite>) -> Result<(), DatabaseError> {
        lease
            .progress_handler(0, None::<fn() -> bool>)
            .map_err(|error| DatabaseError::of(self.0.name, error))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Database({})", self.0.name)
    }
}

#[cfg(test)]
mod tests;
