//! What the breaker does, on a clock that the test moves.

use super::*;

const LIMITS: Limits = Limits {
    window: 10,
    min_calls: 4,
    failure_share: 0.5,
    open_for: Duration::from_secs(1),
    open_for_max: Duration::from_secs(4),
    trials_at_once: 2,
    trials_to_close: 3,
};

fn at(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn call(breaker: &mut Breaker, now: Duration, ok: bool) -> Option<Transition> {
    let pass = breaker.admit(now).0.expect("let through");
    breaker.record(pass, now, ok)
}

fn opened(wait: u64, failures: usize, calls: usize) -> Option<Transition> {
    Some(Transition::Opened {
        wait: at(wait),
        failures,
        calls,
    })
}

/// One that opened at zero, for a second.
fn open() -> Breaker {
    let mut breaker = Breaker::new(LIMITS);
    for _ in 0..3 {
        assert_eq!(call(&mut breaker, at(0), false), None);
    }
    assert_eq!(call(&mut breaker, at(0), false), opened(1, 4, 4));
    breaker
}

#[test]
fn it_opens_when_half_of_enough_calls_failed() {
    let mut breaker = Breaker::new(LIMITS);
    for ok in [true, true, true, true, false, false, false] {
        assert_eq!(call(&mut breaker, at(0), ok), None);
    }
    assert_eq!(call(&mut breaker, at(0), false), opened(1, 4, 8));
    assert_eq!(breaker.state(), State::Open);
}

#[test]
fn failures_that_left_the_window_are_forgotten() {
    let mut breaker = Breaker::new(LIMITS);
    for _ in 0..100 {
        // Two of five, for ever.
        for ok in [true, true, true, false, false] {
            assert_eq!(call(&mut breaker, at(0), ok), None);
        }
    }
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn while_open_nothing_goes_through_and_then_a_few_trials() {
    let mut breaker = open();
    assert_eq!(breaker.admit(Duration::from_millis(999)), (None, None));
    let (first, transition) = breaker.admit(at(1));
    assert!(first.is_some());
    assert_eq!(transition, Some(Transition::HalfOpened));
    assert!(breaker.admit(at(1)).0.is_some());
    assert_eq!(breaker.admit(at(1)), (None, None), "two at once, not three");
    assert_eq!(breaker.state(), State::HalfOpen);
}

#[test]
fn enough_trials_that_go_well_close_it() {
    let mut breaker = open();
    assert_eq!(call(&mut breaker, at(1), true), None);
    assert_eq!(call(&mut breaker, at(1), true), None);
    assert_eq!(call(&mut breaker, at(1), true), Some(Transition::Closed));
    assert_eq!(breaker.state(), State::Closed);
    // What failed before it opened counts no more.
    assert_eq!(call(&mut breaker, at(1), false), None);
}

#[test]
fn each_trial_that_fails_doubles_the_wait_up_to_its_limit() {
    let mut breaker = open();
    let mut now = at(1);
    for wait in [2, 4, 4, 4] {
        assert_eq!(call(&mut breaker, now, false), opened(wait, 1, 1));
        assert_eq!(breaker.admit(now), (None, None));
        now += at(wait);
    }
    for _ in 0..3 {
        let _ = call(&mut breaker, now, true);
    }
    assert_eq!(breaker.state(), State::Closed);
    for _ in 0..3 {
        assert_eq!(call(&mut breaker, now, false), None);
    }
    assert_eq!(
        call(&mut breaker, now, false),
        opened(1, 4, 4),
        "as at first"
    );
}

#[test]
fn an_outcome_from_before_the_last_change_says_nothing() {
    let mut breaker = Breaker::new(LIMITS);
    let slow = breaker.admit(at(0)).0.unwrap();
    for _ in 0..4 {
        let _ = call(&mut breaker, at(0), false);
    }
    assert_eq!(breaker.record(slow, at(0), true), None);
    assert_eq!(breaker.state(), State::Open);
    let _trial = breaker.admit(at(1));
    assert_eq!(breaker.record(slow, at(1), false), None);
    assert_eq!(breaker.state(), State::HalfOpen);
}

#[test]
fn trials_that_are_never_told_of_do_not_keep_it_half_open() {
    let mut breaker = open();
    let _lost = [breaker.admit(at(1)), breaker.admit(at(1))];
    assert_eq!(breaker.admit(at(4)), (None, None));
    assert!(breaker.admit(at(5)).0.is_some());
}

#[test]
fn a_trial_that_says_nothing_makes_room_for_another() {
    let mut breaker = open();
    let (trial, _) = breaker.admit(at(1));
    assert!(breaker.admit(at(1)).0.is_some());
    assert_eq!(breaker.admit(at(1)), (None, None));
    breaker.waive(trial.unwrap());
    assert!(breaker.admit(at(1)).0.is_some());
    assert_eq!(breaker.state(), State::HalfOpen);
}
