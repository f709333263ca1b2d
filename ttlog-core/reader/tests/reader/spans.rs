//! Spans and traces.

use ttlog_core::{TraceId, info, span};
use ttlog_reader::{Field, Snapshots, Time};

use crate::support::{Recorder, SECOND, STARTED_UNIX_NS, context_of, header};

#[test]
fn begins_and_ends_are_paired_whichever_of_them_is_lost() {
    let recorder = Recorder::new(4, 64);
    let context = context_of(5, 0).enter();
    let lost_begin = span!("lost begin", id = 1);
    for serial in 0..200 {
        recorder.at(serial + 10);
        info!(serial, "fills the ring");
    }
    recorder.at(1_000);
    drop(lost_begin);
    recorder.at(1_010);
    let whole = span!("whole", id = 2);
    recorder.at(1_020);
    let open = span!("open", id = 3);
    recorder.at(1_030);
    let bytes_with_open = {
        drop(whole);
        recorder.snapshot(&header(SECOND))
    };
    drop(open);
    drop(context);
    let mut snapshots = Snapshots::new();
    snapshots.read("a.bin", &bytes_with_open).unwrap();
    let spans = snapshots.spans();
    let at = |ns| {
        Some(Time::Wall {
            unix_ns: STARTED_UNIX_NS + ns,
        })
    };
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["lost begin", "whole", "open"]);
    let [lost_begin, whole, open] = &spans[..] else {
        panic!("three spans")
    };
    assert_eq!((lost_begin.start, lost_begin.end), (at(0), at(1_000)));
    assert_eq!(lost_begin.duration_ns, Some(1_000));
    assert_eq!(lost_begin.fields, []);
    assert_eq!((whole.start, whole.end), (at(1_010), at(1_030)));
    assert_eq!(whole.fields, [("id".to_owned(), Field::Integer(2))]);
    assert_eq!(
        (open.start, open.end, open.duration_ns),
        (at(1_020), None, None)
    );
    assert_eq!(open.parent_span_id, Some(whole.span_id));
    assert!(spans.iter().all(|span| span.trace_id == Some(TraceId(5))));
}

#[test]
fn a_trace_is_found_among_others() {
    let recorder = Recorder::new(4, 1024);
    info!("without");
    for trace in [7, 5, 7, 6] {
        let _context = context_of(trace, 1).enter();
        info!("of {trace}");
    }
    let mut snapshots = Snapshots::new();
    snapshots
        .read("a.bin", &recorder.snapshot(&header(SECOND)))
        .unwrap();
    assert_eq!(snapshots.traces(), [7, 5, 6].map(TraceId));
    assert_eq!(snapshots.trace(TraceId(7)).count(), 2);
    assert_eq!(snapshots.trace(TraceId(8)).count(), 0);
}
