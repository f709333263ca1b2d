//! The fleet without threads: inboxes that the test holds.

use core::{panic::Location, time::Duration};
use std::time::Instant;

use super::*;
use crate::{
    bus::{Deadline, setting::Setting},
    clock::Clock,
    resilience::balancer::Balance,
};

type Inboxes = Shared<Vec<Receiver<Envelope<usize>>>>;

#[track_caller]
fn envelope(request: usize) -> Envelope<usize> {
    let sent = Instant::now();
    Envelope {
        request,
        caller: "test",
        place: Location::caller(),
        deadline: Deadline::after(sent, Duration::ZERO),
        context: None,
        sent,
    }
}

fn fleet(instances: usize) -> (Fleet<usize>, Inboxes) {
    let inboxes = Inboxes::default();
    let hired = inboxes.clone();
    let setting = Setting {
        clock: Clock::manual(),
        balance: Balance::RoundRobin,
        ..Setting::default()
    };
    let fleet = Fleet::start(
        "test",
        instances,
        Arc::new(Exchange::new(setting)),
        Arc::new(Meter::new(Clock::manual())),
        Arc::new(Ward::new("test", Clock::manual())),
        Box::new(move |_, inbox| {
            hired.lock().push(inbox);
            Ok(())
        }),
    );
    (fleet.unwrap(), inboxes)
}

/// How many requests each inbox holds.
fn waiting(inboxes: &Inboxes) -> Vec<usize> {
    inboxes.lock().iter().map(Receiver::len).collect()
}

fn why(refused: Result<Arc<Post>, Refused<usize>>) -> Undelivered {
    refused.unwrap_err().1
}

#[test]
fn requests_are_dealt_out_until_every_inbox_is_full() {
    let (fleet, inboxes) = fleet(2);
    for request in 0..2 * INBOX_REQUESTS {
        assert!(fleet.offer(envelope(request)).is_ok());
    }
    assert_eq!(why(fleet.offer(envelope(0))), Undelivered::Full);
    assert_eq!(
        why(fleet.put(envelope(0))),
        Undelivered::Full,
        "at the deadline"
    );
    assert_eq!(waiting(&inboxes), [INBOX_REQUESTS; 2]);
}

#[test]
fn an_instance_that_is_down_or_out_of_turn_is_passed_over_while_others_are_not() {
    let (fleet, inboxes) = fleet(4);
    fleet.desks()[0].post.go_down();
    fleet.ward.crashed(2);
    for request in 0..10 {
        assert!(fleet.put(envelope(request)).is_ok());
    }
    assert_eq!(waiting(&inboxes), [0, 0, 5, 5]);
    for desk in &*fleet.desks() {
        desk.post.go_down();
    }
    assert!(fleet.put(envelope(0)).is_ok(), "kept for when one is back");
}

#[test]
fn an_instance_that_ended_gets_nothing() {
    let (fleet, inboxes) = fleet(2);
    drop(inboxes.lock().remove(0));
    for request in 0..4 {
        assert_eq!(fleet.offer(envelope(request)).unwrap().number, 2);
    }
    inboxes.lock().clear();
    assert_eq!(why(fleet.offer(envelope(0))), Undelivered::Closed);
    assert_eq!(why(fleet.put(envelope(0))), Undelivered::Closed);
    assert!(fleet.desks().iter().all(|desk| desk.post.in_hand() <= 4));
}

#[test]
fn it_grows_and_shrinks_within_its_limits_and_gives_no_number_twice() {
    let (fleet, inboxes) = fleet(2);
    let numbers = || {
        fleet
            .desks()
            .iter()
            .map(|desk| desk.post.number)
            .collect::<Vec<_>>()
    };
    assert!(!fleet.shrink());
    for _ in 0..MORE_INSTANCES {
        assert!(fleet.grow().unwrap());
    }
    assert!(!fleet.grow().unwrap());
    assert_eq!(numbers(), [1, 2, 3, 4, 5, 6]);
    assert!(fleet.shrink());
    assert!(fleet.grow().unwrap());
    assert_eq!(numbers(), [1, 2, 3, 4, 5, 7]);
    assert_eq!(inboxes.lock().len(), 7);
}

#[test]
fn what_was_sent_to_an_instance_that_is_taken_away_is_still_there() {
    let (fleet, inboxes) = fleet(1);
    assert!(fleet.grow().unwrap());
    for request in 0..10 {
        assert!(fleet.put(envelope(request)).is_ok());
    }
    assert!(fleet.shrink());
    let taken_away = inboxes.lock().pop().unwrap();
    assert_eq!(taken_away.iter().count(), 5, "and then it is closed");
}
