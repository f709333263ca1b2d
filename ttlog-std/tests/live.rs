//! The events in the ring while the program runs: the view and the console.

mod support;

use std::time::Duration;

use support::Output;
use ttlog_std::{Console, Context, Event, Trace, info, span};

/// Returns the keys of an event, in the order of `dump/SCHEMA.md`.
fn keys_of_the_schema() -> Vec<String> {
    let schema = include_str!("../../dump/SCHEMA.md");
    let (_, events) = schema.split_once("\n## An event\n").unwrap();
    let table = events.split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_view_shows_the_newest_events_and_the_console_each_one_once() {
    const EVENTS: u64 = 500;
    let directory = tempfile::tempdir().unwrap();
    let output = Output::default();
    let trace = Trace::builder()
        .events(100)
        .service("live")
        .directory(directory.path())
        .console(Console::to(output.clone()).json())
        .build()
        .unwrap();
    let context = Context::root();
    let entered = context.enter();
    let _span = span!("the work");
    for serial in 0..EVENTS {
        info!(serial, "live.event {serial:>4} \u{1b}[31m");
    }
    drop(entered);

    let buffer = trace.get_buffer();
    let events: Vec<Event> = buffer.lock().unwrap();
    assert_eq!(events.len(), 100);
    for (event, serial) in events.iter().zip(EVENTS - 100..) {
        assert_eq!(event.message, format!("live.event {serial:>4} \u{1b}[31m"));
        assert_eq!(event.trace_id, Some(context.trace_id.to_string()));
        assert_eq!(event.service.as_deref(), Some("live"));
    }
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].timestamp <= pair[1].timestamp)
    );
    // Reading removes nothing, and an event keeps its time.
    assert!(
        buffer.events() == buffer.events(),
        "the second read differs"
    );

    let json = serde_json::to_string(&events[0]).unwrap();
    let keys = keys_of_the_schema();
    assert!(keys.len() > 10, "{keys:?}");
    let places: Vec<_> = keys
        .iter()
        .map(|key| json.find(&format!("\"{key}\":")))
        .collect();
    assert!(places.iter().all(Option::is_some), "{keys:?} {json}");
    assert!(places.is_sorted(), "{keys:?} {json}");

    trace.shutdown(Duration::from_secs(20)).unwrap();
    let written = output.text();
    let serials: Vec<u64> = written
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|event| event["kind"] == "event")
        .map(|event| event["fields"]["serial"].as_u64().unwrap())
        .collect();
    assert_eq!(serials, (0..EVENTS).collect::<Vec<_>>());
}
