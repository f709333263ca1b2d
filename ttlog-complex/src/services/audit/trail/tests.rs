//! The trail over a real database, in trouble and tampered with.

use std::{panic, thread};

use super::*;
use crate::{
    chaos::{Fault, Weather, fault::Trouble},
    database::Databases,
    snapshots::Snapshots,
};

struct Fixture {
    trail: Trail,
    weather: Weather,
    clock: Clock,
    databases: Databases,
}

fn fixture() -> Fixture {
    let (weather, clock) = (Weather::default(), Clock::manual());
    let parent = std::env::temp_dir();
    let databases = Databases::open(&parent, &weather, &clock, &Snapshots::default()).unwrap();
    let trail = Trail::open(databases.audit.clone(), clock.clone()).unwrap();
    Fixture {
        trail,
        weather,
        clock,
        databases,
    }
}

/// A trail with so many entries, all written.
fn written(entries: u64) -> Fixture {
    let it = fixture();
    for number in 1..=entries {
        assert_eq!(it.trail.write(format!("deed {number}")), number);
    }
    it.trail.finish();
    assert_eq!(it.trail.verify().unwrap(), entries);
    it
}

impl Fixture {
    fn tamper(&self, sql: &str) {
        self.databases
            .audit
            .undisturbed(|connection| connection.execute_batch(sql))
            .unwrap();
    }

    fn rows(&self) -> u64 {
        let count = "SELECT count(*) FROM audit";
        self.databases
            .audit
            .undisturbed(|connection| connection.query_row(count, [], |row| row.get::<_, u32>(0)))
            .unwrap()
            .into()
    }

    fn broken(&self) -> Broken {
        match self.trail.verify() {
            Err(Untrusted::Broken(broken)) => broken,
            other => panic!("{other:?}"),
        }
    }
}

fn lost() -> Fault {
    Fault::Database {
        pool: "audit".into(),
        trouble: Trouble::Lost,
    }
}

#[test]
fn entries_are_written_when_there_are_enough_of_them() {
    let it = fixture();
    for _ in 1..BATCH_ENTRIES {
        it.trail.write("deed".into());
    }
    assert_eq!((it.rows(), it.trail.behind()), (0, BATCH_ENTRIES - 1));
    it.trail.write("deed".into());
    assert_eq!((it.rows(), it.trail.behind()), (BATCH_ENTRIES as u64, 0));
    assert_eq!(it.trail.verify().unwrap(), BATCH_ENTRIES as u64);
}

#[test]
fn few_entries_are_written_when_the_first_has_waited() {
    let it = fixture();
    it.trail.write("first".into());
    it.clock.pause(BATCH_AGE);
    it.trail.write("second".into());
    assert_eq!((it.rows(), it.trail.behind()), (2, 0));
    let second = it.trail.entry(2).unwrap().unwrap();
    assert_eq!((second.deed.as_str(), second.at), ("second", BATCH_AGE));
    assert_eq!(it.trail.entry(3).unwrap(), None);
}

#[test]
fn a_trail_is_whole_before_all_of_it_is_written() {
    let it = written(5);
    it.trail.write("deed 6".into());
    assert_eq!(it.rows(), 5);
    assert_eq!(it.trail.verify().unwrap(), 6);
}

#[test]
fn a_database_that_cannot_be_had_breaks_nothing() {
    let it = fixture();
    it.weather.begin(lost());
    for _ in 0..10 * BATCH_ENTRIES {
        it.trail.write("deed".into());
    }
    // It was left alone after the first time.
    assert_eq!(it.databases.audit.reading().lost, 1);
    assert_eq!((it.rows(), it.trail.behind()), (0, 10 * BATCH_ENTRIES));
    assert_eq!(it.trail.verify().unwrap(), 10 * BATCH_ENTRIES as u64);

    it.weather.end(&lost());
    it.clock.pause(REST);
    it.trail.write("deed".into());
    assert_eq!(it.trail.behind(), 0);
    assert_eq!(it.trail.verify().unwrap(), it.rows());
}

#[test]
fn a_database_that_is_slow_is_left_alone_for_as_long_as_it_takes() {
    let it = fixture();
    let by = 2 * BATCH_AGE;
    it.weather.begin(Fault::Database {
        pool: "audit".into(),
        trouble: Trouble::Slow(by),
    });
    for _ in 0..5 * BATCH_ENTRIES {
        it.trail.write("deed".into());
    }
    assert_eq!(
        (it.clock.now(), it.databases.audit.reading().leases),
        (by, 1)
    );
    it.clock.pause(by);
    it.trail.write("deed".into());
    assert_eq!(it.trail.behind(), 0);
}

#[test]
fn the_rest_is_written_at_the_end_whatever_the_weather() {
    let it = fixture();
    it.weather.begin(lost());
    it.trail.write("deed".into());
    it.trail.finish();
    assert_eq!((it.rows(), it.trail.behind()), (1, 0));
    assert_eq!(it.trail.verify().unwrap(), 1);
}

#[test]
fn tampering_is_found_and_where() {
    let altered = |number| Broken::Altered { number };
    let missing = |number| Broken::Missing { number };
    let cases = [
        (
            "UPDATE audit SET deed = 'deed 5' WHERE number = 3",
            altered(3),
        ),
        (
            "UPDATE audit SET at_ns = at_ns + 1 WHERE number = 7",
            altered(7),
        ),
        (
            "UPDATE audit SET hash = zeroblob(32) WHERE number = 4",
            altered(4),
        ),
        (
            "UPDATE audit SET previous = zeroblob(32) WHERE number = 4",
            Broken::Unlinked { number: 4 },
        ),
        ("DELETE FROM audit WHERE number = 1", missing(1)),
        ("DELETE FROM audit WHERE number = 6", missing(6)),
        ("DELETE FROM audit WHERE number = 10", missing(10)),
        ("DELETE FROM audit", missing(1)),
        (
            "DELETE FROM audit WHERE number = 6;
             UPDATE audit SET number = number - 1 WHERE number > 6",
            Broken::Unlinked { number: 6 },
        ),
        (
            "UPDATE audit SET number = 99 WHERE number = 2;
             UPDATE audit SET number = 2 WHERE number = 8;
             UPDATE audit SET number = 8 WHERE number = 99",
            Broken::Unlinked { number: 2 },
        ),
    ];
    for (sql, expected) in cases {
        let it = written(10);
        it.tamper(sql);
        assert_eq!(it.broken(), expected, "{sql}");
    }
}

#[test]
fn an_entry_that_nobody_wrote_is_found_even_if_its_hash_is_right() {
    let it = written(3);
    let mut head = it.trail.head();
    let forged = head.link("deed 4".into(), Duration::ZERO);
    it.databases
        .audit
        .undisturbed(|connection| write(connection, &[forged]))
        .unwrap();
    assert_eq!(it.broken(), Broken::Unknown { number: 4 });
}

#[test]
fn a_trail_that_was_made_anew_as_a_whole_is_not_the_one_that_was_written() {
    let it = written(3);
    it.tamper("DELETE FROM audit");
    let mut head = Head::default();
    let forged = [1, 2, 3].map(|_| head.link("nothing happened".into(), Duration::ZERO));
    it.databases
        .audit
        .undisturbed(|connection| write(connection, &forged))
        .unwrap();
    assert_eq!(it.broken(), Broken::Replaced);
}

#[test]
fn whoever_dies_while_writing_takes_no_entry_along() {
    let it = fixture();
    it.trail.write("first".into());
    let trail = it.trail.clone();
    let died = thread::spawn(move || {
        let _pen = trail.pen.lock();
        // Unlike a panic it is not printed.
        panic::resume_unwind(Box::new(()));
    });
    assert!(died.join().is_err());
    it.clock.pause(BATCH_AGE);
    it.trail.write("second".into());
    assert_eq!((it.rows(), it.trail.behind()), (2, 0));
}

#[test]
fn many_threads_write_one_chain() {
    let it = fixture();
    thread::scope(|scope| {
        for thread in 0..4 {
            let trail = it.trail.clone();
            scope.spawn(move || {
                for deed in 0..250 {
                    trail.write(format!("deed {deed} of {thread}"));
                }
            });
        }
    });
    it.trail.finish();
    assert_eq!(it.trail.verify().unwrap(), 1_000);
    assert_eq!(it.rows(), 1_000);
}
