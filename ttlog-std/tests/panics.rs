//! Panics of all kinds, each in a child process.

mod support;

use std::{
    panic,
    path::Path,
    process,
    sync::{Arc, Barrier, Mutex},
    thread,
    time::Duration,
};

use support::{ChildExit, SnapshotContent};
use ttlog_core::snapshot::SnapshotKind;
use ttlog_std::{Event, PanicHook, Trace, info};

/// A time that no test reaches.
const LONG: Duration = Duration::from_secs(3_600);

/// Runs the scenario in the child process. Does nothing in the parent.
#[test]
fn child() {
    let Some((scenario, directory)) = support::scenario() else {
        return;
    };
    let previous: fn(&panic::PanicHookInfo<'_>) = match &*scenario {
        "the previous hook exits" => |_| process::exit(3),
        "the previous hook aborts" => |_| process::abort(),
        "the previous hook panics" => |_| panic!("in the hook"),
        _ => |info| eprintln!("the previous hook: {info}"),
    };
    panic::set_hook(Box::new(previous));
    let trace = Trace::builder()
        .directory(directory)
        .service("child")
        .cool_down(LONG)
        .build()
        .unwrap();
    PanicHook::install(trace.get_sender());
    // The test harness would catch a panic of its own thread. A panic of this thread ends the process.
    let main = |work: fn()| {
        let done = thread::Builder::new()
            .name("main thread".into())
            .spawn(work)
            .unwrap()
            .join();
        process::exit(if done.is_err() { 101 } else { 0 });
    };
    match &*scenario {
        "spawned" => main(|| {
            let worker = thread::Builder::new().name("worker 7".into());
            assert!(
                worker
                    .spawn(|| panic!("a fixed text"))
                    .unwrap()
                    .join()
                    .is_err()
            );
        }),
        "unnamed" => main(|| assert!(thread::spawn(|| panic!("no name")).join().is_err())),
        "twelve" => main(|| {
            let barrier = Arc::new(Barrier::new(12));
            let threads: Vec<_> = (0..12)
                .map(|number| {
                    let barrier = Arc::clone(&barrier);
                    thread::spawn(move || {
                        info!("thread {number} is there");
                        barrier.wait();
                        panic!("all at once, {number}");
                    })
                })
                .collect();
            for thread in threads {
                assert!(thread.join().is_err());
            }
        }),
        "value" => main(|| panic::panic_any(17_u32)),
        "string" => main(|| panic::panic_any(String::from("a string"))),
        "caught" => main(|| {
            info!("before");
            let _ = thread::spawn(|| panic!("caught")).join();
            info!("between");
            panic!("the last word");
        }),
        "two places" => main(|| {
            let barrier = Barrier::new(2);
            let _ = panic::catch_unwind(|| {
                thread::scope(|scope| {
                    scope.spawn(|| {
                        barrier.wait();
                        panic!("here");
                    });
                    scope.spawn(|| {
                        barrier.wait();
                        panic!("there");
                    });
                });
            });
        }),
        "storm" => main(|| {
            for number in 0..500 {
                let _ = panic::catch_unwind(|| panic!("drop {number}"));
            }
        }),
        "many storms" => main(|| {
            for _ in 0..20 {
                let _ = panic::catch_unwind(|| panic!("1"));
                let _ = panic::catch_unwind(|| panic!("2"));
                let _ = panic::catch_unwind(|| panic!("3"));
                let _ = panic::catch_unwind(|| panic!("4"));
                let _ = panic::catch_unwind(|| panic!("5"));
                let _ = panic::catch_unwind(|| panic!("6"));
            }
        }),
        "five places" => main(|| {
            let _ = panic::catch_unwind(|| panic!("1"));
            let _ = panic::catch_unwind(|| panic!("2"));
            let _ = panic::catch_unwind(|| panic!("3"));
            let _ = panic::catch_unwind(|| panic!("4"));
            let _ = panic::catch_unwind(|| panic!("5"));
            process::exit(3);
        }),
        "the previous hook exits" | "the previous hook aborts" | "the previous hook panics" => {
            main(|| panic!("the cause"));
        }
        "two hooks" => {
            PanicHook::install(trace.get_sender());
            main(|| panic!("once"));
        }
        "a second recorder" => {
            info!("first life");
            let second = Trace::builder().service("child").cool_down(LONG);
            let second = second.directory(trace.directory());
            drop(trace);
            let _trace = second.build().unwrap();
            info!("second life");
            main(|| panic!("in the second life"));
        }
        "re-raised by a scope" => main(|| {
            thread::scope(|scope| {
                scope.spawn(|| panic!("the cause"));
            });
        }),
        "re-raised by a join" => main(|| thread::spawn(|| panic!("the cause")).join().unwrap()),
        "re-raised by a lock" => main(|| {
            let lock = Mutex::new(());
            let _ = panic::catch_unwind(|| {
                let _held = lock.lock().unwrap();
                panic!("the cause");
            });
            let _held = lock.lock().unwrap();
        }),
        "while unwinding" => {
            struct Careless;
            impl Drop for Careless {
                fn drop(&mut self) {
                    panic!("the last straw");
                }
            }
            main(|| {
                let _careless = Careless;
                panic!("the cause");
            });
        }
        "asked" => {
            trace.request_snapshot("panic").wait().unwrap();
            main(|| panic!("not to be missed"));
        }
        "after shutdown" => {
            drop(trace);
            main(|| panic!("too late for the writer"));
        }
        other => panic!("scenario {other}?"),
    }
}

/// Runs a scenario, and reads the only snapshot of a panic that it leaves.
fn run_scenario(scenario: &str, code: i32) -> (ChildExit, SnapshotContent) {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", scenario, directory.path());
    assert_eq!(ended.status.code(), Some(code), "{}", ended.stderr);
    let read = the_only_panic(directory.path());
    (ended, read)
}

fn the_only_panic(directory: &Path) -> SnapshotContent {
    let files = support::files(directory);
    let [file] = &files[..] else {
        panic!("{files:?}")
    };
    assert!(file.to_str().unwrap().ends_with("-panic.bin"), "{files:?}");
    let read = support::read(file);
    assert_eq!(read.header.kind, Some(SnapshotKind::Panic));
    read
}

fn assert_last(read: &SnapshotContent, ended: &ChildExit, thread: &str, text: &str) {
    let last = read.events.last().unwrap();
    assert_eq!(
        (
            &*support::field(last, "thread"),
            &*support::field(last, "message")
        ),
        (thread, text)
    );
    assert!(
        support::field(last, "location").contains("tests/panics.rs:"),
        "{last:?}"
    );
    assert!(
        last.message.contains(thread) && last.message.ends_with(text),
        "{last:?}"
    );
    assert!(
        ended.stderr.contains("the previous hook: "),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_panic_of_a_joined_thread_is_saved_and_the_program_continues() {
    // The ring was empty before.
    let (ended, read) = run_scenario("spawned", 0);
    assert_last(&read, &ended, "worker 7", "a fixed text");
    assert_eq!(read.events.len(), 1);
}

#[test]
fn a_thread_without_a_name_panics_as_unnamed() {
    let (ended, read) = run_scenario("unnamed", 0);
    assert_last(&read, &ended, "unnamed", "no name");
}

#[test]
fn each_of_twelve_panics_at_once_is_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", "twelve", directory.path());
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let ran = ended.stderr.matches("the previous hook: ").count();
    assert_eq!(ran, 12, "{}", ended.stderr);
    let mut saved: Vec<_> = panics(directory.path()).into_iter().flatten().collect();
    saved.sort();
    saved.dedup();
    assert_eq!(saved.len(), 12, "{saved:?}");
    let files = support::files(directory.path());
    let read = support::read(files.iter().max_by_key(|file| events_of(file)).unwrap());
    assert_eq!(
        read.events
            .iter()
            .filter(|event| event.target.as_deref() == Some("panics"))
            .count(),
        12
    );
}

fn events_of(file: &Path) -> usize {
    support::read(file).events.len()
}

#[test]
fn a_panic_states_its_text_or_that_its_value_is_not_text() {
    let (ended, read) = run_scenario("string", 101);
    assert_last(&read, &ended, "main thread", "a string");
    let (ended, read) = run_scenario("value", 101);
    assert_last(
        &read,
        &ended,
        "main thread",
        "(the panic's value is not text)",
    );
}

/// Returns the panics that each file of a directory holds, the files in the order of their last events.
fn panics(directory: &Path) -> Vec<Vec<String>> {
    let mut files: Vec<_> = support::files(directory)
        .iter()
        .map(|file| support::read(file).events)
        .collect();
    files.sort_by_key(|events| events.last().unwrap().timestamp);
    let saved = |events: &Vec<Event>| {
        let panics = events
            .iter()
            .filter(|event| event.target.as_deref() == Some("panic"));
        panics
            .map(|event| support::field(event, "message"))
            .collect()
    };
    files.iter().map(saved).collect()
}

#[test]
fn the_last_panic_is_saved_after_an_earlier_one_was_saved() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", "caught", directory.path());
    assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
    assert_eq!(
        panics(directory.path()),
        [vec!["caught"], vec!["caught", "the last word"]]
    );
}

#[test]
fn panics_at_two_locations_at_the_same_time_are_both_saved() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", "two places", directory.path());
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let saved = panics(directory.path());
    // The third one is of the scope, which panics again.
    assert!(saved.len() <= 3, "{saved:?}");
    for text in ["here", "there"] {
        assert!(
            saved.iter().any(|saved| saved.iter().any(|t| t == text)),
            "{saved:?}"
        );
    }
}

#[test]
fn many_caught_panics_do_not_fill_the_disk_and_the_last_one_is_saved() {
    for (scenario, expected) in [
        ("storm", &["drop 0", "drop 499"][..]),
        ("many storms", &["1", "2", "3", "4", "6"]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let ended = support::run_scenario("child", scenario, directory.path());
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        let last: Vec<_> = panics(directory.path())
            .into_iter()
            .filter_map(|mut saved| saved.pop())
            .collect();
        assert_eq!(last, expected);
    }
}

#[test]
fn a_panic_at_a_fifth_place_is_saved_when_the_process_exits() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", "five places", directory.path());
    assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
    let last = panics(directory.path()).pop().unwrap();
    assert_eq!(last, ["1", "2", "3", "4", "5"]);
}

#[test]
fn the_panic_is_saved_before_the_previous_hook_runs() {
    for (hook, code) in [("exits", Some(3)), ("aborts", None), ("panics", None)] {
        let directory = tempfile::tempdir().unwrap();
        let scenario = format!("the previous hook {hook}");
        let ended = support::run_scenario("child", &scenario, directory.path());
        assert_eq!(ended.status.code(), code, "{}", ended.stderr);
        assert_eq!(panics(directory.path())[0], ["the cause"]);
    }
}

#[test]
fn a_line_on_stderr_states_the_file_and_the_number_of_events() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", "spawned", directory.path());
    let [file] = &support::files(directory.path())[..] else {
        panic!("not one file");
    };
    let line = format!(
        "ttlog: child: the panic is saved with 1 event: {}\n",
        file.display()
    );
    let (before, after) = ended.stderr.split_once(&line).expect(&ended.stderr);
    assert!(!before.contains("the previous hook") && after.contains("the previous hook"));
}

#[test]
fn a_hook_that_is_installed_twice_saves_a_panic_once() {
    let (ended, read) = run_scenario("two hooks", 101);
    assert_last(&read, &ended, "main thread", "once");
    assert_eq!(ended.stderr.matches("the previous hook: ").count(), 1);
}

#[test]
fn the_hook_saves_the_ring_of_the_recorder_that_is_running() {
    let (ended, read) = run_scenario("a second recorder", 101);
    assert_last(&read, &ended, "main thread", "in the second life");
    assert_eq!(read.events[0].message, "second life");
}

#[test]
fn a_re_raised_panic_is_in_a_file_behind_its_cause() {
    for by in ["scope", "join", "lock"] {
        let directory = tempfile::tempdir().unwrap();
        let scenario = format!("re-raised by a {by}");
        let ended = support::run_scenario("child", &scenario, directory.path());
        assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
        assert_eq!(ended.stderr.matches("the previous hook: ").count(), 2);
        let saved = panics(directory.path());
        assert_eq!(saved.len(), 2, "{saved:?}");
        assert_eq!(saved[0], ["the cause"]);
        assert_eq!(saved[1].len(), 2);
    }
}

#[test]
fn a_panic_during_unwinding_is_saved_before_the_program_aborts() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", "while unwinding", directory.path());
    assert_eq!(ended.status.code(), None, "it ends by a signal");
    assert_eq!(
        panics(directory.path()),
        [
            vec!["the cause"],
            vec!["the cause", "the last straw"],
            vec![
                "the cause",
                "the last straw",
                "panic in a destructor during cleanup"
            ]
        ]
    );
}

#[test]
fn a_requested_snapshot_with_the_reason_panic_does_not_replace_that_of_a_panic() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", "asked", directory.path());
    assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
    let files = support::files(directory.path());
    assert_eq!(files.len(), 2, "{files:?}");
    let saved = files
        .iter()
        .map(|file| support::read(file))
        .find(|read| !read.events.is_empty());
    assert_last(&saved.unwrap(), &ended, "main thread", "not to be missed");
}

#[test]
fn a_panic_after_the_shutdown_is_saved() {
    let (ended, read) = run_scenario("after shutdown", 101);
    assert_last(&read, &ended, "main thread", "too late for the writer");
}
