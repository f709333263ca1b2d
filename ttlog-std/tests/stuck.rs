//! A directory that never responds. Only the thread that writes to it waits for ever.

mod support;

use std::{
    process, thread,
    time::{Duration, Instant},
};

use support::own_mounts::{Silent, run_scenario};
use ttlog_std::{Builder, PanicHook, SnapshotError, Trace, info};

/// Maximum time, on a slow machine, of a call that does not wait.
const AT_ONCE: Duration = Duration::from_secs(2);
/// Maximum time that a panic waits for a directory, with a reserve for a slow machine.
const PANIC_MAX: Duration = Duration::from_secs(5 + 5);

/// Runs the scenario in the child process. Does nothing in the parent.
#[test]
fn child() {
    let Some((scenario, directory)) = support::scenario() else {
        return;
    };
    let silent = Silent::mount(directory.join("silent"));
    let builder = Trace::builder().events(1_000).directory(&silent.path);
    match &*scenario {
        "requests" => requests(builder),
        "panics" => panics(builder),
        "fallback" => panics(builder.fallback_directory(directory)),
        "self test" => self_test(builder.fallback_directory(directory)),
        "end" => {
            let trace = builder.fallback_directory(directory);
            let trace = trace
                .shutdown_limit(Duration::from_secs(2))
                .build()
                .unwrap();
            info!("before the request");
            let ticket = trace.request_snapshot("wanted");
            drop(trace);
            assert!(ticket.result().unwrap().unwrap().exists());
        }
        other => panic!("scenario {other}?"),
    }
}

/// Waits until the writer thread waits for the directory.
fn wait_until_stuck(builder: Builder) -> Trace {
    let trace = builder.queue(1).build().unwrap();
    let stuck = trace.request_snapshot("stuck");
    // The queue has room again when the writer thread has taken the first request.
    while matches!(
        trace.request_snapshot("queued").result(),
        Some(Err(SnapshotError::QueueFull))
    ) {
        thread::yield_now();
    }
    assert!(stuck.result().is_none());
    trace
}

fn requests(builder: Builder) {
    let trace = wait_until_stuck(builder);
    let began = Instant::now();
    for number in 0..1_000 {
        info!("recorded {number}");
        let ticket = trace.request_snapshot(format!("reason {number}"));
        assert!(matches!(
            ticket.result(),
            Some(Err(SnapshotError::QueueFull))
        ));
    }
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_eq!(trace.stats().recorded, 1_000);
    assert!(trace.get_buffer().events().len() == 1_000);

    // The queue is full, so the message to stop cannot be sent.
    let began = Instant::now();
    let ended = trace.shutdown(Duration::from_millis(200));
    assert!(matches!(ended, Err(SnapshotError::TimedOut)), "{ended:?}");
    drop(trace);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
}

fn panics(builder: Builder) {
    let trace = wait_until_stuck(builder.cool_down(Duration::ZERO));
    PanicHook::install(trace.get_sender());
    let panics = || thread::spawn(|| panic!("no listener")).join().is_err();
    let began = Instant::now();
    assert!(panics());
    // The second panic does not wait for a directory that has not responded to the first.
    let first = began.elapsed();
    assert!(panics());
    assert!(began.elapsed() - first < AT_ONCE, "{:?}", began.elapsed());
    // The waiting threads must not keep the process from ending.
    process::exit(101);
}

fn self_test(builder: Builder) {
    let trace = builder.shutdown_limit(Duration::ZERO).build().unwrap();
    PanicHook::install(trace.get_sender());
    let checks = trace.self_test();
    let problem = checks.iter().find(|check| !check.is_ok()).unwrap();
    let text = problem.to_string();
    assert!(
        text.contains("directory: ") && text.contains("no response"),
        "{text}"
    );
    assert!(text.contains("cure: "), "{text}");
    // Those of the fallback directory follow.
    assert_eq!(checks[1].name, "directory");
    assert!(checks[1].is_ok(), "{}", checks[1]);
    process::exit(0);
}

#[test]
fn requests_fail_at_once_and_the_shutdown_ends_in_time() {
    let directory = tempfile::tempdir().unwrap();
    let Some((ended, _)) = run_scenario("requests", directory.path()) else {
        return;
    };
    assert!(ended.status.success(), "{}", ended.stderr);
}

#[test]
fn a_request_is_saved_in_the_fallback_directory_at_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let Some((ended, _)) = run_scenario("end", directory.path()) else {
        return;
    };
    assert!(ended.status.success(), "{}", ended.stderr);
    let mut files = support::files(directory.path());
    // The process has ended while a thread of it was writing, too.
    files.retain(|file| file.extension().is_some_and(|it| it == "bin"));
    let [file] = &files[..] else {
        panic!("{files:?}")
    };
    assert_eq!(support::read(file).events[0].message, "before the request");
}

#[test]
fn a_self_test_names_the_directory_and_ends() {
    let directory = tempfile::tempdir().unwrap();
    let Some((ended, _)) = run_scenario("self test", directory.path()) else {
        return;
    };
    assert!(ended.status.success(), "{}", ended.stderr);
}

#[test]
fn a_panic_waits_for_a_limited_time() {
    let directory = tempfile::tempdir().unwrap();
    let Some((ended, took)) = run_scenario("panics", directory.path()) else {
        return;
    };
    assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
    assert!(took < PANIC_MAX, "{took:?}");
    assert!(
        ended.stderr.contains("not written within the time limit"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_panic_is_saved_in_the_fallback_directory() {
    let directory = tempfile::tempdir().unwrap();
    let Some((ended, took)) = run_scenario("fallback", directory.path()) else {
        return;
    };
    assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
    assert!(took < PANIC_MAX, "{took:?}");
    let mut files = support::files(directory.path());
    // The end of the process saves the requests there too.
    files.retain(|file| file.is_file());
    assert!(files.len() > 2, "{files:?}");
    files.retain(|file| file.to_string_lossy().contains("-panic"));
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        let last = support::read(&file).events.pop().unwrap();
        assert_eq!(support::field(&last, "message"), "no listener");
    }
}
