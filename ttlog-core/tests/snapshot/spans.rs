//! Spans, from entering to leaving.

use ttlog_core::{CallsiteKind, Level, Span, SpanId, decode::EventKind};

use crate::{
    events_of, lane,
    support::{Seen, fields, info, log, statement},
};

/// Enters a span, logs in it and in one within, and leaves both.
fn spans(target: &'static str) {
    let outer = statement(
        CallsiteKind::Span,
        Level::Info,
        target,
        "outer {0}",
        &["number"],
    );
    let inner = statement(CallsiteKind::Span, Level::Debug, target, "inner", &[]);
    let event = info(target, "event", &[]);
    let _outer = Span::enter(outer, outer.enabled().unwrap(), fields!(7_u8));
    {
        let _inner = Span::enter(inner, inner.enabled().unwrap(), fields!());
        log(event, fields!());
    }
    log(event, fields!());
}

#[test]
fn spans_are_entered_and_left_in_order() {
    let ring = lane();
    spans("spans");
    let events = events_of(&ring, "spans");
    let kinds: Vec<(EventKind, &str)> = events
        .iter()
        .map(|event| (event.kind, event.message.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            (EventKind::Enter, "outer 7"),
            (EventKind::Enter, "inner"),
            (EventKind::Event, "event"),
            (EventKind::Exit, "inner"),
            (EventKind::Event, "event"),
            (EventKind::Exit, "outer {0}"),
        ]
    );
}

#[test]
fn a_span_names_its_parent() {
    let ring = lane();
    spans("parents");
    let events = events_of(&ring, "parents");
    let (outer, inner) = (&events[0], &events[1]);
    assert_eq!((outer.parent, inner.parent), (SpanId(0), outer.span));
}

#[test]
fn a_span_is_left_by_the_id_that_it_was_entered_by() {
    let ring = lane();
    spans("exits");
    let events = events_of(&ring, "exits");
    assert_eq!(
        (events[3].span, events[5].span),
        (events[1].span, events[0].span)
    );
}

#[test]
fn an_event_is_in_the_innermost_span() {
    let ring = lane();
    spans("innermost");
    let events = events_of(&ring, "innermost");
    let span_of = |event: &Seen| event.context.unwrap().span_id;
    assert_eq!(
        (span_of(&events[2]), span_of(&events[4])),
        (events[1].span, events[0].span)
    );
}

#[test]
fn all_events_of_nested_spans_are_of_one_trace() {
    let ring = lane();
    spans("trace");
    let mut traces: Vec<_> = events_of(&ring, "trace")
        .iter()
        .map(|event| event.context.unwrap().trace_id)
        .collect();
    traces.dedup();
    assert_eq!(traces.len(), 1);
}

#[test]
fn a_span_with_a_text_too_long_is_entered_with_less_of_it() {
    let ring = lane();
    let span = statement(
        CallsiteKind::Span,
        Level::Info,
        "long-span",
        "step {0}",
        &["text"],
    );
    let text = "x".repeat(10_000);
    drop(Span::enter(
        span,
        span.enabled().unwrap(),
        fields!(text.as_str()),
    ));
    assert!(events_of(&ring, "long-span")[0].message.ends_with("xx…"));
}
