//! Panics of every kind, each in a process of its own.

mod support;

use std::{
    panic,
    path::Path,
    process,
    sync::{Arc, Barrier, Mutex},
    thread,
    time::Duration,
};

use support::{Ended, Read};
use ttlog_std::{PanicHook, Trace, info};

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(3_600);

/// What the children do. Of the parent it asks nothing.
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
    // The test harness would catch a panic of its own thread; this one's is the process's end.
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
        "passed on by a scope" => main(|| {
            thread::scope(|scope| {
                scope.spawn(|| panic!("the cause"));
            });
        }),
        "passed on by a join" => main(|| thread::spawn(|| panic!("the cause")).join().unwrap()),
        "passed on by a lock" => main(|| {
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

/// Plays a scenario and reads the one snapshot of a panic that it leaves.
fn play(scenario: &str, code: i32) -> (Ended, Read) {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::play("child", scenario, directory.path());
    assert_eq!(ended.status.code(), Some(code), "{}", ended.stderr);
    let read = the_only_panic(directory.path());
    (ended, read)
}

fn the_only_panic(directory: &Path) -> Read {
    let files = support::files(directory);
    let [file] = &files[..] else {
        panic!("{files:?}")
    };
    assert!(file.to_str().unwrap().ends_with("-panic.bin"), "{files:?}");
    support::read(file)
}

fn assert_last(read: &Read, ended: &Ended, thread: &str, text: &str) {
    let last = read.events.last().unwrap();
    assert_eq!(
        (last.field("thread"), last.field("message")),
        (thread, text)
    );
    assert!(
        last.field("location").contains("tests/panics.rs:"),
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
fn a_panic_of_a_thread_that_is_joined_is_saved_and_the_program_goes_on() {
    // Nothing was logged before: the ring was empty.
    let (ended, read) = play("spawned", 0);
    assert_last(&read, &ended, "worker 7", "a fixed text");
    assert_eq!(read.events.len(), 1);
}

#[test]
fn a_thread_without_a_name_panics_as_unnamed() {
    let (ended, read) = play("unnamed", 0);
    assert_last(&read, &ended, "unnamed", "no name");
}

#[test]
fn twelve_panics_at_once_give_one_snapshot_that_ends_with_a_panic() {
    let (ended, read) = play("twelve", 0);
    let last = read.events.last().unwrap();
    assert!(
        last.field("message").starts_with("all at once, "),
        "{last:?}"
    );
    let ran = ended.stderr.matches("the previous hook: ").count();
    assert_eq!(ran, 12, "{}", ended.stderr);
    assert_eq!(
        read.events
            .iter()
            .filter(|event| event.target == "panics")
            .count(),
        12
    );
}

#[test]
fn a_panic_with_a_string_or_with_no_text_is_told_as_well_as_it_can_be() {
    let (ended, read) = play("string", 101);
    assert_last(&read, &ended, "main thread", "a string");
    let (ended, read) = play("value", 101);
    assert_last(
        &read,
        &ended,
        "main thread",
        "(the panic's value is not text)",
    );
}

/// The panics that each file of a directory tells of, the files in the order of their last events.
fn panics(directory: &Path) -> Vec<Vec<String>> {
    let mut files: Vec<_> = support::files(directory)
        .iter()
        .map(|file| support::read(file).events)
        .collect();
    files.sort_by_key(|events| events.last().unwrap().ticks);
    let told = |events: &Vec<support::Seen>| {
        let panics = events.iter().filter(|event| event.target == "panic");
        panics
            .map(|event| event.field("message").to_owned())
            .collect()
    };
    files.iter().map(told).collect()
}

#[test]
fn the_last_panic_is_saved_although_an_earlier_one_was() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::play("child", "caught", directory.path());
    assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
    assert_eq!(
        panics(directory.path()),
        [vec!["caught"], vec!["caught", "the last word"]]
    );
}

#[test]
fn panics_at_two_places_at_once_are_both_told_of() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::play("child", "two places", directory.path());
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let told = panics(directory.path());
    assert!(told.len() <= 2, "{told:?}");
    for text in ["here", "there"] {
        assert!(
            told.iter().any(|told| told.iter().any(|t| t == text)),
            "{told:?}"
        );
    }
}

#[test]
fn panics_that_are_caught_again_and_again_do_not_fill_the_disk() {
    let (_, read) = play("storm", 0);
    assert_eq!(read.events.last().unwrap().field("message"), "drop 0");
    let directory = tempfile::tempdir().unwrap();
    let ended = support::play("child", "many storms", directory.path());
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let last: Vec<_> = panics(directory.path())
        .into_iter()
        .filter_map(|mut told| told.pop())
        .collect();
    assert_eq!(last, ["1", "2", "3", "4"]);
}

#[test]
fn a_panic_that_is_only_passed_on_gets_no_second_file() {
    for by in ["scope", "join", "lock"] {
        let (ended, read) = play(&format!("passed on by a {by}"), 101);
        assert_eq!(ended.stderr.matches("the previous hook: ").count(), 2);
        assert_eq!(read.events.last().unwrap().field("message"), "the cause");
    }
}

#[test]
fn a_panic_while_another_one_unwinds_is_saved_before_the_program_aborts() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::play("child", "while unwinding", directory.path());
    assert_eq!(ended.status.code(), None, "it ends by a signal");
    assert_eq!(
        panics(directory.path()),
        [vec!["the cause"], vec!["the cause", "the last straw"]]
    );
}

#[test]
fn a_snapshot_named_panic_that_the_program_asked_for_does_not_stand_in_for_a_panics() {
    let directory = tempfile::tempdir().unwrap();
    let ended = support::play("child", "asked", directory.path());
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
fn a_panic_after_the_recorder_was_shut_down_is_saved_all_the_same() {
    let (ended, read) = play("after shutdown", 101);
    assert_last(&read, &ended, "main thread", "too late for the writer");
}
