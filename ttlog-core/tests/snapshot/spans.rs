//! Spans: enter records, exit records, and the events between.

use ttlog_core::{CallsiteKind, Level, Span, SpanId, decode::EventKind, fields};

use crate::{
    events_of, lane,
    support::{Seen, info, log, statement},
};

/// Enters two spans, records events in them, and leaves both.
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
    let _outer = Span::enter(outer, outer.enabled().unwrap(), fields![7_u8]);
    {
        let _inner = Span::enter(inner, inner.enabled().unwrap(), fields![]);
        log(event, fields![]);
    }
    log(event, fields![]);
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
fn an_exit_record_has_the_id_of_its_enter_record() {
    let ring = lane();
    spans("exits");
    let events = events_of(&ring, "exits");
    assert_eq!(
        (events[3].span, events[5].span),
        (events[1].span, events[0].span)
    );
}

#[test]
fn an_exit_record_states_the_tick_of_its_enter_record() {
    let ring = lane();
    spans("durations");
    let events = events_of(&ring, "durations");
    let entered: Vec<_> = events.iter().map(|event| event.entered_ticks).collect();
    let (outer, inner) = (Some(events[0].ticks), Some(events[1].ticks));
    assert_eq!(entered, [None, None, None, inner, None, outer]);
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
fn all_events_of_nested_spans_belong_to_one_trace() {
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
fn a_text_that_is_too_long_for_an_enter_record_is_cut() {
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
        fields![text.as_str()],
    ));
    assert!(events_of(&ring, "long-span")[0].message.ends_with("xx…"));
}
