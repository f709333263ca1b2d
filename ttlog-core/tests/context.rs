//! Contexts: their text form, and the events in them.

mod support;

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use ttlog_core::{
    Context, ContextGuard, InvalidTraceparent, Ring, Span, SpanId, TraceId, fields, span,
};

use support::{Decoded, decode, info, install, log, snapshot};

const PAGE_WORDS: usize = 128;

/// Locks the lane's ring. Each test records to its own target.
fn lane() -> MutexGuard<'static, Ring<'static>> {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    static RING: LazyLock<Mutex<Ring<'static>>> = LazyLock::new(|| {
        Mutex::new(install(
            || TICKS.fetch_add(1, Ordering::Relaxed),
            8,
            PAGE_WORDS,
        ))
    });
    RING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn context(trace_id: u128, span_id: u64) -> Context {
    Context {
        trace_id: TraceId(trace_id),
        span_id: SpanId(span_id),
    }
}

/// Returns the contexts of a target's events, in order.
fn contexts(decoded: &Decoded, target: &str) -> Vec<Option<Context>> {
    decoded
        .of(target)
        .into_iter()
        .map(|event| event.context)
        .collect()
}

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const SPAN: u64 = 0x00f0_67aa_0ba9_02b7;

/// Values of a `traceparent` header with the trace and the span above.
const VALID: [&str; 6] = [
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    // Other flags, such as "not sampled".
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
    // White space around the value is not part of it.
    " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\t",
    // Later versions, which may have more parts.
    "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-holds",
];

const INVALID: [&str; 22] = [
    "",
    "00",
    "-",
    "---",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-001",
    // Version 00 has four parts.
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
    // This version is forbidden.
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    // An id must not be 0.
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    // Upper case, a sign, and characters that are not digits.
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
    "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
    "00-４4bf92f3577b34da6a3ce929d0e0e4-00f067aa0ba902b7-01",
    // Ids that are too long or too short, and other separators.
    "00-4bf92f3577b34da6a3ce929d0e0e47360-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0f067aa0ba902b7-01",
    "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
];

#[test]
fn a_valid_traceparent_is_read() {
    for text in VALID {
        assert_eq!(text.parse(), Ok(context(TRACE, SPAN)), "{text:?}");
    }
}

#[test]
fn an_invalid_traceparent_is_refused() {
    for text in INVALID {
        assert_eq!(text.parse::<Context>(), Err(InvalidTraceparent), "{text:?}");
    }
}

#[test]
fn a_context_is_printed_as_a_traceparent() {
    for (context, text) in [
        (context(TRACE, SPAN), VALID[0]),
        (
            context(1, 2),
            "00-00000000000000000000000000000001-0000000000000002-01",
        ),
        (
            context(u128::MAX, u64::MAX),
            "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01",
        ),
    ] {
        assert_eq!(context.to_string(), text);
    }
}

#[test]
fn leaving_a_context_restores_the_one_before() {
    let _ring = lane();
    let (outer, inner) = (context(1, 1), context(2, 2));
    let outer_guard = outer.enter();
    let inner_guard = inner.enter();
    let mut seen = vec![Context::current()];
    drop(inner_guard);
    seen.push(Context::current());
    drop(outer_guard);
    seen.push(Context::current());
    assert_eq!(seen, [Some(inner), Some(outer), None]);
}

#[test]
fn a_context_is_left_when_a_panic_unwinds() {
    let _ring = lane();
    let caught = std::panic::catch_unwind(|| {
        let _guard = context(1, 1).enter();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(caught.is_err());
    assert_eq!(Context::current(), None);
}

#[test]
fn a_child_is_another_span_of_the_same_trace() {
    let _ring = lane();
    let parent = context(TRACE, SPAN);
    let child = parent.child();
    assert!(child.trace_id == parent.trace_id && child.span_id != parent.span_id);
}

#[test]
fn new_traces_differ() {
    let _ring = lane();
    let mut ids: Vec<TraceId> = (0..1000).map(|_| Context::root().trace_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1000);
}

#[test]
fn an_event_has_the_context_in_which_it_was_recorded() {
    let ring = lane();
    let event = info("nested", "event", &[]);
    let (outer, inner) = (context(1, 1), context(u128::MAX, u64::MAX));
    log(event, fields![]);
    let outer_guard = outer.enter();
    log(event, fields![]);
    let inner_guard = inner.enter();
    log(event, fields![]);
    log(event, fields![]);
    drop(inner_guard);
    log(event, fields![]);
    drop(outer_guard);
    log(event, fields![]);
    let decoded = decode(&snapshot(&ring).0).unwrap();
    let expected = [
        None,
        Some(outer),
        Some(inner),
        Some(inner),
        Some(outer),
        None,
    ];
    assert_eq!(contexts(&decoded, "nested"), expected);
}

#[test]
fn a_context_without_events_takes_no_room() {
    let ring = lane();
    let (before, _) = snapshot(&ring);
    for span_id in 1..100 {
        drop(context(1, span_id).enter());
    }
    assert_eq!(snapshot(&ring).0.len(), before.len());
}

#[test]
fn a_page_states_the_context_that_was_entered_before_it() {
    let ring = lane();
    let event = info("pages", "event {0}", &["number"]);
    let working = context(TRACE, SPAN);
    let _guard = working.enter();
    // Several times the size of the ring, so the page in which the context was entered is overwritten.
    for number in 0..2000_u32 {
        log(event, fields![number]);
    }
    let decoded = decode(&snapshot(&ring).0).unwrap();
    let found = contexts(&decoded, "pages");
    assert!(found.len() > 100 && found.iter().all(|found| *found == Some(working)));
}

#[test]
fn a_page_that_begins_after_a_context_has_no_context() {
    let ring = lane();
    let event = info("behind", "event {0}", &["number"]);
    let guard = context(TRACE, SPAN).enter();
    log(event, fields![0_u32]);
    drop(guard);
    for number in 1..2000_u32 {
        log(event, fields![number]);
    }
    let decoded = decode(&snapshot(&ring).0).unwrap();
    assert!(contexts(&decoded, "behind").iter().all(Option::is_none));
}

#[test]
fn a_text_is_cut_if_a_context_mark_takes_part_of_the_page() {
    let ring = lane();
    let text = "x".repeat(PAGE_WORDS * 4);
    let _guard = context(TRACE, SPAN).enter();
    log(info("cut", "{0}", &["text"]), fields![text.as_str()]);
    let decoded = decode(&snapshot(&ring).0).unwrap();
    assert_eq!(contexts(&decoded, "cut"), [Some(context(TRACE, SPAN))]);
}

/// A guard of a context or of a span.
enum Guard {
    Span(Span),
    Context(#[allow(dead_code)] ContextGuard, Context),
}

impl Guard {
    /// Enters a span, or a context.
    fn enter(is_span: bool) -> Self {
        if is_span {
            return Self::Span(span!(target: "ordered", "a span"));
        }
        let context = Context::root();
        Self::Context(context.enter(), context)
    }

    fn context(&self) -> Option<Context> {
        match self {
            Self::Span(span) => span.context(),
            Self::Context(_, context) => Some(*context),
        }
    }
}

#[test]
fn guards_of_spans_and_contexts_may_be_dropped_in_any_order() {
    let _ring = lane();
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for outer in [None, Some(context(TRACE, SPAN))] {
        let _outer = outer.map(Context::enter);
        // Each of the three is a span or a context.
        for kinds in 0..8 {
            for order in orders {
                let mut guards = [1, 2, 4].map(|bit| Some(Guard::enter(kinds & bit != 0)));
                for dropped in order {
                    guards[dropped] = None;
                    let innermost = guards.iter().flatten().next_back();
                    let expected = innermost.map_or(outer, Guard::context);
                    assert_eq!(Context::current(), expected, "{kinds:03b} {order:?}");
                }
            }
        }
    }
}

#[test]
fn a_span_that_is_replaced_by_the_next_leaves_no_context_behind() {
    let _ring = lane();
    let mut step = span!(target: "ordered", "a step");
    for _ in 0..100 {
        // The next span is entered before this one is dropped.
        step = span!(target: "ordered", "a step");
        assert_eq!(Context::current(), step.context());
    }
    drop(step);
    assert_eq!(Context::current(), None);
}

#[test]
fn an_event_behind_spans_that_are_dropped_outer_first_has_no_context() {
    let ring = lane();
    let callsite = info("behind", "an event", &[]);
    let (outer, inner) = (
        span!(target: "ordered", "outer"),
        span!(target: "ordered", "inner"),
    );
    drop(outer);
    log(callsite, fields![]);
    let inside = inner.context();
    drop(inner);
    log(callsite, fields![]);
    assert_eq!(
        contexts(&decode(&snapshot(&ring).0).unwrap(), "behind"),
        [inside, None]
    );
}
