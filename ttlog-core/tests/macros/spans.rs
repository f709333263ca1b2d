//! The grammar of spans, and the records that they write.

use ttlog_core::{Level, Span, decode::EventKind, info, span};

use crate::recording::recorded;

#[test]
fn a_span_records_its_beginning_and_its_end() {
    let order = 7;
    let records = recorded(|| {
        let _span = span!("charge", order, card.last_four = "4242");
        info!("inside");
    });
    let kinds: Vec<_> = records.iter().map(|record| record.kind).collect();
    assert_eq!(kinds, [EventKind::Enter, EventKind::Event, EventKind::Exit]);
    assert_eq!(
        (&*records[0].message, records[0].level),
        ("charge", Level::Info)
    );
    assert_eq!(
        records[0].fields,
        [("order", "I32", "7"), ("card.last_four", "Str", "4242")]
    );
}

#[test]
fn a_span_has_the_level_and_the_target_that_are_given() {
    const LEVEL: Level = Level::Warn;
    let ip = "1.2.3.4";
    let records = recorded(|| {
        drop(span!(Level::Debug, "a", ?ip));
        drop(span!(target: "shop", "b", %ip));
        drop(span!(target: "shop", LEVEL, concat!("c"),));
    });
    let given = |at: usize| {
        (
            &*records[at].target,
            records[at].level,
            &*records[at].message,
        )
    };
    assert_eq!(given(0), (module_path!(), Level::Debug, "a"));
    assert_eq!(given(2), ("shop", Level::Info, "b"));
    assert_eq!(given(4), ("shop", Level::Warn, "c"));
    assert_eq!(records[0].fields, [("ip", "Str", "1.2.3.4")]);
}

#[test]
fn the_name_of_a_span_may_capture() {
    let (order, card) = (7, "visa");
    let records = recorded(|| drop(span!("charge {order:>3} {{{card}}} {bank}", bank = 'b')));
    assert_eq!(records[0].message, "charge   7 {visa} b");
    assert_eq!(
        records[0].fields,
        [
            ("bank", "Char", "b"),
            ("order", "I32", "7"),
            ("card", "Str", "visa")
        ]
    );
}

#[test]
fn a_span_is_a_value() {
    fn start(order: u32) -> Span {
        span!("charge", order)
    }
    let records = recorded(|| {
        let temporary = String::from("x");
        let span = start(7);
        let other = { span!("other", text = temporary.as_str()) };
        drop(temporary);
        drop((span, other));
    });
    assert_eq!(records.len(), 4);
}
