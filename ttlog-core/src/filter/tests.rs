//! Events and changes in the middle of a change of the filter.

extern crate std;

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;
use crate::{
    callsite::Callsite,
    level::Level,
    metadata::CallsiteKind,
    registration::{set_filter, set_filter_lossy},
};

/// Lets one test at a time change the filter.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates a callsite that has not been used.
fn unused(level: Level, target: &'static str) -> &'static Callsite {
    let metadata = Metadata {
        kind: CallsiteKind::Event,
        level,
        target,
        file: "",
        line: 0,
        text: "",
        names: &[],
        more_kinds: &[],
    };
    let metadata = std::boxed::Box::leak(std::boxed::Box::new(metadata));
    std::boxed::Box::leak(std::boxed::Box::new(Callsite::new(metadata)))
}

fn in_force() -> std::string::String {
    filter_in_force(&mut [0; FILTER_MAX_BYTES]).into()
}

#[test]
fn a_first_use_in_the_middle_of_a_change_is_judged_by_the_filter_in_force() {
    let _turn = turn();
    set_filter("info").unwrap();
    let new = NewText::claim().unwrap();
    // The first half of the text is written.
    new.write("off,fir");
    assert!(unused(Level::Info, "first").enabled().is_some());
    assert!(unused(Level::Debug, "first").enabled().is_none());
    new.write("off");
    new.put_in_force();
    assert!(unused(Level::Fatal, "first").enabled().is_none());
}

#[test]
fn a_callsite_that_is_first_used_in_the_middle_of_a_change_follows_the_new_filter() {
    let _turn = turn();
    set_filter("info").unwrap();
    let new = write("error").unwrap();
    let callsite = unused(Level::Info, "first");
    assert!(callsite.enabled().is_some());
    new.put_in_force();
    crate::registration::apply_filter_to_all();
    assert!(callsite.enabled().is_none());
}

#[test]
fn a_change_that_interrupts_another_is_complete_when_it_returns() {
    let _turn = turn();
    set_filter("").unwrap();
    let callsite = unused(Level::Info, "first");
    assert!(callsite.enabled().is_some());
    let outer = write("debug").unwrap();
    set_filter("warn").unwrap();
    assert_eq!((in_force().as_str(), callsite.enabled()), ("warn", None));
    outer.put_in_force();
    assert_eq!(in_force(), "debug");
}

#[test]
fn a_text_that_is_copied_while_it_is_replaced_twice_is_not_used() {
    let _turn = turn();
    set_filter("info").unwrap();
    let before = Generation::in_force();
    set_filter("warn").unwrap();
    set_filter("off").unwrap();
    assert!(!before.is_in_force());
}

#[test]
fn more_changes_at_once_than_there_are_texts_are_refused_after_a_bounded_wait() {
    let _turn = turn();
    set_filter("info").unwrap();
    let claimed: std::vec::Vec<_> = core::iter::from_fn(NewText::claim).collect();
    assert_eq!(set_filter("warn"), Err(FilterError::Busy));
    assert_eq!(in_force(), "info");
    for text in claimed {
        text.write("off");
        text.put_in_force();
    }
    assert_eq!(set_filter("warn"), Ok(()));
}

/// Sets a filter as at a start. Returns what is in force, and the wrong directives.
fn start_with(text: &str) -> (std::string::String, std::vec::Vec<std::string::String>) {
    let mut wrong = std::vec::Vec::new();
    set_filter_lossy(text, |error| {
        wrong.push(error.directive(text).unwrap_or("").into());
    });
    (in_force(), wrong)
}

#[test]
fn the_valid_directives_of_a_start_are_used() {
    let _turn = turn();
    let given = "info, shop=debg ,sqlx=off,a[b]";
    let (in_force, wrong) = start_with(given);
    assert_eq!(in_force, "info,sqlx=off");
    assert_eq!(wrong, ["shop=debg", "a[b]"]);
}

#[test]
fn a_start_without_a_valid_directive_records_everything() {
    let _turn = turn();
    for given in [
        "inof",
        "info/pay",
        "my_crate:debug",
        "shop=verbose",
        "=",
        "",
    ] {
        let (in_force, wrong) = start_with(given);
        let unused = unused(Level::Trace, "any");
        assert!(unused.enabled().is_some(), "{given}: {in_force}");
        assert_eq!(wrong.len(), usize::from(!given.is_empty()));
    }
}

#[test]
fn a_misspelled_default_does_not_turn_the_other_targets_off() {
    let _turn = turn();
    assert_eq!(start_with("inof,sqlx=off").0, "trace,sqlx=off");
    assert_eq!(start_with("level=info,sqlx=off").0, "trace,sqlx=off");
    assert_eq!(start_with("-v,sqlx=off").0, "trace,sqlx=off");
    assert_eq!(start_with("inof,warn").0, "warn");
    assert_eq!(start_with("shop=inof,sqlx=off").0, "sqlx=off");
}

#[test]
fn the_directives_of_a_start_that_fit_are_used() {
    let _turn = turn();
    let long = "x".repeat(FILTER_MAX_BYTES);
    let (in_force, wrong) = start_with(&std::format!("warn,{long},sqlx=off"));
    assert_eq!(
        (in_force.as_str(), wrong),
        ("warn,sqlx=off", std::vec!["".into()])
    );
}
