//! The spans that are open when a snapshot is taken.

mod support;

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use ttlog_reader::Snapshots;
use ttlog_std::{Trace, info, span};

/// Starts a recorder, one at a time.
fn start(directory: &Path) -> (MutexGuard<'static, ()>, Trace) {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let builder = Trace::builder().directory(directory).bytes(1 << 16);
    (turn, builder.build().unwrap())
}

/// Takes a snapshot. Returns the thread, the name and the fields of each open span.
fn open_spans(trace: &Trace) -> Vec<String> {
    let path = trace.request_snapshot("open").wait().unwrap();
    let mut snapshots = Snapshots::new();
    snapshots.open(path).unwrap();
    let spans = snapshots.open_spans(&snapshots.files()[0]);
    let line = |span: &ttlog_reader::EventRef<'_>| {
        let fields: Vec<_> = span
            .fields()
            .map(|(key, value)| format!("{key}={value:?}"))
            .collect();
        format!("{}: {} {}", span.thread(), span.message(), fields.join(" "))
    };
    spans.iter().map(line).collect()
}

#[test]
fn a_snapshot_shows_what_each_thread_is_in_after_its_begin_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let (_turn, trace) = start(directory.path());
    let (entered, is_entered) = mpsc::channel();
    let (end, is_ended) = mpsc::channel::<()>();
    let worker = thread::Builder::new().name("worker".into());
    let worker = worker.spawn(move || {
        let _order = span!("order", id = 7);
        let _charge = span!("charge", card = "visa");
        entered.send(()).unwrap();
        let _ = is_ended.recv();
    });
    is_entered.recv().unwrap();
    let name = &thread::current().name().unwrap()[..32].to_owned();
    let _main = span!("main");
    for serial in 0..20_000 {
        info!("event {serial}");
    }
    let mut found = open_spans(&trace);
    found.sort();
    let mut expected = [
        format!("{name}: main "),
        "worker: order id=Integer(7)".to_owned(),
        "worker: charge card=Text(\"visa\")".to_owned(),
    ];
    expected.sort();
    assert_eq!(found, expected);
    drop(end);
    worker.unwrap().join().unwrap();
}

#[test]
fn a_span_that_was_open_in_the_recorder_before_is_not_shown() {
    let directory = tempfile::tempdir().unwrap();
    let (turn, trace) = start(directory.path());
    let _before = span!("before");
    assert_eq!(open_spans(&trace).len(), 1);
    drop((trace, turn));
    let (_turn, trace) = start(directory.path());
    let _after = span!("after");
    let found = open_spans(&trace);
    assert!(
        found.len() == 1 && found[0].ends_with("after "),
        "{found:?}"
    );
}
