//! Spans, paired from their begins and ends.

use std::collections::HashMap;

use ttlog_core::{Level, SpanId, TraceId, decode::EventKind};

use crate::{event_ref::EventRef, field::Field, time::Time};

/// A span, which is a step of a trace.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Snapshots, Span};
///
/// fn slowest(snapshots: &Snapshots) -> Option<Span> {
///     snapshots.spans().into_iter().max_by_key(|span| span.duration_ns)
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Span {
    /// The name.
    pub name: String,
    /// The level.
    pub level: Level,
    /// The target; `None` if the description of the callsite is lost.
    pub target: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The trace.
    pub trace_id: Option<TraceId>,
    /// The id of the span.
    pub span_id: SpanId,
    /// The parent span; `None` if the span has no parent, or if its begin is lost.
    pub parent_span_id: Option<SpanId>,
    /// The time of the begin; `None` if it is not known.
    pub start: Option<Time>,
    /// The time of the end; `None` if the span is open or the end is lost.
    pub end: Option<Time>,
    /// The duration; `None` if the span is open, or if the begin is not known.
    pub duration_ns: Option<u64>,
    /// The arguments, each with a unique key; empty if the begin is lost.
    pub fields: Vec<(String, Field<'static>)>,
    /// The name of the thread that entered the span, or its number if it has no name.
    pub thread: String,
}

/// Pairs the begins and ends of spans in `events`. Returns the spans in the order of their first events.
///
/// A span without an end is open. A span without a begin has no fields and no parent.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Snapshots, spans};
///
/// /// Returns the number of spans that one service left open.
/// fn open_spans(snapshots: &Snapshots, service: &str) -> usize {
///     let events = snapshots.events();
///     let events = events.filter(|event| event.source().service.as_deref() == Some(service));
///     spans(events).iter().filter(|span| span.end.is_none()).count()
/// }
/// ```
pub fn spans<'a>(events: impl IntoIterator<Item = EventRef<'a>>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open = HashMap::new();
    for event in events {
        let Some(span_id) = event.span_id() else {
            continue;
        };
        // Span ids are random, so two runs may have the same id.
        let key = (core::ptr::from_ref(event.source()), span_id);
        match event.kind() {
            EventKind::Event => {}
            EventKind::Enter => {
                open.insert(key, spans.len());
                spans.push(Span::new(&event, span_id));
            }
            EventKind::Exit => {
                let number = open.remove(&key).unwrap_or_else(|| {
                    spans.push(Span {
                        start: event.entered_time(),
                        ..Span::new(&event, span_id)
                    });
                    spans.len() - 1
                });
                if let Some(span) = spans.get_mut(number) {
                    span.end = event.time();
                    span.duration_ns = event.duration_ns();
                }
            }
        }
    }
    spans
}

impl Span {
    fn new(event: &EventRef<'_>, span_id: SpanId) -> Self {
        Self {
            name: event.message().to_string(),
            level: event.level(),
            target: event.target().map(str::to_owned),
            service: event.source().service.clone(),
            trace_id: event.trace_id(),
            span_id,
            parent_span_id: event.parent_span_id(),
            start: event.time(),
            end: None,
            duration_ns: None,
            fields: event.owned_fields(),
            thread: event.thread().to_string(),
        }
    }
}
