//! The spans that were open at the moment of a snapshot.

use ttlog_reader::{EventKind, Field, Flaw, Snapshots};

use crate::support::{Recorder, SECOND, header};

/// A snapshot with an open span, and with another one that had no slot.
const GOLDEN: &[u8] = include_bytes!("../../../tests/golden/v2-open-spans.bin");

fn read(bytes: &[u8]) -> Snapshots {
    let mut snapshots = Snapshots::new();
    snapshots.read("a.bin", bytes).unwrap();
    snapshots
}

#[test]
fn an_open_span_has_the_text_the_fields_and_the_time_of_its_begin() {
    let snapshots = read(GOLDEN);
    let [file] = snapshots.files() else { panic!() };
    let [span] = &*snapshots.open_spans(file) else {
        panic!()
    };
    assert_eq!(span.kind(), EventKind::Enter);
    assert_eq!(span.message().to_string(), "charge");
    assert_eq!(span.target(), Some("shop::payment"));
    let fields: Vec<_> = span.fields().collect();
    assert_eq!(fields, [("cents", Field::Integer(9_999))]);
    assert_eq!((span.seq(), span.thread_id()), (None, 0));
    assert_eq!(file.missing_open_spans, 1);
    // Its begin is also in the ring.
    let begin = snapshots
        .events()
        .find(|event| event.span_id() == span.span_id())
        .unwrap();
    assert_eq!(begin.time(), span.time());
    assert_eq!(begin.trace_id(), span.trace_id());
}

#[test]
fn a_snapshot_without_a_table_has_no_open_spans() {
    let snapshots = read(&Recorder::new(4, 64).snapshot(&header(SECOND)));
    let file = &snapshots.files()[0];
    assert_eq!(snapshots.open_spans(file).len(), 0);
    assert_eq!(file.missing_open_spans, 0);
}

#[test]
fn open_spans_over_the_memory_limit_are_left_out_and_noted() {
    let mut snapshots = Snapshots::with_memory_limit(32);
    snapshots.read("a.bin", GOLDEN).unwrap();
    let file = &snapshots.files()[0];
    assert_eq!(snapshots.open_spans(file).len(), 0);
    let flaw = file.damages.places()[0].flaw;
    assert_eq!(flaw, Flaw::OverBudget { limit_bytes: 32 });
}
