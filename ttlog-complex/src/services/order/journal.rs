//! The journal: every order as it is written down in the database.
//!
//! ```text
//! opened ─► INSERT, or the order is refused: nothing is done that is not written down
//! closed ─► behind (in memory) ─► UPDATE in one go ─► no longer behind
//!                 ▲ stays, and is written with the next, when the database cannot be had
//! ```
//!
//! A line that was written by a query without an answer is written again, and says the same.

use core::time::Duration;
use std::{collections::BTreeMap, fmt, io};

use rusqlite::{Connection, Row, TransactionBehavior, params};
use ttlog_std::{Level, debug, error, info, span, warn};

use super::book::OrderBook;
use crate::{
    clock::Clock,
    database::{Database, DatabaseError},
    ids::{CustomerId, OrderId},
    money::Cents,
    protocol::order::{OrderError, Receipt},
    shared::Shared,
};

/// How long a line waits for a connection.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often a line is tried. A second time, because the first connection may have broken.
const ATTEMPTS: u32 = 2;
/// For how long closing lines are kept back when the database could not be had.
const REST: Duration = Duration::from_millis(200);

const TABLE: &str = "CREATE TABLE journal (
    order_id INTEGER PRIMARY KEY,
    customer INTEGER,
    state TEXT NOT NULL,
    reason TEXT,
    total INTEGER,
    tracking INTEGER,
    opened_ms INTEGER,
    closed_ms INTEGER
) STRICT;";
const OPEN: &str = "INSERT INTO journal (order_id, customer, state, opened_ms)
    VALUES (?1, ?2, 'opened', ?3) ON CONFLICT DO NOTHING";
const CLOSE: &str = "INSERT INTO journal (order_id, state, reason, total, tracking, closed_ms)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT DO UPDATE SET state = ?2, reason = ?3, total = ?4, tracking = ?5, closed_ms = ?6";
const ROWS: &str = "SELECT order_id, state, reason, total, tracking FROM journal";

/// The journal of the order service. Clones share it.
#[derive(Clone)]
pub struct Journal {
    database: Database,
    clock: Clock,
    behind: Shared<Behind>,
}

/// What is still to be written.
#[derive(Default)]
struct Behind {
    lines: BTreeMap<OrderId, Line>,
    /// Until when nothing is tried.
    rest_until: Duration,
}

/// A closing line.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Line {
    result: Result<Receipt, OrderError>,
    at: Duration,
}

/// What a row of the journal says of its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It was begun.
    Opened,
    /// It was carried out.
    Confirmed {
        /// What was paid.
        total: Cents,
        /// The number of the parcel.
        tracking: u64,
    },
    /// It was not carried out.
    Failed {
        /// Why.
        reason: String,
    },
}

/// An order of which the book and the journal do not say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The order.
    pub order: OrderId,
    /// What the book says; nothing where it does not know it.
    pub book: Option<Entry>,
    /// What the journal says; nothing where it does not know it.
    pub journal: Option<Entry>,
}

impl Journal {
    /// Begins an empty journal.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn open(database: Database, clock: Clock) -> io::Result<Self> {
        database.undisturbed(|connection| connection.execute_batch(TABLE))?;
        Ok(Self {
            database,
            clock,
            behind: Shared::default(),
        })
    }

    /// Writes down that an order begins.
    ///
    /// # Errors
    ///
    /// [`OrderError::NotWritten`]: the order must not begin. Close it all the same.
    pub fn opened(&self, order_id: OrderId, customer: CustomerId) -> Result<(), OrderError> {
        let _span = span!(Level::Debug, "journal.opened", order_id);
        let at_ms = as_ms(self.clock.now());
        let written = self.attempt("journal.opened", |connection| {
            connection.prepare_cached(OPEN)?.execute(params![
                order_id.0.cast_signed(),
                customer.0.cast_signed(),
                at_ms
            ])
        });
        match written {
            Ok(_) => {
                debug!("journal.opened order_id={order_id}");
                Ok(())
            }
            Err(why) => {
                error!("journal.refused order_id={order_id} why={why}");
                Err(OrderError::NotWritten)
            }
        }
    }

    /// Writes down how an order ended, now or when the database can be had again.
    pub fn closed(&self, order_id: OrderId, result: Result<Receipt, OrderError>) {
        let _span = span!(Level::Debug, "journal.closed", order_id);
        let at = self.clock.now();
        let mut behind = self.behind.lock();
        behind.lines.insert(order_id, Line { result, at });
        let lines = behind.lines.len();
        let rests = at < behind.rest_until;
        drop(behind);
        if rests {
            warn!("journal.behind lines={lines} why=resting");
        } else {
            self.catch_up();
        }
    }

    /// Writes what is behind. What cannot be written stays behind.
    pub fn catch_up(&self) {
        let lines = self.behind.lock().lines.clone();
        let count = lines.len();
        if count == 0 {
            return;
        }
        match self.attempt("journal.closed", |connection| write(connection, &lines)) {
            Ok(()) => {
                self.forget(&lines);
                if count > 1 {
                    info!("journal.caught_up lines={count}");
                } else {
                    debug!("journal.written lines={count}");
                }
            }
            Err(why) => {
                let mut behind = self.behind.lock();
                behind.rest_until = self.clock.now() + REST;
                warn!("journal.behind lines={count} why={why}");
            }
        }
    }

    /// Writes what is behind when nobody orders any more, whatever is wrong with the pool.
    pub fn finish(&self) {
        let lines = self.behind.lock().lines.clone();
        let count = lines.len();
        match self.database.undisturbed(|it| write(it, &lines)) {
            Ok(()) => {
                self.forget(&lines);
                info!("journal.finished caught_up={count}");
            }
            Err(why) => error!("journal.unfinished lines={count} why={why}"),
        }
    }

    /// How many orders have ended of which the journal does not know that yet.
    #[must_use]
    pub fn behind(&self) -> usize {
        self.behind.lock().lines.len()
    }

    /// What is written, by order.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn entries(&self) -> io::Result<BTreeMap<OrderId, Entry>> {
        self.database.undisturbed(|connection| {
            let mut rows = connection.prepare(ROWS)?;
            rows.query_map([], entry)?.collect()
        })
    }

    /// Compares with the book; they agree when nothing comes back.
    ///
    /// # Errors
    ///
    /// The database's.
    pub fn disagreements(&self, book: &OrderBook) -> io::Result<Vec<Disagreement>> {
        let mut written = self.entries()?;
        let mut found = Vec::new();
        for (order, result) in book.orders() {
            let (said, journal) = (Some(Entry::of(result)), written.remove(&order));
            if said != journal {
                found.push(Disagreement {
                    order,
                    book: said,
                    journal,
                });
            }
        }
        found.extend(written.into_iter().map(|(order, entry)| Disagreement {
            order,
            book: None,
            journal: Some(entry),
        }));
        Ok(found)
    }

    fn attempt<T>(
        &self,
        what: &'static str,
        query: impl Fn(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatabaseError> {
        let mut attempt = 1;
        loop {
            let answer = self.database.run(what, PATIENCE, &query);
            match answer {
                Err(DatabaseError::Lost { .. }) if attempt < ATTEMPTS => {
                    attempt += 1;
                    debug!("journal.again what={what} attempt={attempt}");
                }
                answer => return answer,
            }
        }
    }

    /// Lines that have been written are no longer behind, unless they have changed meanwhile.
    fn forget(&self, written: &BTreeMap<OrderId, Line>) {
        let mut behind = self.behind.lock();
        behind
            .lines
            .retain(|order, line| written.get(order) != Some(line));
    }
}

fn write(connection: &mut Connection, lines: &BTreeMap<OrderId, Line>) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut close = transaction.prepare_cached(CLOSE)?;
        for (order, Line { result, at }) in lines {
            let (state, receipt) = match result {
                Ok(receipt) => ("confirmed", Some(receipt)),
                Err(_) => ("failed", None),
            };
            close.execute(params![
                order.0.cast_signed(),
                state,
                result.err().map(OrderError::reason),
                receipt.map(|it| it.total.0),
                receipt.map(|it| it.tracking.cast_signed()),
                as_ms(*at)
            ])?;
        }
    }
    transaction.commit()
}

fn entry(row: &Row<'_>) -> rusqlite::Result<(OrderId, Entry)> {
    let order = OrderId(row.get::<_, i64>(0)?.cast_unsigned());
    let state: String = row.get(1)?;
    let entry = match state.as_str() {
        "opened" => Entry::Opened,
        "confirmed" => Entry::Confirmed {
            total: Cents(row.get(3)?),
            tracking: row.get::<_, i64>(4)?.cast_unsigned(),
        },
        _ => Entry::Failed {
            reason: row.get(2)?,
        },
    };
    Ok((order, entry))
}

fn as_ms(time: Duration) -> i64 {
    time.as_millis() as i64
}

impl Entry {
    /// What should be written of an order that the book says this of.
    fn of(result: Option<Result<Receipt, OrderError>>) -> Self {
        match result {
            None => Self::Opened,
            Some(Ok(Receipt {
                total, tracking, ..
            })) => Self::Confirmed { total, tracking },
            Some(Err(why)) => Self::Failed {
                reason: why.reason().to_owned(),
            },
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => out.write_str("opened"),
            Self::Confirmed { total, tracking } => {
                write!(out, "confirmed, {total}, parcel {tracking}")
            }
            Self::Failed { reason } => write!(out, "failed: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests;
