//! The ends of a process: return, exit, panics of the main thread, fork. Each scenario is the main thread
//! of a child process, which no test harness has started.
#![allow(unsafe_code, reason = "the standard library has no fork")]

mod support;

use std::{
    env,
    panic::catch_unwind,
    path::Path,
    process::{self, Command},
    sync::OnceLock,
    thread,
    time::Duration,
};

use support::{ChildExit, SnapshotContent};
use ttlog_core::snapshot::SnapshotKind;
use ttlog_std::{Builder, PanicHook, SnapshotError, SnapshotOnError, Trace, error, info, warn};

/// A time that no test reaches.
const LONG: Duration = Duration::from_secs(3_600);

/// A scenario of a child process, and what must come of it.
struct Case {
    name: &'static str,
    run: fn(Builder),
    check: fn(&ChildExit, Vec<SnapshotContent>),
}

const CASES: [Case; 42] = [
    Case {
        name: "a_request_before_process_exit_is_in_a_file",
        run: |builder| {
            let trace = builder.build().unwrap();
            error!("cannot open the database");
            drop(trace.request_snapshot("fatal"));
            process::exit(3);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(3));
            assert_eq!(reasons(&files), ["fatal"]);
            assert_eq!(messages(&files[0]), ["cannot open the database"]);
        },
    },
    Case {
        name: "a_request_is_in_a_file_if_main_returns_and_a_static_owns_the_handle",
        run: |builder| {
            static TRACE: OnceLock<Trace> = OnceLock::new();
            let trace = TRACE.get_or_init(|| builder.build().unwrap());
            drop(trace.request_snapshot("first"));
            drop(trace.request_snapshot_after("later", LONG));
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0));
            assert_eq!(reasons(&files), ["first", "later"]);
        },
    },
    Case {
        name: "the_last_failure_within_the_cool_down_is_in_a_file",
        run: |builder| {
            let trace = builder.cool_down(LONG).build().unwrap();
            error!("payment 1 failed");
            trace.request_snapshot("payment_failed").wait().unwrap();
            error!("payment 2 failed");
            drop(trace.request_snapshot("payment_failed"));
            process::exit(0);
        },
        check: |_, files| {
            assert_eq!(files.len(), 2);
            assert!(files.iter().any(|file| messages(file).len() == 2));
        },
    },
    Case {
        name: "a_thousand_requests_before_the_end_are_all_covered",
        run: |builder| {
            let trace = builder.queue(2_000).build().unwrap();
            let tickets: Vec<_> = (0..1_000)
                .map(|number| {
                    info!("request {number}");
                    trace.request_snapshot(format!("reason {number}"))
                })
                .collect();
            drop(trace);
            assert!(tickets.into_iter().all(|t| t.wait().unwrap().exists()));
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            let newest = files.iter().map(|file| file.events.len()).max();
            assert_eq!(newest, Some(1_000));
        },
    },
    Case {
        name: "requests_that_are_not_served_are_named_on_stderr",
        run: |builder| {
            let trace = builder.shutdown_limit(Duration::ZERO).build().unwrap();
            for number in 0..10 {
                drop(trace.request_snapshot(format!("reason {number}")));
            }
        },
        check: |ended, files| {
            assert!(files.len() < 10);
            let text = "snapshot requests were not served before the end: reason ";
            assert!(ended.stderr.contains(text), "{}", ended.stderr);
        },
    },
    Case {
        name: "a_full_queue_is_stated_once_on_stderr_and_does_not_keep_a_panic_from_its_file",
        run: |builder| {
            let trace = builder.queue(4).cool_down(LONG).build().unwrap();
            PanicHook::install(trace.get_sender());
            for number in 0..100_000 {
                drop(trace.request_snapshot(format!("reason {number}")));
            }
            let _ = catch_unwind(|| panic!("in the storm"));
        },
        check: |ended, files| {
            assert!(reasons(&files).contains(&"panic"));
            let text = "the queue of snapshot requests is full";
            assert_eq!(ended.stderr.matches(text).count(), 1, "{}", ended.stderr);
        },
    },
    Case {
        name: "a_request_after_the_exit_handler_of_the_recorder_is_stated_on_stderr",
        run: |builder| {
            static SENDER: OnceLock<ttlog_std::SnapshotSender> = OnceLock::new();
            extern "C" fn request() {
                if let Some(sender) = SENDER.get() {
                    drop(sender.request_snapshot("last words"));
                }
            }
            // SAFETY: `request` has the C calling convention, takes nothing, and does not unwind.
            unsafe { libc::atexit(request) };
            let trace = builder.build().unwrap();
            let _ = SENDER.set(trace.get_sender());
            process::exit(0);
        },
        check: |ended, _| {
            let text = "no snapshot of last words: the recorder has ended";
            assert!(ended.stderr.contains(text), "{}", ended.stderr);
        },
    },
    Case {
        name: "an_exit_takes_the_snapshot_that_the_builder_asks_for",
        run: |builder| {
            let _trace = builder.snapshot_on_exit("end of job").build().unwrap();
            info!("done");
            process::exit(0);
        },
        check: |_, files| {
            assert_eq!(reasons(&files), ["end of job"]);
            assert_eq!(files[0].header.kind, Some(SnapshotKind::Exit));
            assert_eq!(messages(&files[0]), ["done"]);
        },
    },
    Case {
        name: "each_panic_of_the_main_thread_is_saved_at_once",
        run: |builder| {
            let trace = builder.cool_down(LONG).build().unwrap();
            PanicHook::install(trace.get_sender());
            for number in 0..10 {
                let _ = catch_unwind(|| panic!("{number}"));
            }
            process::abort();
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), None);
            assert_eq!(files.iter().map(|file| file.events.len()).max(), Some(10));
        },
    },
    Case {
        name: "a_fatal_panic_after_many_caught_ones_is_saved",
        run: |builder| {
            let trace = builder.cool_down(LONG).build().unwrap();
            PanicHook::install(trace.get_sender());
            for number in 0..500 {
                let _ = catch_unwind(|| panic!("{number}"));
            }
            panic!("the last word");
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(101));
            assert!(files.len() < 40, "{}", files.len());
            let newest = files.iter().max_by_key(|file| file.events.len()).unwrap();
            let last = newest.events.last().unwrap();
            assert_eq!(support::field(last, "message"), "the last word");
        },
    },
    Case {
        name: "a_panicking_thread_finishes_its_file_before_the_process_ends",
        run: |builder| {
            let trace = builder.build().unwrap();
            PanicHook::install(trace.get_sender());
            for number in 0..10_000 {
                info!("event {number}");
            }
            let thread = thread::spawn(|| panic!("in a thread"));
            // Returns while the thread is anywhere in its hook.
            while trace.stats().recorded == 10_000 {
                thread::yield_now();
            }
            drop(thread);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["panic"]);
        },
    },
    Case {
        name: "a_child_process_ends_at_once_and_leaves_the_requests_of_its_parent",
        run: |builder| {
            let trace = builder.build().unwrap();
            let ticket = trace.request_snapshot_after("of the parent", LONG);
            in_child(|| {
                assert!(matches!(
                    ticket.result(),
                    Some(Err(SnapshotError::ShutDown))
                ));
                drop(trace.clone());
                let result = ticket.clone().wait();
                assert!(matches!(result, Err(SnapshotError::ShutDown)));
            });
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["of the parent"]);
        },
    },
    Case {
        name: "a_child_process_has_a_run_of_its_own",
        run: |builder| {
            let trace = builder.build().unwrap();
            info!("in the parent");
            in_child(|| {
                warn!("in the child");
                trace.request_snapshot("child").wait().unwrap();
            });
            trace.request_snapshot("parent").wait().unwrap();
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["child", "parent"]);
            assert_eq!(messages(&files[0]), ["in the child"]);
            assert_eq!(messages(&files[1]), ["in the parent"]);
            assert_ne!(files[0].header.run_id, files[1].header.run_id);
            assert_ne!(files[0].header.pid, files[1].header.pid);
        },
    },
    Case {
        name: "a_child_process_saves_its_panic_and_its_requests_at_exit",
        run: |builder| {
            let trace = builder.build().unwrap();
            PanicHook::install(trace.get_sender());
            let child = fork();
            if child == 0 {
                drop(trace.request_snapshot_after("at exit", LONG));
                let _ = catch_unwind(|| panic!("in the child"));
                process::exit(7);
            }
            assert_eq!(wait(child), 7);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["at exit", "panic"]);
        },
    },
    Case {
        name: "a_child_process_in_another_directory_uses_the_directory_of_the_start",
        run: |builder| {
            let directory = builder.build().unwrap().directory();
            env::set_current_dir(directory).unwrap();
            let trace = Trace::builder().directory(".").build().unwrap();
            in_child(|| {
                env::set_current_dir("/").unwrap();
                trace.request_snapshot("child").wait().unwrap();
            });
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["child"]);
        },
    },
    Case {
        name: "a_child_process_that_has_dropped_the_handle_saves_its_panic",
        run: |builder| {
            let trace = builder.build().unwrap();
            PanicHook::install(trace.get_sender());
            let child = fork();
            if child == 0 {
                let sender = trace.get_sender();
                drop(trace);
                let refused = sender.request_snapshot("late").wait();
                assert!(matches!(refused, Err(SnapshotError::ShutDown)));
                panic!("in the child");
            }
            assert_eq!(wait(child), 101);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["panic"]);
        },
    },
    Case {
        name: "two_ends_at_once_wait_for_the_snapshot_that_is_being_written",
        run: |builder| {
            let trace = builder.build().unwrap();
            for number in 0..20_000 {
                info!("event {number}");
            }
            let ticket = trace.request_snapshot("wanted");
            let ended = thread::spawn(move || drop(trace));
            drop((ticket, ended));
            process::exit(0);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["wanted"], "{}", ended.stderr);
        },
    },
    Case {
        name: "a_panic_whose_file_failed_is_saved_at_the_end_if_the_directory_is_there_again",
        run: |builder| {
            let directory = builder.build().unwrap().directory();
            let missing = directory.join("missing");
            let trace = Trace::builder().directory(&missing).cool_down(LONG);
            let trace = trace.build().unwrap();
            PanicHook::install(trace.get_sender());
            let _ = thread::spawn(|| panic!("no directory")).join();
            std::fs::create_dir(&missing).unwrap();
            drop(trace);
            let saved = support::files(&missing);
            assert_eq!(saved.len(), 1);
            std::fs::rename(&saved[0], directory.join("moved.bin")).unwrap();
            std::fs::remove_dir(missing).unwrap();
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["panic"]);
        },
    },
    Case {
        name: "a_panic_after_a_recorder_could_not_be_started_is_saved_by_the_last_one",
        run: |builder| {
            let trace = builder.build().unwrap();
            PanicHook::install(trace.get_sender());
            info!("first life");
            drop(trace);
            assert!(Trace::builder().queue(0).build().is_err());
            panic!("without a recorder");
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["panic"]);
            assert_eq!(messages(&files[0])[0], "first life");
        },
    },
    Case {
        name: "each_child_of_a_busy_parent_has_a_recorder",
        run: |builder| {
            let trace = builder.build().unwrap();
            for _ in 0..2 {
                let sender = trace.get_sender();
                thread::spawn(move || {
                    loop {
                        drop(sender.request_snapshot("busy"));
                    }
                });
            }
            for _ in 0..100 {
                in_child(|| {
                    let ticket = trace.get_sender().request_snapshot("child");
                    assert!(!matches!(
                        ticket.result(),
                        Some(Err(SnapshotError::ShutDown))
                    ));
                    // SAFETY: the call has no conditions.
                    unsafe { libc::_exit(0) };
                });
            }
            process::exit(0);
        },
        check: |ended, _| assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr),
    },
    Case {
        name: "a_child_of_a_child_has_a_run_of_its_own",
        run: |builder| {
            let trace = builder.build().unwrap();
            in_child(|| {
                info!("child");
                in_child(|| {
                    info!("grandchild");
                    trace.request_snapshot("grandchild").wait().unwrap();
                });
                trace.request_snapshot("child").wait().unwrap();
            });
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["child", "grandchild"]);
            assert_eq!(messages(&files[0]), ["child"]);
            assert_eq!(messages(&files[1]), ["grandchild"]);
        },
    },
    Case {
        name: "a_fork_while_other_threads_request_and_log_does_not_block_the_child",
        run: |builder| {
            let trace = builder.cool_down(Duration::ZERO).build().unwrap();
            for number in 0..4 {
                let trace = trace.clone();
                thread::spawn(move || {
                    loop {
                        info!("busy {number}");
                        drop(trace.request_snapshot("busy"));
                    }
                });
            }
            for _ in 0..20 {
                in_child(|| {
                    info!("child");
                    drop(trace.request_snapshot("child"));
                });
            }
            process::exit(0);
        },
        check: |ended, _| assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr),
    },
    Case {
        name: "a_flush_saves_what_is_pending_before_the_process_ends_without_handlers",
        run: |builder| {
            let trace = builder.cool_down(LONG).build().unwrap();
            trace.request_snapshot("failure").wait().unwrap();
            error!("the second failure");
            drop(trace.request_snapshot("failure"));
            drop(trace.request_snapshot_after("reload", LONG));
            trace.flush(LONG).unwrap();
            // SAFETY: the call has no conditions.
            unsafe { libc::_exit(0) };
        },
        check: |_, files| {
            assert_eq!(reasons(&files), ["failure", "failure", "reload"]);
            assert!(files.iter().any(|file| file.events.len() == 1));
        },
    },
    Case {
        name: "a_main_that_returns_an_error_leaves_a_snapshot",
        run: |builder| {
            let trace = builder.build().unwrap();
            let failed: Result<(), &str> = Err("no configuration");
            let failed = failed.snapshot_on_error("main_failed");
            std::mem::forget(trace);
            process::exit(i32::from(failed.is_err()));
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(1));
            assert_eq!(reasons(&files), ["main_failed"]);
            assert_eq!(messages(&files[0]), ["main_failed: no configuration"]);
        },
    },
    Case {
        name: "a_heartbeat_that_is_missed_and_returns_takes_two_snapshots",
        run: |builder| {
            let limit = Duration::from_millis(50);
            let trace = builder.stall_after(limit).build().unwrap();
            let heartbeat = trace.heartbeat("scheduler");
            let written = |count| {
                while trace.stats().snapshots_written < count {
                    thread::yield_now();
                }
            };
            written(1);
            heartbeat.beat();
            written(2);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["stall_scheduler", "stall_scheduler_over"]);
            assert!(messages(&files[0])[0].starts_with("no beat of 'scheduler' for "));
        },
    },
    Case {
        name: "a_self_test_finds_no_problem_and_leaves_no_file",
        run: |builder| {
            let trace = builder.build().unwrap();
            let hook = |checks: &[ttlog_std::Check]| {
                let problem = checks.iter().find(|check| !check.is_ok());
                problem.map(ToString::to_string)
            };
            let problem = hook(&trace.self_test()).unwrap();
            assert!(problem.contains("PanicHook::install"), "{problem}");
            PanicHook::install(trace.get_sender());
            assert_eq!(hook(&trace.self_test()), None);
            std::panic::set_hook(Box::new(|_| {}));
            let problem = hook(&trace.self_test()).unwrap();
            assert!(problem.contains("panic hook"), "{problem}");
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert!(files.is_empty());
        },
    },
    Case {
        name: "a_recorder_has_two_threads_and_a_hook_one_more_also_after_another_recorder",
        run: |builder| {
            let threads = || {
                let entries = std::fs::read_dir("/proc/self/task").unwrap();
                let names = entries.filter_map(|entry| {
                    let name = std::fs::read_to_string(entry.unwrap().path().join("comm"));
                    name.ok().filter(|name| name.starts_with("ttlog-"))
                });
                let mut names: Vec<_> = names.map(|name| name.trim_end().to_owned()).collect();
                names.sort();
                names
            };
            // The thread that opens the directories ends soon, and so does that of a recorder before.
            let wait_for = |expected: &[&str]| {
                while threads() != expected {
                    thread::yield_now();
                }
            };
            let trace = builder.build().unwrap();
            let directory = trace.directory();
            wait_for(&["ttlog-snapshot", "ttlog-writer"]);
            PanicHook::install(trace.get_sender());
            let all = ["ttlog-panic", "ttlog-snapshot", "ttlog-writer"];
            wait_for(&all);
            for _ in 0..3 {
                trace.request_snapshot("one").wait().unwrap();
                let _ = thread::spawn(|| panic!("two")).join();
            }
            wait_for(&all);
            drop(trace);
            // A panic after the end is saved too.
            wait_for(&["ttlog-panic"]);
            let _trace = Trace::builder().directory(directory).build().unwrap();
            wait_for(&all);
        },
        check: |ended, _| assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr),
    },
    Case {
        name: "a_self_test_names_each_fault",
        run: |builder| {
            let trace = builder.cool_down(Duration::ZERO).build().unwrap();
            PanicHook::install(trace.get_sender());
            let problems = || {
                let checks = trace.self_test();
                let problems = checks.iter().filter(|check| !check.is_ok());
                problems.map(|check| check.name).collect::<Vec<_>>()
            };
            assert_eq!(problems(), [""; 0]);

            let before = limit(libc::RLIMIT_NOFILE, 8);
            assert_eq!(problems(), ["descriptors"]);
            limit(libc::RLIMIT_NOFILE, before);

            let before = limit(libc::RLIMIT_FSIZE, 100);
            assert_eq!(problems(), ["file size", "event"]);
            limit(libc::RLIMIT_FSIZE, before);

            let before = limit_memory(1_024);
            let found = problems();
            limit(libc::RLIMIT_AS, before);
            // The stack of a thread that has ended may serve for another one.
            assert!(found.contains(&"memory"), "{found:?}");

            ttlog_std::set_filter("off").unwrap();
            assert_eq!(problems(), ["filter"]);
            ttlog_std::set_filter("").unwrap();

            // SAFETY: no handler is set.
            let handler = unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
            assert_eq!(problems(), ["signals"]);
            // SAFETY: the handler is the one before.
            unsafe { libc::signal(libc::SIGTERM, handler) };

            std::fs::remove_dir(trace.directory()).unwrap();
            assert_eq!(problems(), ["directory", "event"]);
            std::fs::create_dir(trace.directory()).unwrap();
            assert_eq!(problems(), [""; 0]);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert!(files.is_empty());
        },
    },
    Case {
        name: "the_backtrace_of_a_panic_is_behind_it_in_the_file",
        run: |builder| {
            let trace = builder.panic_backtrace(true).build().unwrap();
            PanicHook::install(trace.get_sender());
            panic!("deep inside");
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(101));
            let messages = messages(&files[0]);
            assert!(messages[0].ends_with("deep inside"), "{messages:?}");
            assert!(
                messages[1].starts_with("panic.backtrace 1/"),
                "{messages:?}"
            );
            assert!(
                messages[1].contains("tests/process_end.rs:"),
                "{messages:?}"
            );
        },
    },
    Case {
        name: "fifty_recorders_after_one_another_take_the_memory_of_two",
        run: |builder| {
            let directory = builder.build().unwrap().directory();
            let life = |number: u32| {
                let trace = Trace::builder().directory(&directory).build().unwrap();
                info!("life {number}");
                assert_eq!(trace.stats().recorded, 1);
            };
            (0..4).for_each(life);
            let before = support::resident_kib();
            (0..50).for_each(life);
            let grown = support::resident_kib().saturating_sub(before);
            assert!(grown < 8 << 10, "{grown} KiB");
        },
        check: |ended, _| assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr),
    },
    Case {
        name: "a_new_recorder_after_the_end_of_the_last_one_is_used_by_old_senders",
        run: |builder| {
            let first = builder.build().unwrap();
            let (directory, sender) = (first.directory(), first.get_sender());
            drop(first);
            let refused = sender.request_snapshot("none").wait();
            assert!(matches!(refused, Err(SnapshotError::ShutDown)));
            let _second = Trace::builder().directory(directory).build().unwrap();
            sender.request_snapshot("second").wait().unwrap();
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["second"]);
        },
    },
    Case {
        name: "a_panic_without_memory_for_a_thread_is_saved_and_ends_the_process_as_without_ttlog",
        run: |builder| panic_with_left(builder, 256),
        check: check_panic_without_memory,
    },
    Case {
        name: "a_panic_with_memory_for_the_stack_of_a_thread_only_is_saved_and_ends_the_process_as_without_ttlog",
        run: |builder| panic_with_left(builder, STACK_KIB + 8),
        check: check_panic_without_memory,
    },
    Case {
        name: "a_panic_without_any_memory_to_map_is_saved_and_ends_the_process_as_without_ttlog",
        run: |builder| panic_with_left(builder, 0),
        check: check_panic_without_memory,
    },
    Case {
        name: "a_panic_without_memory_after_the_end_is_saved",
        run: |builder| {
            let trace = builder.build().unwrap();
            PanicHook::install(trace.get_sender());
            drop(trace);
            drop(vec![1_u8; 100 << 10]);
            limit_memory(0);
            panic!("no memory");
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["panic"], "{}", ended.stderr);
        },
    },
    Case {
        name: "requests_without_memory_for_a_thread_are_saved_at_the_end",
        run: |builder| {
            let trace = builder.cool_down(LONG).build().unwrap();
            drop(vec![1_u8; 100 << 10]);
            limit_memory(0);
            trace.request_snapshot("first").wait().unwrap();
            drop(trace.request_snapshot("first"));
            process::exit(3);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["first", "first"], "{}", ended.stderr);
        },
    },
    Case {
        name: "a_child_process_without_memory_for_a_thread_ends_as_without_ttlog",
        run: |builder| {
            let trace = builder.build().unwrap();
            PanicHook::install(trace.get_sender());
            // A child needs a recorder of its own.
            limit_memory(1_024);
            for _ in 0..3 {
                let child = fork();
                if child == 0 {
                    info!("in the child");
                    drop(trace.request_snapshot("in the child"));
                    panic!("in the child");
                }
                assert_eq!(wait(child), 101);
            }
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert!(reasons(&files).contains(&"panic"), "{}", ended.stderr);
        },
    },
    Case {
        name: "a_panic_at_the_limit_of_threads_is_saved_and_the_child_of_such_a_process_too",
        run: |builder| {
            let trace = builder.panic_backtrace(true).build().unwrap();
            PanicHook::install(trace.get_sender());
            limit_threads(&trace.directory());
            assert!(thread::Builder::new().spawn(|| ()).is_err());
            drop(trace.request_snapshot("request"));
            panic!("no thread");
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["panic", "request"], "{}", ended.stderr);
        },
    },
    Case {
        name: "a_panic_whose_later_hook_exits_is_saved_with_its_backtrace",
        run: |builder| {
            let trace = builder.build().unwrap();
            PanicHook::install(trace.get_sender());
            std::panic::set_hook(Box::new(|_| process::exit(9)));
            let _ = thread::spawn(|| panic!("unseen")).join();
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(9), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["panic"], "{}", ended.stderr);
            let messages = messages(&files[0]);
            assert!(messages[0].contains("text is not known"), "{messages:?}");
            assert!(messages[1].contains("process_end"), "{messages:?}");
        },
    },
    Case {
        name: "programs_that_are_started_while_threads_log_inherit_no_descriptor",
        run: |builder| {
            let inherited = || {
                let listed = Command::new("ls").args(["-l", "/proc/self/fd"]).output();
                let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
                (listed.matches(" -> ").count(), listed)
            };
            // This process may have inherited some.
            let (before, _) = inherited();
            let trace = builder.cool_down(Duration::ZERO).build().unwrap();
            PanicHook::install(trace.get_sender());
            for number in 0..2 {
                let sender = trace.get_sender();
                thread::spawn(move || {
                    loop {
                        info!("busy {number}");
                        drop(sender.request_snapshot("busy"));
                    }
                });
            }
            for _ in 0..50 {
                let (count, listed) = inherited();
                assert_eq!(count, before, "{listed}");
            }
            process::exit(0);
        },
        check: |ended, _| assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr),
    },
    Case {
        name: "a_thousand_children_that_log_panic_or_exit_leave_nothing_in_the_parent",
        run: |builder| {
            let trace = builder.events(1_000).build().unwrap();
            PanicHook::install(trace.get_sender());
            let kinds = [
                || {},
                || drop(catch_unwind(|| panic!("in the child"))),
                || process::exit(0),
            ];
            let child = |number: usize| {
                in_child(|| {
                    info!("child {number}");
                    kinds[number % kinds.len()]();
                    // SAFETY: the call has no conditions.
                    unsafe { libc::_exit(0) };
                });
            };
            (0..30).for_each(child);
            let entries = |path: &str| std::fs::read_dir(path).unwrap().count();
            let used = || [entries("/proc/self/task"), entries("/proc/self/fd")];
            let (before, memory) = (used(), support::resident_kib());
            (30..1_000).for_each(child);
            assert_eq!(used(), before);
            let grown = support::resident_kib().saturating_sub(memory);
            assert!(grown < 1 << 10, "{grown} KiB");
            process::exit(0);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert!(files.len() > 90 && files.len() <= 100, "{}", files.len());
        },
    },
    Case {
        name: "a_panic_on_a_small_stack_or_in_deep_recursion_is_saved_with_its_backtrace",
        run: |builder| {
            let trace = builder.panic_backtrace(true).build().unwrap();
            PanicHook::install(trace.get_sender());
            let small = thread::Builder::new().stack_size(64 << 10);
            let small = small.spawn(|| panic!("on a small stack")).unwrap();
            assert!(small.join().is_err());
            assert!(thread::spawn(|| recurse(5_000)).join().is_err());
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(reasons(&files), ["panic", "panic"]);
            let backtraces = files.iter().flat_map(messages);
            let all: Vec<_> = backtraces
                .filter(|text| text.starts_with("panic.backtrace"))
                .collect();
            assert!(all.iter().any(|text| text.contains("recurse")), "{all:?}");
        },
    },
];

/// Memory that the stack of a thread takes.
const STACK_KIB: u64 = 2_052;

/// Panics with little memory left, and some on the heap.
fn panic_with_left(builder: Builder, left_kib: u64) {
    let trace = builder.panic_backtrace(true).build().unwrap();
    PanicHook::install(trace.get_sender());
    drop(vec![1_u8; 100 << 10]);
    limit_memory(left_kib);
    panic!("no memory");
}

fn check_panic_without_memory(ended: &ChildExit, files: Vec<SnapshotContent>) {
    assert_eq!(ended.status.code(), Some(101), "{}", ended.stderr);
    assert_eq!(reasons(&files), ["panic"], "{}", ended.stderr);
    let messages = messages(&files[0]);
    assert!(messages[0].ends_with("no memory"), "{messages:?}");
    // Reading the debug information needs memory, so the backtrace has addresses.
    assert!(messages[1].contains("0: 0x"), "{messages:?}");
}

/// Panics at a depth.
#[inline(never)]
fn recurse(depth: u32) -> u32 {
    assert!(depth > 0, "deep");
    recurse(depth - 1) + std::hint::black_box(1)
}

/// Lets the process map a little more than it has mapped, and too little for the stack of a thread.
fn limit_memory(left_kib: u64) -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').next().unwrap().parse().unwrap();
    // SAFETY: the call has no conditions.
    let page_bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    limit(libc::RLIMIT_AS, pages * page_bytes + (left_kib << 10))
}

/// Lets the process start no thread. A user who is not root does, in a directory for all users.
fn limit_threads(directory: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    const NOBODY: libc::uid_t = 65_534;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o1777)).unwrap();
    // SAFETY: the calls have no conditions.
    unsafe {
        if libc::geteuid() == 0 {
            assert_eq!(libc::setuid(NOBODY), 0);
        }
    }
    limit(libc::RLIMIT_NPROC, 0);
}

/// Sets a limit of the process. Returns the one before.
fn limit(resource: libc::__rlimit_resource_t, current: u64) -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the call writes the limit.
    assert_eq!(unsafe { libc::getrlimit(resource, &raw mut limit) }, 0);
    let before = std::mem::replace(&mut limit.rlim_cur, current);
    // SAFETY: the call reads the limit.
    assert_eq!(unsafe { libc::setrlimit(resource, &raw const limit) }, 0);
    before
}

fn fork() -> libc::pid_t {
    // SAFETY: the child continues with the code of this file, and takes no lock of another thread.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    child
}

/// Waits for a child process. Returns its exit code.
fn wait(child: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: `status` is a valid place for a status.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert!(libc::WIFEXITED(status), "{status}");
    libc::WEXITSTATUS(status)
}

/// Runs `work` in a child process, which then exits without the parent's destructors.
fn in_child(work: impl FnOnce()) {
    let child = fork();
    if child == 0 {
        let done = catch_unwind(std::panic::AssertUnwindSafe(work));
        process::exit(i32::from(done.is_err()));
    }
    assert_eq!(wait(child), 0);
}

/// Returns the reasons of snapshots that are sorted by reason.
fn reasons(files: &[SnapshotContent]) -> Vec<&str> {
    files
        .iter()
        .map(|file| file.header.reason.as_deref().unwrap())
        .collect()
}

fn messages(file: &SnapshotContent) -> Vec<&str> {
    file.events.iter().map(|event| &*event.message).collect()
}

fn read(directory: &Path) -> Vec<SnapshotContent> {
    // A process that ends at its limit may leave an unfinished file.
    let mut files: Vec<_> = support::files(directory)
        .iter()
        .filter(|file| file.extension().is_some_and(|it| it == "bin"))
        .map(|file| support::read(file))
        .collect();
    files.sort_by(|a, b| a.header.reason.cmp(&b.header.reason));
    files
}

fn main() {
    if let Some((scenario, directory)) = support::scenario() {
        let case = CASES.iter().find(|case| case.name == scenario).unwrap();
        (case.run)(Trace::builder().directory(directory).events(20_000));
        return;
    }
    let chosen = |case: &&Case| support::is_chosen(case.name);
    let mut failed = 0;
    let mut passed = 0;
    for case in CASES.iter().filter(chosen) {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(env::current_exe().unwrap());
        let ended = support::run_scenario_by(&mut command, "", case.name, directory.path());
        let result = catch_unwind(|| (case.check)(&ended, read(directory.path())));
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        println!("test {} ... {word}", case.name);
        if result.is_err() {
            eprintln!("status {}\n{}", ended.status, ended.stderr);
            failed += 1;
        } else {
            passed += 1;
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {passed} passed; {failed} failed");
    process::exit(i32::from(failed > 0));
}
