//! Real SQLite files in real trouble, on a clock that stands still.

use std::{path::PathBuf, thread};

use crossbeam_channel::bounded;

use super::*;
use crate::chaos::Fault;

const NO_WAIT: Duration = Duration::ZERO;

/// A database of one connection with a table of one row in it.
struct OneRow {
    database: Database,
    weather: Weather,
    clock: Clock,
}

fn one_row() -> OneRow {
    let (weather, clock) = (Weather::default(), Clock::manual());
    let database = Database::create(
        Arc::new(tempfile::tempdir().unwrap()),
        "one",
        1,
        weather.clone(),
        clock.clone(),
        Snapshots::default(),
    )
    .unwrap();
    let rows = "CREATE TABLE row (value INTEGER); INSERT INTO row VALUES (1)";
    database
        .undisturbed(|connection| connection.execute_batch(rows))
        .unwrap();
    OneRow {
        database,
        weather,
        clock,
    }
}

impl OneRow {
    fn begin(&self, trouble: Trouble) -> Fault {
        let fault = Fault::Database {
            pool: "one".into(),
            trouble,
        };
        self.weather.begin(fault.clone());
        fault
    }

    fn value(&self) -> Result<i64, DatabaseError> {
        self.database.run("value", NO_WAIT, |connection| {
            connection
                .prepare_cached("SELECT value FROM row")?
                .query_row([], |row| row.get(0))
        })
    }

    fn set(&self, value: i64) -> Result<usize, DatabaseError> {
        self.database.run("set", NO_WAIT, |connection| {
            connection
                .prepare_cached("UPDATE row SET value = ?1")?
                .execute([value])
        })
    }
}

#[test]
fn a_query_is_answered_and_its_connection_used_again() {
    let it = one_row();
    assert_eq!(it.value().unwrap(), 1);
    it.set(2).unwrap();
    assert_eq!(it.value().unwrap(), 2);
    let Reading { opened, leases, .. } = it.database.reading();
    assert_eq!((opened, leases), (1, 3));
}

#[test]
fn a_lost_connection_cuts_any_query_short_and_is_replaced() {
    let it = one_row();
    let fault = it.begin(Trouble::Lost);
    assert!(matches!(
        it.value(),
        Err(DatabaseError::Lost { database: "one" })
    ));
    assert!(matches!(it.set(2), Err(DatabaseError::Lost { .. })));
    let Reading { lost, idle, .. } = it.database.reading();
    assert_eq!((lost, idle), (2, 0));

    it.weather.end(&fault);
    assert!(it.value().is_ok());
    assert_eq!(it.database.reading().opened, 3);
}

#[test]
fn a_transaction_that_loses_its_connection_leaves_nothing_half_done() {
    let it = one_row();
    it.begin(Trouble::Lost);
    let written = it.database.run("two rows", NO_WAIT, |connection| {
        let transaction = connection.transaction()?;
        for value in [2, 3] {
            transaction.execute("INSERT INTO row VALUES (?1)", [value])?;
        }
        transaction.commit()
    });
    assert!(matches!(written, Err(DatabaseError::Lost { .. })));
    let rows = it.database.undisturbed(|connection| {
        connection.query_row("SELECT count(*) FROM row", [], |row| row.get::<_, i64>(0))
    });
    assert_eq!(rows.unwrap(), 1);
}

#[test]
fn a_slow_query_holds_its_connection_for_as_long() {
    let it = one_row();
    assert!(it.value().is_ok());
    it.begin(Trouble::Slow(Duration::from_millis(200)));
    assert!(it.value().is_ok());
    assert_eq!(it.clock.now(), Duration::from_millis(200));
    assert_eq!(it.database.reading().slow, 1);
}

#[test]
fn a_query_finds_no_connection_while_another_holds_it() {
    let it = one_row();
    let (held, holding) = bounded(1);
    let (release, released) = bounded(1);
    thread::scope(|scope| {
        scope.spawn(|| {
            it.database.run("hold", NO_WAIT, |_| {
                held.send(()).unwrap();
                released.recv().unwrap();
                Ok(())
            })
        });
        holding.recv().unwrap();
        assert!(matches!(
            it.value(),
            Err(DatabaseError::NoConnection(exhausted)) if exhausted.refused.is_none()
        ));
        release.send(()).unwrap();
    });
    assert!(it.value().is_ok());
}

#[test]
fn a_database_that_is_down_opens_nothing_until_it_is_back() {
    let it = one_row();
    assert!(it.value().is_ok());
    let fault = it.begin(Trouble::Down);
    // The one connection that there still is breaks when it is used.
    assert!(matches!(it.value(), Err(DatabaseError::Lost { .. })));
    let Err(DatabaseError::NoConnection(exhausted)) = it.value() else {
        panic!("there is a connection");
    };
    assert_eq!(exhausted.refused.as_deref(), Some("the database is down"));

    it.weather.end(&fault);
    assert!(it.value().is_ok());
}

#[test]
fn a_connection_that_idles_while_the_database_goes_down_is_found_out() {
    let it = one_row();
    assert!(it.value().is_ok());
    it.begin(Trouble::Down);
    it.clock.pause(CHECK_AFTER);
    it.database.check();
    let Reading {
        unhealthy, idle, ..
    } = it.database.reading();
    assert_eq!((unhealthy, idle), (1, 0));
}

#[test]
fn what_the_database_refuses_costs_no_connection() {
    let it = one_row();
    let refused = it.database.run("nonsense", NO_WAIT, |connection| {
        connection.execute("INSERT INTO nowhere VALUES (1)", [])
    });
    assert!(matches!(refused, Err(DatabaseError::Refused { .. })));
    assert_eq!(it.database.reading().lost, 0);
}

#[test]
fn no_fault_strikes_the_undisturbed() {
    let it = one_row();
    it.begin(Trouble::Lost);
    it.begin(Trouble::Down);
    let value = it.database.undisturbed(|connection| {
        connection.query_row("SELECT value FROM row", [], |row| row.get::<_, i64>(0))
    });
    assert_eq!(value.unwrap(), 1);
}

#[test]
fn the_files_go_with_the_last_database() {
    let parent = tempfile::tempdir().unwrap();
    let files = || -> Vec<PathBuf> {
        let entries = parent.path().read_dir().unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let databases = Databases::open(
        parent.path(),
        &Weather::default(),
        &Clock::manual(),
        &Snapshots::default(),
    )
    .unwrap();
    let query = |connection: &mut Connection| connection.execute_batch("CREATE TABLE row (value)");
    databases.orders.run("create", NO_WAIT, query).unwrap();
    assert_eq!(databases.readings()[0].leases, 1);
    let [directory] = files().try_into().unwrap();
    assert!(directory.join("orders.sqlite").exists());

    let clone = databases.audit.clone();
    drop(databases);
    assert!(directory.exists());
    drop(clone);
    assert_eq!(files(), [""; 0].map(PathBuf::from));
}
