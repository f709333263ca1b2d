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
    panic::set_hook(Box::new(|info| eprintln!("the previous hook: {info}")));
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
fn twelve_panics_at_once_give_one_snapshot_that_ends_with_a_panic() {
    let (ended, read) = run_scenario("twelve", 0);
    let last = read.events.last().unwrap();
    assert!(
        support::field(last, "message").starts_with("all at once, "),
        "{last:?}"
    );
    let ran = ended.stderr.matches("the previous hook: ").count();
    assert_eq!(ran, 12, "{}", ended.stderr);
    assert_eq!(
        read.events
            .iter()
            .filter(|event| event.target.as_deref() == Some("panics"))
            .count(),
        12
    );
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
    assert!(saved.len() <= 2, "{saved:?}");
    for text in ["here", "there"] {
        assert!(
            saved.iter().any(|saved| saved.iter().any(|t| t == text)),
            "{saved:?}"
        );
    }
}

#[test]
fn many_caught_panics_do_not_fill_the_disk() {
    let (_, read) = run_scenario("storm", 0);
    assert_eq!(
        support::field(read.events.last().unwrap(), "message"),
        "drop 0"
    );
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", "many storms", directory.path());
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let last: Vec<_> = panics(directory.path())
        .into_iter()
        .filter_map(|mut saved| saved.pop())
        .collect();
    assert_eq!(last, ["1", "2", "3", "4"]);
}

#[test]
fn a_re_raised_panic_gets_no_second_file() {
    for by in ["scope", "join", "lock"] {
        let (ended, read) = run_scenario(&format!("re-raised by a {by}"), 101);
        assert_eq!(ended.stderr.matches("the previous hook: ").count(), 2);
        assert_eq!(
            support::field(read.events.last().unwrap(), "message"),
            "the cause"
        );
    }
}

#[test]
fn a_panic_during_unwinding_is_saved_before_the_program_aborts() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::run_scenario("child", "while unwinding", directory.path());
    assert_eq!(ended.status.code(), None, "it ends by a signal");
    assert_eq!(
        panics(directory.path()),
        [vec!["the cause"], vec!["the cause", "the last straw"]]
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
