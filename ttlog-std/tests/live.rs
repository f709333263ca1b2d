//! The events in the ring while the program runs: the view and the console.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use ttlog_std::{Console, Context, Event, Trace, info, span};

/// What the console has written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The keys of an event, in the order of dump's document.
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
    let lines = Lines::default();
    let trace = Trace::builder()
        .events(100)
        .service("live")
        .directory(directory.path())
        .console(Console::to(lines.clone()).json())
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
    let events: Vec<Event> = buffer.lock().unwrap().iter().cloned().collect();
    assert_eq!(events.len(), 100);
    for (event, serial) in events.iter().zip(EVENTS - 100..) {
        assert_eq!(event.message, format!("live.event {serial:>4} \u{1b}[31m"));
        assert_eq!(event.trace_id, Some(context.trace_id.to_string()));
        assert_eq!(event.service, "live");
    }
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].timestamp <= pair[1].timestamp)
    );
    // Looking takes nothing out, and an event keeps its time.
    assert!(
        buffer.events() == buffer.events(),
        "the second look differs"
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
    let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let serials: Vec<u64> = written
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|event| event["kind"] == "event")
        .map(|event| event["fields"]["serial"].as_u64().unwrap())
        .collect();
    assert_eq!(serials, (0..EVENTS).collect::<Vec<_>>());
}
