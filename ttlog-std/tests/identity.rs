//! The identity of events and runs. It is the same in all snapshots, in the view and on the console.

mod support;

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{Arc, Barrier, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use support::Output;
use tempfile::TempDir;
use ttlog_reader::{Snapshots, Summary};
use ttlog_std::{Builder, Console, Context, Event, Level, Trace, debug, info, set_filter, span};

/// Waits until no other test of this file runs a recorder.
fn turn() -> (MutexGuard<'static, ()>, TempDir, Builder) {
    let (turn, directory, builder) = support::turn();
    (turn, directory, builder.cool_down(Duration::ZERO))
}

/// Logs in a trace and in spans, on this thread and on two others.
fn log() {
    let work = |worker: u64| {
        let _trace = Context::root().enter();
        for step in 0..100_u64 {
            let _span = span!("work", worker, step);
            info!(
                "step {step} of {worker}",
                ratio = 0.1 * step as f64,
                big = u64::MAX
            );
        }
    };
    work(0);
    thread::scope(|scope| {
        for worker in [1, 2] {
            scope.spawn(move || work(worker));
        }
    });
}

fn json(events: &[Event]) -> Vec<String> {
    let lines = events.iter().map(serde_json::to_string);
    lines.collect::<Result<_, _>>().unwrap()
}

fn identities(events: &[Event]) -> HashSet<(String, u32, u64)> {
    let identity = |event: &Event| (event.run.clone().unwrap(), event.writer, event.seq.unwrap());
    events.iter().map(identity).collect()
}

#[test]
fn an_event_is_the_same_in_all_snapshots_in_the_view_and_on_the_console() {
    let (_turn, _directory, builder) = turn();
    let output = Output::default();
    let console = Console::to(output.clone()).level(Level::Trace).json();
    let trace = builder.console(console).build().unwrap();
    log();
    let first = support::read(&trace.request_snapshot("first").wait().unwrap());
    log();
    let second = support::read(&trace.request_snapshot("second").wait().unwrap());
    let view = trace.get_buffer().events();
    trace.shutdown(Duration::from_secs(20)).unwrap();

    assert_eq!(view.len(), 2 * 3 * 3 * 100);
    assert_eq!(identities(&view).len(), view.len());
    let all = json(&view);
    assert_eq!(json(&second.events), all);
    let written = output.text();
    let mut console: Vec<&str> = written.lines().collect();
    let mut sorted: Vec<&str> = all.iter().map(|line| &**line).collect();
    // The console writes events as it reads them, so events of different threads may be in another order.
    console.sort_unstable();
    sorted.sort_unstable();
    assert_eq!(console, sorted);
    let all: HashSet<_> = all.into_iter().collect();
    assert_eq!(first.events.len(), view.len() / 2);
    assert!(json(&first.events).iter().all(|line| all.contains(line)));
}

#[test]
fn times_stay_the_same_while_the_run_corrects_its_clock() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.events(1_000).build().unwrap();
    let clock = |reason: &str| {
        let path = trace.request_snapshot(reason).wait().unwrap();
        Summary::read(path).unwrap().clock
    };
    let first = clock("first");
    let start = Instant::now();
    let mut times = HashMap::new();
    // Corrections are at least 100 ms apart.
    while start.elapsed() < Duration::from_millis(350) {
        for number in 0..20 {
            info!("event {number}");
        }
        for event in trace.get_buffer().events() {
            let time = *times
                .entry((event.writer, event.seq))
                .or_insert(event.timestamp);
            assert_eq!(time, event.timestamp);
        }
    }
    assert_ne!(clock("last"), first, "no correction was made");
}

#[test]
fn snapshots_of_a_run_that_are_read_together_show_each_event_once() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.build().unwrap();
    let mut snapshots = Snapshots::new();
    for reason in ["first", "second", "third"] {
        log();
        snapshots
            .open(trace.request_snapshot(reason).wait().unwrap())
            .unwrap();
    }
    let events: Vec<Event> = snapshots
        .events()
        .map(|event| Event::from(&event))
        .collect();
    assert_eq!(events, trace.get_buffer().events());
}

#[test]
fn each_recorder_has_a_run_id_of_its_own() {
    let mut ids = HashSet::new();
    for _ in 0..5 {
        let (_turn, _directory, builder) = turn();
        let trace = builder.build().unwrap();
        let read = support::read(&trace.request_snapshot("id").wait().unwrap());
        ids.insert(read.header.run_id.unwrap());
    }
    assert_eq!(ids.len(), 5);
}

#[test]
fn threads_with_the_same_name_have_different_numbers() {
    let (_turn, _directory, builder) = turn();
    let trace = builder.build().unwrap();
    for number in 0..3 {
        let twin = thread::Builder::new().name("twin".into());
        let twin = twin.spawn(move || info!("from {number}")).unwrap();
        twin.join().unwrap();
    }
    let events = trace.get_buffer().events();
    assert!(events.iter().all(|event| event.thread == "twin"));
    let numbers: HashSet<_> = events.iter().map(|event| event.thread_id).collect();
    assert_eq!(numbers.len(), 3);
}

#[test]
fn events_in_shared_pages_have_identities_and_threads_of_their_own() {
    const THREADS: usize = 60;
    let (_turn, _directory, builder) = turn();
    // Fewer pages than threads, but more than enough memory for the events.
    let trace = builder.bytes(256 << 10).build().unwrap();
    let barrier = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|number| {
            let barrier = Arc::clone(&barrier);
            let thread = thread::Builder::new().name(format!("thread {number}"));
            let work = move || {
                for step in 0..10 {
                    info!("step {step} of thread {number}");
                    // All threads are alive in each step.
                    barrier.wait();
                }
            };
            thread.spawn(work).unwrap()
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(trace.stats().shared > 0, "{:?}", trace.stats());

    let read = support::read(&trace.request_snapshot("shared").wait().unwrap());
    assert_eq!(read.events.len(), THREADS * 10);
    assert_eq!(identities(&read.events).len(), read.events.len());
    let (shared, own): (Vec<_>, Vec<_>) = read.events.iter().partition(|event| event.writer == 0);
    assert!(!shared.is_empty() && !own.is_empty());
    for event in &read.events {
        assert!(
            event.message.ends_with(&format!("of {}", event.thread)),
            "{event:?}"
        );
        assert!(
            event.writer == 0 || event.writer == event.thread_id,
            "{event:?}"
        );
    }
}

#[test]
fn a_header_states_the_filter_in_force_and_each_build_sets_it() {
    let read = |trace: &Trace| -> PathBuf { trace.request_snapshot("filter").wait().unwrap() };
    let (_turn, _directory, builder) = turn();
    let trace = builder.filter("info").build().unwrap();
    debug!("not recorded");
    let first = support::read(&read(&trace));
    assert_eq!(first.header.filter.as_deref(), Some("info"));
    assert_eq!(first.events.len(), 0);
    set_filter("debug").unwrap();
    debug!("recorded");
    let second = support::read(&read(&trace));
    assert_eq!(second.header.filter.as_deref(), Some("debug"));
    assert_eq!(second.events.len(), 1);
    drop((trace, _turn));

    let (_turn, _directory, builder) = turn();
    let trace = builder.build().unwrap();
    assert_eq!(support::read(&read(&trace)).header.filter, None);
}
