//! A program without a lane: events cost nothing and go nowhere, but contexts work.
//!
//! No test in here installs a lane.

use std::{collections::HashSet, env, process::Command};

use ttlog_core::{Context, SpanId, info, span};

#[test]
fn new_traces_differ_before_a_lane_is_installed() {
    let contexts: Vec<Context> = (0..1000).map(|_| Context::root()).collect();
    let traces: HashSet<_> = contexts.iter().map(|context| context.trace_id.0).collect();
    let spans: HashSet<_> = contexts.iter().map(|context| context.span_id.0).collect();
    assert_eq!((traces.len(), spans.len()), (1000, 1000));
    assert!(!traces.contains(&0) && !spans.contains(&0));
    // Random numbers use all bits.
    let all = traces.iter().fold(0, |all, trace| all | trace);
    assert_eq!(all, u128::MAX);
}

#[test]
fn children_differ_before_a_lane_is_installed() {
    let root = Context::root();
    let children: HashSet<SpanId> = (0..1000).map(|_| root.child().span_id).collect();
    assert_eq!(children.len(), 1000);
    assert!(!children.contains(&root.span_id));
}

#[test]
fn new_traces_differ_between_threads_before_a_lane_is_installed() {
    let traces: HashSet<_> = (0..16)
        .map(|_| std::thread::spawn(|| Context::root().trace_id))
        .map(|thread| thread.join().unwrap())
        .collect();
    assert_eq!(traces.len(), 16);
}

/// Set in child processes of [`new_traces_differ_between_processes`].
const CHILD: &str = "TTLOG_TEST_PRINT_ROOT";

#[test]
fn new_traces_differ_between_processes() {
    if env::var_os(CHILD).is_some() {
        println!("root={}", Context::root());
        return;
    }
    let root = || {
        let output = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "new_traces_differ_between_processes",
                "--nocapture",
            ])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (_, after) = text.split_once("root=").expect("the child's root");
        String::from(after.lines().next().unwrap())
    };
    assert_ne!(root(), root());
}

#[test]
fn events_and_spans_do_nothing_without_a_lane() {
    info!("an event");
    let span = span!("a span", number = 7);
    assert_eq!((span.context(), Context::current()), (None, None));
    drop(span);
    let guard = Context::root().enter();
    assert_eq!(Context::current(), None);
    drop(guard);
}
