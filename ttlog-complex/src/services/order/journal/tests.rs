//! The journal over a real database in real trouble.

use super::*;
use crate::{
    chaos::{Fault, Weather, fault::Trouble},
    database::Databases,
    protocol::payment::ChargeError,
    snapshots::Snapshots,
};

const CUSTOMER: CustomerId = CustomerId(7);
const UNPAID: OrderError = OrderError::NotPaid(ChargeError::InsufficientFunds);

struct Fixture {
    journal: Journal,
    book: OrderBook,
    weather: Weather,
    clock: Clock,
    databases: Databases,
}

fn fixture() -> Fixture {
    let (weather, clock) = (Weather::default(), Clock::manual());
    let parent = std::env::temp_dir();
    let databases = Databases::open(&parent, &weather, &clock, &Snapshots::default()).unwrap();
    let journal = Journal::open(databases.orders.clone(), clock.clone()).unwrap();
    Fixture {
        journal,
        book: OrderBook::default(),
        weather,
        clock,
        databases,
    }
}

fn lost() -> Fault {
    Fault::Database {
        pool: "orders".into(),
        trouble: Trouble::Lost,
    }
}

fn receipt(order: u64) -> Receipt {
    Receipt {
        order: OrderId(order),
        total: Cents(1_995),
        tracking: order + 100,
    }
}

impl Fixture {
    fn open(&mut self, order: u64) -> Result<(), OrderError> {
        self.book.open(OrderId(order));
        self.journal.opened(OrderId(order), CUSTOMER)
    }

    fn close(&mut self, order: u64, result: Result<Receipt, OrderError>) {
        self.book.close(OrderId(order), result);
        self.journal.closed(OrderId(order), result);
    }

    /// The orders that the book and the journal disagree about.
    fn disputed(&self) -> Vec<u64> {
        let found = self.journal.disagreements(&self.book).unwrap();
        found.iter().map(|it| it.order.0).collect()
    }

    fn tamper(&self, sql: &str) {
        let changed = self
            .databases
            .orders
            .undisturbed(|connection| connection.execute(sql, []));
        assert_eq!(changed.unwrap(), 1);
    }
}

#[test]
fn the_journal_says_what_the_book_says() {
    let mut it = fixture();
    for order in [1, 2, u64::MAX] {
        it.open(order).unwrap();
    }
    it.close(1, Ok(receipt(1)));
    it.close(u64::MAX, Err(UNPAID));
    let entries: Vec<(OrderId, String)> = it
        .journal
        .entries()
        .unwrap()
        .into_iter()
        .map(|(order, entry)| (order, entry.to_string()))
        .collect();
    let expected = [
        (1, "confirmed, 19.95, parcel 101"),
        (2, "opened"),
        (u64::MAX, "failed: payment"),
    ];
    assert_eq!(
        entries,
        expected.map(|(order, text)| (OrderId(order), text.to_owned()))
    );
    assert_eq!(it.disputed(), [0; 0]);
}

#[test]
fn an_order_that_cannot_be_written_down_must_not_begin_but_is_known_later() {
    let mut it = fixture();
    it.weather.begin(lost());
    assert_eq!(it.open(1), Err(OrderError::NotWritten));
    assert_eq!(it.databases.orders.reading().lost, u64::from(ATTEMPTS));
    it.close(1, Err(OrderError::NotWritten));
    assert_eq!(it.journal.behind(), 1);
    it.weather.end(&lost());

    it.clock.pause(REST);
    it.open(2).unwrap();
    it.close(2, Ok(receipt(2)));
    assert_eq!(it.journal.behind(), 0);
    assert_eq!(it.disputed(), [0; 0]);
}

#[test]
fn a_closing_line_is_kept_and_the_database_left_alone_for_a_while() {
    let mut it = fixture();
    for order in 1..=5 {
        it.open(order).unwrap();
    }
    it.weather.begin(lost());
    for order in 1..=5 {
        it.close(order, Ok(receipt(order)));
    }
    assert_eq!(it.databases.orders.reading().lost, u64::from(ATTEMPTS));
    assert_eq!(it.journal.behind(), 5);
    assert_eq!(it.disputed().len(), 5);
}

#[test]
fn what_is_behind_at_the_end_is_written_whatever_the_weather() {
    let mut it = fixture();
    it.open(1).unwrap();
    it.weather.begin(lost());
    it.close(1, Ok(receipt(1)));
    assert_eq!(it.disputed(), [1]);
    it.journal.finish();
    assert_eq!(it.journal.behind(), 0);
    assert_eq!(it.disputed(), [0; 0]);
}

#[test]
fn a_line_written_twice_says_the_same_and_no_late_opening_undoes_a_close() {
    let mut it = fixture();
    it.open(1).unwrap();
    it.close(1, Ok(receipt(1)));
    it.close(1, Ok(receipt(1)));
    it.journal.opened(OrderId(1), CUSTOMER).unwrap();
    assert_eq!(it.disputed(), [0; 0]);
}

#[test]
fn a_row_that_was_tampered_with_is_disputed() {
    for sql in [
        "UPDATE journal SET total = total + 1 WHERE order_id = 1",
        "UPDATE journal SET state = 'opened' WHERE order_id = 1",
        "UPDATE journal SET tracking = 1 WHERE order_id = 1",
        "DELETE FROM journal WHERE order_id = 1",
    ] {
        let mut it = fixture();
        it.open(1).unwrap();
        it.open(2).unwrap();
        it.close(1, Ok(receipt(1)));
        it.tamper(sql);
        assert_eq!(it.disputed(), [1], "{sql}");
    }
    let it = fixture();
    it.tamper("INSERT INTO journal (order_id, state) VALUES (9, 'opened')");
    assert_eq!(it.disputed(), [9]);
}
