//! The trail: the chain on its way into the database, in batches.

use core::{error::Error, fmt, time::Duration};
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, TryLockError},
};

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use ttlog_std::{debug, error, info, warn};

use super::chain::{Broken, Entry, Head};
use crate::{clock::Clock, database::Database, shared::Shared};

/// So many entries are written at once.
const BATCH_ENTRIES: usize = 32;
/// Fewer are written when the first of them has waited for so long.
const BATCH_AGE: Duration = Duration::from_millis(200);
/// How long a batch waits for a connection.
const PATIENCE: Duration = Duration::from_millis(50);
/// For how long the database is left alone when it could not be had.
const REST: Duration = Duration::from_millis(250);

const TABLE: &str = "CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at_ns INTEGER NOT NULL,
    deed TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;";
// A batch of which it is not known whether it was written is written again, and is the same.
const INSERT: &str = "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
const ROWS: &str = "SELECT number, at_ns, deed, previous, hash FROM audit ORDER BY number";

/// The trail. Clones share it.
#[derive(Clone)]
pub struct Trail {
    database: Database,
    clock: Clock,
    chain: Shared<Unwritten>,
    /// Held by whoever writes a batch; the others need not wait for that.
    pen: Arc<Mutex<()>>,
}

/// The head of the chain, and the entries that the database does not have yet.
#[derive(Default)]
struct Unwritten {
    head: Head,
    entries: VecDeque<Entry>,
    /// Until when nothing is tried.
    rest_until: Duration,
}

/// Why a trail cannot be trusted.
#[derive(Debug)]
#[non_exhaustive]
pub enum Untrusted {
    /// The chain is not whole.
    Broken(Broken),
    /// It could not be read.
    Unread(io::Error),
}

impl fmt::Display for Untrusted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(broken) => write!(out, "the trail is not whole: {broken}"),
            Self::Unread(error) => write!(out, "the trail cannot be read: {error}"),
        }
    }
}

impl Error for Untrusted {}

impl Trail {
    /// Begins an empty trail.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn open(database: Database, clock: Clock) -> io::Result<Self> {
        database.undisturbed(|connection| connection.execute_batch(TABLE))?;
        Ok(Self {
            database,
            clock,
            chain: Shared::default(),
            pen: Arc::default(),
        })
    }

    /// Puts a deed on the chain, and writes a batch if one is due. Answers with the deed's number.
    pub fn write(&self, deed: String) -> u64 {
        let now = self.clock.now();
        let mut chain = self.chain.lock();
        let entry = chain.head.link(deed, now);
        let number = entry.number;
        chain.entries.push_back(entry);
        let due = chain.is_due(now);
        drop(chain);
        if due {
            self.write_batch();
        }
        number
    }

    /// Writes what there is. What cannot be written stays, and is written with the next batch.
    fn write_batch(&self) {
        let _pen = match self.pen.try_lock() {
            Ok(pen) => pen,
            // Whoever held it is dead, and all that it had not written is still there.
            Err(TryLockError::Poisoned(pen)) => pen.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let batch: Vec<Entry> = self.chain.lock().entries.iter().cloned().collect();
        let entries = batch.len();
        let began = self.clock.now();
        let written = self
            .database
            .run("audit.batch", PATIENCE, |it| write(it, &batch));
        let now = self.clock.now();
        match written {
            Ok(()) => {
                self.forget(&batch);
                // As long as it took: then no more than half of the time goes into writing, and
                // however slow the database is, whoever writes comes to hear what else there is.
                self.chain.lock().rest_until = now + now.saturating_sub(began);
                debug!("audit.written entries={entries}");
            }
            Err(why) => {
                self.chain.lock().rest_until = now + REST;
                warn!("audit.behind entries={entries} why={why}");
            }
        }
    }

    /// Writes the rest when nobody does anything any more, whatever is wrong with the pool.
    pub fn finish(&self) {
        let batch: Vec<Entry> = self.chain.lock().entries.iter().cloned().collect();
        let entries = batch.len();
        match self.database.undisturbed(|it| write(it, &batch)) {
            Ok(()) => {
                self.forget(&batch);
                let head = self.head().to_string();
                info!("audit.finished entries={entries} head={head}");
            }
            Err(why) => error!("audit.unfinished entries={entries} why={why}"),
        }
    }

    /// The end of the chain, the entries included that are not yet written.
    #[must_use]
    pub fn head(&self) -> Head {
        self.chain.lock().head
    }

    /// How many entries the database does not have yet.
    #[must_use]
    pub fn behind(&self) -> usize {
        self.chain.lock().entries.len()
    }

    /// Follows the chain through the database from its beginning to the entries that are not yet
    /// written, if any, and to its head. Answers with the number of entries.
    ///
    /// # Errors
    ///
    /// [`Untrusted`], with the first entry that is not as it was written.
    pub fn verify(&self) -> Result<u64, Untrusted> {
        let (kept, unwritten) = {
            let chain = self.chain.lock();
            (chain.head, chain.entries.clone())
        };
        let mut end = Head::default();
        self.database
            .undisturbed(|connection| {
                let mut rows = connection.prepare(ROWS)?;
                let mut rows = rows.query([])?;
                while let Some(row) = rows.next()? {
                    if let Err(broken) = end.follow(&entry(row)?) {
                        return Ok(Err(broken));
                    }
                }
                Ok(Ok(()))
            })
            .map_err(Untrusted::Unread)?
            .map_err(Untrusted::Broken)?;
        let written = end.number;
        unwritten
            .iter()
            .filter(|entry| entry.number > written)
            .try_for_each(|entry| end.follow(entry))
            .and_then(|()| end.meets(kept))
            .map_err(Untrusted::Broken)?;
        Ok(kept.number)
    }

    /// What is written under a number.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn entry(&self, number: u64) -> io::Result<Option<Entry>> {
        let one = "SELECT number, at_ns, deed, previous, hash FROM audit WHERE number = ?1";
        self.database.undisturbed(|connection| {
            connection
                .query_row(one, [number.cast_signed()], entry)
                .optional()
        })
    }

    /// What has been written needs not be kept here.
    fn forget(&self, written: &[Entry]) {
        let Some(last) = written.last() else {
            return;
        };
        let mut chain = self.chain.lock();
        let kept = chain
            .entries
            .partition_point(|entry| entry.number <= last.number);
        chain.entries.drain(..kept);
    }
}

impl Unwritten {
    /// Whether a batch is to be written now.
    fn is_due(&self, now: Duration) -> bool {
        let Some(first) = self.entries.front() else {
            return false;
        };
        let is_enough = self.entries.len() >= BATCH_ENTRIES;
        now >= self.rest_until && (is_enough || now.saturating_sub(first.at) >= BATCH_AGE)
    }
}

fn write(connection: &mut Connection, batch: &[Entry]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut insert = transaction.prepare_cached(INSERT)?;
        for entry in batch {
            insert.execute(params![
                entry.number.cast_signed(),
                (entry.at.as_nanos() as u64).cast_signed(),
                entry.deed,
                entry.previous,
                entry.hash
            ])?;
        }
    }
    transaction.commit()
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        number: row.get::<_, i64>(0)?.cast_unsigned(),
        at: Duration::from_nanos(row.get::<_, i64>(1)?.cast_unsigned()),
        deed: row.get(2)?,
        previous: row.get(3)?,
        hash: row.get(4)?,
    })
}

#[cfg(test)]
mod tests;
