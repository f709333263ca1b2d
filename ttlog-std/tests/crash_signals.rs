//! Crashes: each signal is raised by a real fault in a child process, which no test harness has started.
#![allow(unsafe_code, reason = "safe code raises no fault")]

mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    env,
    ffi::{c_int, c_void},
    fs,
    hint::black_box,
    mem::zeroed,
    os::{
        fd::AsRawFd,
        unix::{fs::PermissionsExt, process::ExitStatusExt},
    },
    panic::catch_unwind,
    path::Path,
    process::{self, Command},
    ptr,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use support::{ChildExit, SnapshotContent, field};
use ttlog_core::snapshot::SnapshotKind;
use ttlog_std::{Builder, Context, Event, PanicHook, SignalHook, Trace, info};

/// A scenario of a child process, and what must come of it.
struct Case {
    name: &'static str,
    run: fn(Builder),
    check: fn(&ChildExit, &[SnapshotContent]),
}

/// Makes a case for a fault on the main thread, and one for a spawned thread.
macro_rules! fault_cases {
    ($($main:literal, $thread:literal: $fault:path => $signal:path, $reason:literal;)*) => {
        [$(
            Case {
                name: $main,
                run: |builder| {
                    let _trace = builder.build().unwrap();
                    count_to(100);
                    $fault();
                },
                check: |ended, files| check_fault(ended, files, $signal, $reason, "main"),
            },
            Case {
                name: $thread,
                run: |builder| {
                    let _trace = builder.build().unwrap();
                    in_thread(|| {
                        count_to(100);
                        $fault();
                    });
                },
                check: |ended, files| check_fault(ended, files, $signal, $reason, "worker"),
            },
        )*]
    };
}

const FAULTS: [Case; 12] = fault_cases! {
    "a_bad_address_in_main", "a_bad_address_in_a_thread":
        bad_address => libc::SIGSEGV, "sigsegv";
    "a_lost_page_in_main", "a_lost_page_in_a_thread":
        lost_page => libc::SIGBUS, "sigbus";
    "an_illegal_instruction_in_main", "an_illegal_instruction_in_a_thread":
        illegal_instruction => libc::SIGILL, "sigill";
    "a_division_by_zero_in_main", "a_division_by_zero_in_a_thread":
        division_by_zero => libc::SIGFPE, "sigfpe";
    "an_abort_in_main", "an_abort_in_a_thread":
        process::abort => libc::SIGABRT, "sigabrt";
    "a_breakpoint_in_main", "a_breakpoint_in_a_thread":
        breakpoint => libc::SIGTRAP, "sigtrap";
};

const CASES: [Case; 35] = [
    Case {
        name: "a_core_dump_is_still_made",
        run: |builder| {
            let _trace = builder.build().unwrap();
            count_to(100);
            // SAFETY: all bits of a limit may be 0, and the calls read or write it.
            unsafe {
                let mut limit: libc::rlimit = zeroed();
                libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit);
                limit.rlim_cur = limit.rlim_max;
                libc::setrlimit(libc::RLIMIT_CORE, &raw const limit);
                if limit.rlim_max == 0 {
                    eprintln!("{NO_CORE_DUMP}");
                }
            }
            bad_address();
        },
        check: |ended, files| {
            check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main");
            assert!(ended.status.core_dumped(), "{}", ended.stderr);
        },
    },
    Case {
        name: "an_overflow_of_the_main_stack_is_saved_and_std_states_it_too",
        run: |builder| {
            let _trace = builder.build().unwrap();
            count_to(100);
            overflow(0);
        },
        check: |ended, files| check_overflow(ended, files, "main"),
    },
    Case {
        name: "an_overflow_of_a_threads_stack_is_saved_and_std_states_it_too",
        run: |builder| {
            let _trace = builder.build().unwrap();
            in_thread(|| {
                count_to(100);
                overflow(0);
            });
        },
        check: |ended, files| check_overflow(ended, files, "worker"),
    },
    Case {
        name: "a_failed_allocation_is_saved",
        run: |builder| {
            let _trace = builder.build().unwrap();
            count_to(100);
            std::alloc::handle_alloc_error(Layout::new::<u64>());
        },
        check: |ended, files| check_fault(ended, files, libc::SIGABRT, "sigabrt", "main"),
    },
    Case {
        name: "a_crash_inside_the_allocator_is_saved",
        run: |builder| {
            let _trace = builder.build().unwrap();
            count_to(100);
            FAULTS_IN_ALLOCATOR.store(true, Ordering::Relaxed);
            drop(black_box(Box::new(7_u64)));
        },
        check: |ended, files| check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main"),
    },
    Case {
        name: "a_crash_inside_the_allocator_of_a_thread_that_never_logged_is_saved",
        run: |builder| {
            let _trace = builder.build().unwrap();
            in_thread(|| {
                FAULTS_IN_ALLOCATOR.store(true, Ordering::Relaxed);
                drop(black_box(Box::new(7_u64)));
            });
        },
        check: |ended, files| {
            check_crash(ended, files, libc::SIGSEGV, "sigsegv", "worker");
        },
    },
    Case {
        name: "a_crash_after_the_end_of_the_recorder_is_saved",
        run: |builder| {
            let trace = builder.build().unwrap();
            trace.shutdown(Duration::from_secs(60)).unwrap();
            drop(trace);
            count_to(100);
            bad_address();
        },
        check: |ended, files| check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main"),
    },
    Case {
        name: "a_crash_is_the_last_event_while_all_other_threads_log_without_pause",
        run: |builder| {
            let _trace = builder.build().unwrap();
            static RECORDED: AtomicU64 = AtomicU64::new(0);
            for _ in 0..4 {
                thread::spawn(|| {
                    for number in 0_u64.. {
                        info!("busy", number);
                        RECORDED.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            // The ring is full.
            while RECORDED.load(Ordering::Relaxed) < 100_000 {
                thread::yield_now();
            }
            count_to(100);
            bad_address();
        },
        check: |ended, files| {
            let file = check_crash(ended, files, libc::SIGSEGV, "sigsegv", "main");
            // Other threads may overwrite the ring in the turn of this one, the oldest events first.
            let counted = numbers(&file.events);
            let first = 100 - counted.len() as u64;
            assert!(counted.into_iter().eq(first..100));
            check_no_gaps(file);
            // Of 20,000 events, which the recorder is to hold.
            assert!(file.events.len() >= 18_000, "{}", file.events.len());
        },
    },
    Case {
        name: "a_crash_while_snapshots_are_being_written_is_the_last_event_of_its_file",
        run: |builder| {
            let trace = builder.cool_down(Duration::ZERO).build().unwrap();
            for _ in 0..3 {
                thread::spawn(|| {
                    for number in 0_u64.. {
                        info!("busy", number);
                    }
                });
            }
            for _ in 0..20 {
                trace.request_snapshot("busy").wait().unwrap();
                drop(trace.request_snapshot("busy"));
            }
            count_to(100);
            bad_address();
        },
        check: |ended, files| {
            let crash = crash_of(files).expect("a file of the crash");
            assert_eq!(ended.status.signal(), Some(libc::SIGSEGV));
            assert_eq!(crash.header.reason.as_deref(), Some("sigsegv"));
            let last = crash.events.last().unwrap();
            assert_eq!(field(last, "signal"), "SIGSEGV");
            let counted = numbers(&crash.events);
            eprintln!("{} events, {} counted", crash.events.len(), counted.len());
            let first = 100 - counted.len() as u64;
            assert!(counted.into_iter().eq(first..100));
        },
    },
    Case {
        name: "a_crash_in_a_signal_handler_of_the_program_is_saved",
        run: |builder| {
            extern "C" fn own(_: c_int) {
                bad_address();
            }
            let _trace = builder.build().unwrap();
            count_to(100);
            // SAFETY: the handler makes only the fault that the test is about.
            unsafe {
                libc::signal(libc::SIGUSR2, own as *const () as libc::sighandler_t);
                libc::raise(libc::SIGUSR2);
            }
        },
        check: |ended, files| check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main"),
    },
    Case {
        name: "a_crash_of_a_thread_of_c_that_never_logged_is_saved",
        run: |builder| {
            extern "C" fn run(_: *mut c_void) -> *mut c_void {
                bad_address();
                ptr::null_mut()
            }
            let _trace = builder.build().unwrap();
            let mut thread = 0;
            // SAFETY: the arguments are valid, and the thread uses no argument.
            unsafe {
                libc::pthread_create(&raw mut thread, ptr::null(), run, ptr::null_mut());
                libc::pthread_join(thread, ptr::null_mut());
            }
        },
        check: |ended, files| {
            assert_eq!(
                ended.status.signal(),
                Some(libc::SIGSEGV),
                "{}",
                ended.stderr
            );
            assert_eq!(files.len(), 1);
        },
    },
    Case {
        name: "a_crash_inside_a_log_statement_is_saved_with_all_events_before_it",
        run: |builder| {
            let _trace = builder.build().unwrap();
            count_to(100);
            info!("never complete: {}", unreadable_text());
        },
        check: |ended, files| check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main"),
    },
    Case {
        name: "a_crash_inside_the_first_log_statement_of_a_thread_is_saved",
        run: |builder| {
            let _trace = builder.build().unwrap();
            in_thread(|| info!("never complete: {}", unreadable_text()));
        },
        check: |ended, files| {
            check_crash(ended, files, libc::SIGSEGV, "sigsegv", "worker");
        },
    },
    Case {
        name: "a_crash_belongs_to_the_trace_of_its_thread",
        run: |builder| {
            let _trace = builder.build().unwrap();
            let context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            let _in_trace = context.parse::<Context>().unwrap().enter();
            bad_address();
        },
        check: |ended, files| {
            let file = check_crash(ended, files, libc::SIGSEGV, "sigsegv", "main");
            let trace = file.events.last().unwrap().trace_id.as_deref();
            assert_eq!(trace, Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        },
    },
    Case {
        name: "two_threads_that_crash_at_once_leave_one_file_and_the_status_of_the_first",
        run: |builder| {
            let _trace = builder.build().unwrap();
            static START: Barrier = Barrier::new(2);
            let other = thread::spawn(|| {
                START.wait();
                process::abort();
            });
            START.wait();
            bad_address();
            other.join().unwrap();
        },
        check: |ended, files| {
            assert_eq!(files.len(), 1, "{}", ended.stderr);
            let expected = match ended.status.signal() {
                Some(libc::SIGSEGV) => "sigsegv",
                Some(libc::SIGABRT) => "sigabrt",
                other => panic!("{other:?}"),
            };
            assert_eq!(files[0].header.reason.as_deref(), Some(expected));
        },
    },
    Case {
        name: "a_handler_that_was_installed_before_is_called_with_the_fault",
        run: |builder| {
            extern "C" fn previous(_: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
                // SAFETY: the system passes a valid pointer.
                let address = unsafe { (*info).si_addr() }.addr();
                // SAFETY: the call has no conditions.
                unsafe { libc::_exit(if address == BAD_ADDRESS { 42 } else { 43 }) };
            }
            set_action(
                libc::SIGSEGV,
                previous as *const () as usize,
                libc::SA_SIGINFO,
            );
            let _trace = builder.build().unwrap();
            bad_address();
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(42), "{}", ended.stderr);
            assert_eq!(files.len(), 1);
        },
    },
    Case {
        name: "a_signal_of_a_process_states_its_sender",
        run: |builder| {
            let _trace = builder.build().unwrap();
            // SAFETY: the call has no conditions.
            unsafe { libc::kill(libc::getpid(), libc::SIGTRAP) };
        },
        check: |ended, files| {
            let file = check_crash(ended, files, libc::SIGTRAP, "sigtrap", "main");
            let last = file.events.last().unwrap();
            assert_eq!(field(last, "sender"), file.header.pid.unwrap().to_string());
            assert_eq!(field(last, "code"), "SI_USER");
            assert_eq!(field(last, "address"), "0");
        },
    },
    Case {
        name: "a_child_process_saves_its_crash_under_its_own_id",
        run: |builder| {
            let _trace = builder.build().unwrap();
            info!("in the parent");
            // SAFETY: the child continues with the code of this file, and takes no lock of another thread.
            let child = unsafe { libc::fork() };
            if child == 0 {
                bad_address();
            }
            let mut status = 0;
            // SAFETY: `status` is a valid place for a status.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!(libc::WTERMSIG(status), libc::SIGSEGV);
            eprintln!("the child is {child}");
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
            assert_eq!(files.len(), 1);
            let last = files[0].events.last().unwrap();
            assert_eq!(field(last, "signal"), "SIGSEGV");
            let line = format!("the child is {}", files[0].header.pid.unwrap());
            assert!(ended.stderr.contains(&line), "{}", ended.stderr);
        },
    },
    Case {
        name: "a_crash_is_saved_if_no_descriptor_is_free",
        run: |builder| {
            let _trace = builder.build().unwrap();
            count_to(100);
            let mut files = Vec::new();
            while let Ok(file) = fs::File::open("/") {
                files.push(file);
            }
            bad_address();
        },
        check: |ended, files| check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main"),
    },
    Case {
        name: "a_crash_is_saved_in_a_directory_that_was_moved",
        run: |builder| {
            let trace = builder.build().unwrap();
            let directory = trace.directory();
            fs::rename(&directory, directory.with_extension("moved")).unwrap();
            count_to(100);
            bad_address();
        },
        check: |ended, files| check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main"),
    },
    Case {
        name: "a_crash_whose_file_may_not_be_large_is_saved_with_fewer_events",
        run: |builder| {
            let _trace = builder.build().unwrap();
            for number in 0..20_000_u64 {
                info!(
                    "counted",
                    number,
                    mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                );
            }
            let limit = libc::rlimit {
                rlim_cur: 100_000,
                rlim_max: 100_000,
            };
            // SAFETY: the limit is valid for a read.
            unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
            bad_address();
        },
        check: |ended, files| {
            let file = check_crash(ended, files, libc::SIGSEGV, "sigsegv", "main");
            assert!(
                (2..20_000).contains(&file.events.len()),
                "{}",
                file.events.len()
            );
        },
    },
    Case {
        name: "a_crash_is_saved_if_no_process_can_be_started",
        run: |builder| {
            let trace = builder.build().unwrap();
            count_to(100);
            let all = fs::Permissions::from_mode(0o777);
            fs::set_permissions(trace.directory(), all).unwrap();
            // SAFETY: the calls have no conditions. From here on this process is an ordinary user's.
            unsafe {
                let limit: libc::rlimit = zeroed();
                libc::setrlimit(libc::RLIMIT_NPROC, &raw const limit);
                libc::setresuid(65_534, 65_534, 65_534);
            }
            // A process that the limit does not keep from starting another would make this test void.
            assert!(Command::new("/bin/true").spawn().is_err());
            bad_address();
        },
        check: |ended, files| check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main"),
    },
    Case {
        name: "an_abort_while_the_allocators_lock_is_held_is_saved",
        run: |builder| {
            let _trace = builder.build().unwrap();
            count_to(100);
            ABORTS_IN_ALLOCATOR.store(true, Ordering::Relaxed);
            drop(black_box(Box::new(7_u64)));
        },
        check: |ended, files| check_fault(ended, files, libc::SIGABRT, "sigabrt", "main"),
    },
    Case {
        name: "a_crash_while_a_panic_is_being_saved_is_saved_too",
        run: |builder| {
            let trace = builder.cool_down(Duration::ZERO).build().unwrap();
            PanicHook::install(trace.get_sender());
            // Files that take a while.
            record_noise(20_000);
            for _ in 0..2 {
                thread::spawn(|| {
                    loop {
                        let _ = catch_unwind(|| panic!("again"));
                    }
                });
            }
            let directory = trace.directory();
            let is_written =
                |file: &std::path::PathBuf| file.extension().is_some_and(|it| it == "tmp");
            while !support::files(&directory).iter().any(is_written) {}
            bad_address();
        },
        check: |ended, files| {
            let crash = crash_of(files).expect("a file of the crash");
            assert_eq!(ended.status.signal(), Some(libc::SIGSEGV));
            assert_eq!(field(crash.events.last().unwrap(), "signal"), "SIGSEGV");
            assert!(crash.events.len() > 18_000, "{}", crash.events.len());
        },
    },
    Case {
        name: "a_signal_at_any_instruction_of_a_log_statement_loses_no_event_before_it",
        run: |builder| {
            let _trace = builder.build().unwrap();
            static RECORDED: AtomicU64 = AtomicU64::new(0);
            let (sender, thread) = std::sync::mpsc::channel();
            thread::spawn(move || {
                // SAFETY: the call has no conditions.
                sender.send(unsafe { libc::pthread_self() }).unwrap();
                for number in 0_u64.. {
                    info!("busy", number);
                    RECORDED.store(number + 1, Ordering::Release);
                }
            });
            let thread = thread.recv().unwrap();
            // The place depends on the time that this takes.
            while RECORDED.load(Ordering::Acquire) < 10_000 {}
            eprintln!("recorded {}", RECORDED.load(Ordering::Acquire));
            // SAFETY: the thread runs until the process ends.
            unsafe { libc::pthread_kill(thread, libc::SIGILL) };
            loop {
                thread::yield_now();
            }
        },
        check: |ended, files| {
            assert_eq!(ended.status.signal(), Some(libc::SIGILL));
            let [file] = files else {
                panic!("{}", ended.stderr)
            };
            assert_eq!(field(file.events.last().unwrap(), "code"), "SI_TKILL");
            check_no_gaps(file);
            let busy = file.events.iter().rfind(|event| &*event.message == "busy");
            let last: u64 = field(busy.unwrap(), "number").parse().unwrap();
            let stated = ended
                .stderr
                .lines()
                .find_map(|line| line.strip_prefix("recorded "));
            assert!(
                last + 1 >= stated.unwrap().parse().unwrap(),
                "{last}: {}",
                ended.stderr
            );
        },
    },
    Case {
        name: "a_program_that_continues_after_a_signal_records_on",
        run: |builder| {
            let trace = builder.build().unwrap();
            info!("first");
            let (sender, receiver) = std::sync::mpsc::channel();
            let other = thread::spawn(move || {
                info!("first");
                sender.send(()).unwrap();
                while !HAS_CONTINUED.load(Ordering::Acquire) {
                    thread::yield_now();
                }
                info!("second");
            });
            receiver.recv().unwrap();
            // The handler of `std` returns after a signal that is no fault.
            // SAFETY: the call has no conditions.
            unsafe { libc::raise(libc::SIGSEGV) };
            HAS_CONTINUED.store(true, Ordering::Release);
            info!("second");
            other.join().unwrap();
            trace.request_snapshot("later").wait().unwrap();
            process::exit(46);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(46), "{}", ended.stderr);
            assert_eq!(files.len(), 2);
            let crash = crash_of(files).unwrap();
            assert_eq!(crash.events.len(), 3);
            let later = files
                .iter()
                .find(|file| file.header.reason.as_deref() == Some("later"));
            let later = &later.unwrap().events;
            assert_eq!(later.len(), 5, "{later:?}");
            // Each thread keeps its number.
            let threads = |message: &str| -> std::collections::BTreeSet<u32> {
                let events = later.iter().filter(|event| &*event.message == message);
                events.map(|event| event.thread_id).collect()
            };
            assert_eq!(threads("first").len(), 2);
            assert_eq!(threads("first"), threads("second"));
        },
    },
    Case {
        name: "eight_threads_that_crash_at_once_leave_one_file",
        run: |builder| {
            let _trace = builder.build().unwrap();
            static START: Barrier = Barrier::new(8);
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    thread::spawn(|| {
                        START.wait();
                        bad_address();
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| drop(thread.join()));
        },
        check: |ended, files| {
            assert_eq!(ended.status.signal(), Some(libc::SIGSEGV));
            assert_eq!(files.len(), 1, "{}", ended.stderr);
            let crashes = files[0]
                .events
                .iter()
                .filter(|event| event.target.as_deref() == Some("signal"));
            assert_eq!(crashes.count(), 1);
        },
    },
    Case {
        name: "an_overflow_is_saved_on_a_signal_stack_of_the_program",
        run: |builder| {
            let _trace = builder.build().unwrap();
            count_to(100);
            replace_signal_stack(0);
            overflow(0);
        },
        check: |ended, files| {
            // `std` knows no overflow on this stack.
            check_counted(check_file(ended, files, "sigsegv", "main"));
            let signal = ended.status.signal();
            assert!(
                matches!(signal, Some(libc::SIGSEGV | libc::SIGABRT)),
                "{signal:?}"
            );
        },
    },
    Case {
        name: "a_crash_without_a_signal_stack_is_saved",
        run: |builder| {
            let _trace = builder.build().unwrap();
            count_to(100);
            replace_signal_stack(libc::SS_DISABLE);
            bad_address();
        },
        check: |ended, files| check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main"),
    },
    Case {
        name: "a_handler_of_before_that_is_reset_is_called_once",
        run: |builder| {
            extern "C" fn previous(_: c_int) {
                const LINE: &str = "the previous handler\n";
                // SAFETY: the text is valid, and the call is allowed in a handler.
                unsafe { libc::write(2, LINE.as_ptr().cast(), LINE.len()) };
            }
            set_action(
                libc::SIGSEGV,
                previous as *const () as usize,
                libc::SA_RESETHAND,
            );
            let _trace = builder.build().unwrap();
            count_to(100);
            bad_address();
        },
        check: |ended, files| {
            check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main");
            let lines = ended
                .stderr
                .lines()
                .filter(|line| *line == "the previous handler");
            assert_eq!(lines.count(), 1, "{}", ended.stderr);
        },
    },
    Case {
        name: "a_handler_of_the_program_that_is_installed_later_may_call_this_one",
        run: |builder| {
            static BEFORE: AtomicUsize = AtomicUsize::new(0);
            extern "C" fn later(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
                type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
                // SAFETY: the action had SA_SIGINFO, so its function has this type.
                let before: Handler =
                    unsafe { std::mem::transmute(BEFORE.load(Ordering::Relaxed)) };
                before(signal, info, context);
            }
            let trace = builder.build().unwrap();
            count_to(100);
            let before = set_action(libc::SIGSEGV, later as *const () as usize, libc::SA_SIGINFO);
            assert_ne!(before.sa_flags & libc::SA_SIGINFO, 0);
            BEFORE.store(before.sa_sigaction, Ordering::Relaxed);
            let checks = trace.self_test();
            let check = checks
                .iter()
                .find(|check| check.name == "crash signals")
                .unwrap();
            assert!(
                check.to_string().contains("SIGSEGV has another handler"),
                "{check}"
            );
            bad_address();
        },
        check: |ended, files| {
            let file = check_crash(ended, files, libc::SIGSEGV, "sigsegv", "main");
            assert_eq!(numbers(&file.events).len(), 100);
        },
    },
    Case {
        name: "a_handler_of_the_program_that_is_installed_later_may_end_the_process_without_a_file",
        run: |builder| {
            extern "C" fn later(_: c_int) {
                // SAFETY: the call has no conditions.
                unsafe { libc::_exit(44) };
            }
            let _trace = builder.build().unwrap();
            set_action(libc::SIGSEGV, later as *const () as usize, 0);
            bad_address();
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(44));
            assert!(files.is_empty());
        },
    },
    Case {
        name: "an_ignored_sigabrt_stays_ignored",
        run: |builder| {
            set_action(libc::SIGABRT, libc::SIG_IGN, 0);
            let _trace = builder.build().unwrap();
            // SAFETY: the call has no conditions.
            unsafe { libc::raise(libc::SIGABRT) };
            process::exit(45);
        },
        check: |ended, files| {
            assert_eq!(ended.status.code(), Some(45));
            assert!(files.is_empty());
        },
    },
    Case {
        name: "an_ignored_sigsegv_stays_ignored_until_there_is_a_fault",
        run: |builder| {
            set_action(libc::SIGSEGV, libc::SIG_IGN, 0);
            let _trace = builder.build().unwrap();
            // SAFETY: the call has no conditions.
            unsafe { libc::raise(libc::SIGSEGV) };
            count_to(100);
            bad_address();
        },
        check: |ended, files| check_fault(ended, files, libc::SIGSEGV, "sigsegv", "main"),
    },
    Case {
        name: "a_crash_without_a_recorder_ends_the_process_as_ever",
        run: |_| {
            SignalHook::install().unwrap();
            bad_address();
        },
        check: |ended, files| {
            assert_eq!(ended.status.signal(), Some(libc::SIGSEGV));
            assert!(files.is_empty());
        },
    },
];

/// The line of a scenario that this machine does not allow.
const NO_CORE_DUMP: &str = "core dumps are not allowed here (`ulimit -H -c`)";

/// An address that no program may use.
const BAD_ADDRESS: usize = 0x10;

fn bad_address() {
    // SAFETY: this is the fault that the test is about.
    unsafe { ptr::with_exposed_provenance_mut::<u8>(black_box(BAD_ADDRESS)).write_volatile(1) };
}

/// Reads a page of a file behind its end.
fn lost_page() {
    let file = tempfile::tempfile().unwrap();
    // SAFETY: the mapping is new. Reading it is the fault that the test is about.
    unsafe {
        let page = libc::mmap(
            ptr::null_mut(),
            4096,
            libc::PROT_READ,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        );
        assert_ne!(page, libc::MAP_FAILED);
        black_box(page.cast::<u8>().read_volatile());
    }
}

fn illegal_instruction() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: this is the fault that the test is about.
    unsafe {
        std::arch::asm!("ud2");
    }
    #[cfg(not(target_arch = "x86_64"))]
    raise(libc::SIGILL);
}

fn division_by_zero() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: this is the fault that the test is about.
    unsafe {
        std::arch::asm!("xor edx, edx", "mov eax, 1", "xor ecx, ecx", "div ecx",
            out("eax") _, out("ecx") _, out("edx") _);
    }
    #[cfg(not(target_arch = "x86_64"))]
    raise(libc::SIGFPE);
}

fn breakpoint() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: this is the fault that the test is about.
    unsafe {
        std::arch::asm!("int3");
    }
    #[cfg(not(target_arch = "x86_64"))]
    raise(libc::SIGTRAP);
}

#[cfg(not(target_arch = "x86_64"))]
fn raise(signal: c_int) {
    // SAFETY: the call has no conditions.
    unsafe { libc::raise(signal) };
}

#[allow(
    unconditional_recursion,
    reason = "this is the fault that the test is about"
)]
fn overflow(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    overflow(depth + 1) + frame[0]
}

/// Returns a text whose bytes cannot be read.
fn unreadable_text() -> &'static str {
    // SAFETY: the mapping is new. Reading it is the fault that the test is about.
    unsafe {
        let page = libc::mmap(
            ptr::null_mut(),
            4096,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        str::from_utf8_unchecked(std::slice::from_raw_parts(page.cast(), 100))
    }
}

/// Replaces the signal stack of the calling thread.
fn replace_signal_stack(flags: c_int) {
    let length = libc::SIGSTKSZ.max(8 << 10);
    // SAFETY: the memory is new and is never freed.
    unsafe {
        let place = libc::mmap(
            ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        assert_ne!(place, libc::MAP_FAILED);
        let stack = libc::stack_t {
            ss_sp: place,
            ss_flags: flags,
            ss_size: length,
        };
        assert_eq!(libc::sigaltstack(&raw const stack, ptr::null_mut()), 0);
    }
}

/// Sets the action of a signal. Returns the one before.
fn set_action(signal: c_int, handler: usize, flags: c_int) -> libc::sigaction {
    // SAFETY: all bits of an action may be 0, and the function has the type that the flags state.
    unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        let mut before = zeroed();
        assert_eq!(
            libc::sigaction(signal, &raw const action, &raw mut before),
            0
        );
        before
    }
}

/// Records events that do not compress.
fn record_noise(events: u64) {
    for number in 0..events {
        let noise = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        info!("{noise} {}", noise.rotate_left(31) ^ 0x1234_5678_9abc_def0);
    }
}

fn in_thread(run: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().name("worker".into());
    thread.spawn(run).unwrap().join().unwrap();
}

fn count_to(last: u64) {
    for number in 0..last {
        info!("counted", number);
    }
}

/// An allocator whose lock is held while memory is allocated, as in a C library.
struct LockedAllocator;

#[global_allocator]
static ALLOCATOR: LockedAllocator = LockedAllocator;
static IS_LOCKED: AtomicBool = AtomicBool::new(false);
/// `true` if the next allocation crashes.
static FAULTS_IN_ALLOCATOR: AtomicBool = AtomicBool::new(false);
/// `true` once a program has continued after a signal.
static HAS_CONTINUED: AtomicBool = AtomicBool::new(false);
/// `true` if the next allocation raises SIGABRT.
static ABORTS_IN_ALLOCATOR: AtomicBool = AtomicBool::new(false);

fn locked<T>(work: impl FnOnce() -> T) -> T {
    while IS_LOCKED.swap(true, Ordering::Acquire) {
        thread::yield_now();
    }
    if FAULTS_IN_ALLOCATOR.load(Ordering::Relaxed) {
        bad_address();
    }
    if ABORTS_IN_ALLOCATOR.load(Ordering::Relaxed) {
        // SAFETY: the call has no conditions.
        unsafe { libc::raise(libc::SIGABRT) };
    }
    let done = work();
    IS_LOCKED.store(false, Ordering::Release);
    done
}

// SAFETY: all calls are passed to the system's allocator.
unsafe impl GlobalAlloc for LockedAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the conditions.
        locked(|| unsafe { System.alloc(layout) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the conditions.
        locked(|| unsafe { System.dealloc(pointer, layout) });
    }
}

/// Checks the status, and that the crash is the last event of the only file. Returns the file.
fn check_crash<'a>(
    ended: &ChildExit,
    files: &'a [SnapshotContent],
    signal: c_int,
    reason: &str,
    thread: &str,
) -> &'a SnapshotContent {
    assert_eq!(ended.status.signal(), Some(signal), "{}", ended.stderr);
    check_file(ended, files, reason, thread)
}

fn check_file<'a>(
    ended: &ChildExit,
    files: &'a [SnapshotContent],
    reason: &str,
    thread: &str,
) -> &'a SnapshotContent {
    let [file] = files else {
        panic!("{} files: {}", files.len(), ended.stderr);
    };
    assert_eq!(file.header.reason.as_deref(), Some(reason));
    assert_eq!(file.header.kind, Some(SnapshotKind::Signal));
    let last = file.events.last().unwrap();
    assert_eq!(field(last, "signal").to_lowercase(), reason);
    assert_eq!(last.target.as_deref(), Some("signal"));
    assert_eq!(last.thread, thread);
    let name = reason.to_uppercase();
    let line = format!("the crash by {name} is saved with ");
    assert!(ended.stderr.contains(&line), "{}", ended.stderr);
    file
}

/// Returns the file of the crash, if there is one.
fn crash_of(files: &[SnapshotContent]) -> Option<&SnapshotContent> {
    let mut files = files.iter();
    files.find(|file| file.header.kind == Some(SnapshotKind::Signal))
}

/// As [`check_crash`], with the hundred events of the thread before the crash.
fn check_fault(
    ended: &ChildExit,
    files: &[SnapshotContent],
    signal: c_int,
    reason: &str,
    thread: &str,
) {
    check_counted(check_crash(ended, files, signal, reason, thread));
}

fn check_counted(file: &SnapshotContent) {
    let counted: Vec<_> = numbers(&file.events);
    assert_eq!(counted, (0..100).collect::<Vec<u64>>());
    assert_eq!(file.events.len(), 101);
}

fn numbers(events: &[Event]) -> Vec<u64> {
    let counted = events.iter().filter(|event| &*event.message == "counted");
    counted
        .map(|event| field(event, "number").parse().unwrap())
        .collect()
}

fn check_overflow(ended: &ChildExit, files: &[SnapshotContent], thread: &str) {
    assert_eq!(
        ended.status.signal(),
        Some(libc::SIGABRT),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("overflowed its stack"),
        "{}",
        ended.stderr
    );
    check_counted(check_file(ended, files, "sigsegv", thread));
}

/// Checks that the events of each thread follow each other.
fn check_no_gaps(file: &SnapshotContent) {
    let mut threads = std::collections::BTreeMap::<_, Vec<u64>>::new();
    for event in file.events.iter().filter(|event| &*event.message == "busy") {
        let number = field(event, "number").parse().unwrap();
        threads.entry(event.thread_id).or_default().push(number);
    }
    assert!(!threads.is_empty());
    for numbers in threads.values() {
        assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1));
    }
}

fn read(directory: &Path) -> Vec<SnapshotContent> {
    let files = [directory.to_owned(), directory.with_extension("moved")];
    let files = files.iter().filter(|directory| directory.exists());
    files
        .flat_map(|directory| support::files(directory))
        // A file that another thread was writing is not complete.
        .filter(|file| file.extension().is_some_and(|it| it == "bin"))
        .map(|file| support::read(&file))
        .collect()
}

fn run(case: &Case, directory: &Path) -> ChildExit {
    let mut command = Command::new(env::current_exe().unwrap());
    command.current_dir(directory);
    support::run_scenario_by(&mut command, "", case.name, directory)
}

/// The variable that keeps the child process from handling crash signals.
const WITHOUT_HANDLER: &str = "TTLOG_TEST_WITHOUT_HANDLER";

/// Runs a case with and without the handler in the first process of a PID namespace, which the system protects from
/// signals. Checks that both end in the same way, and that there is a file. Returns `false` if that cannot be done.
fn check_first_process(case: &Case) -> bool {
    let alone = |program: &Path| {
        let mut command = Command::new("unshare");
        let options = ["--user", "--map-root-user", "--pid", "--fork"];
        command.args(options).arg(program);
        command
    };
    let may = alone(Path::new("true")).status();
    if !may.is_ok_and(|status| status.success()) {
        return false;
    }
    let program = env::current_exe().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let run = |command: &mut Command| {
        command.current_dir(directory.path());
        support::run_scenario_by(command, "", case.name, directory.path())
    };
    let without = run(alone(&program).env(WITHOUT_HANDLER, "1"));
    assert!(!without.status.success() && read(directory.path()).is_empty());
    let with = run(&mut alone(&program));
    assert_eq!(with.status, without.status, "{}", with.stderr);
    assert_eq!(read(directory.path()).len(), 1, "{}", with.stderr);
    true
}

fn main() {
    if let Some((scenario, directory)) = support::scenario() {
        let mut cases = FAULTS.iter().chain(&CASES);
        let case = cases.find(|case| case.name == scenario).unwrap();
        let builder = Trace::builder().directory(directory).events(20_000);
        (case.run)(builder.crash_signals(env::var_os(WITHOUT_HANDLER).is_none()));
        return;
    }
    let chosen = |case: &&Case| support::is_chosen(case.name);
    let mut failed = 0;
    let mut passed = 0;
    for case in FAULTS.iter().chain(&CASES).filter(chosen) {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("snapshots");
        fs::create_dir(&directory).unwrap();
        print!("test {} ... ", case.name);
        let ended = run(case, &directory);
        if ended.stderr.contains(NO_CORE_DUMP) {
            println!("SKIPPED: {NO_CORE_DUMP}");
            continue;
        }
        let result = catch_unwind(|| (case.check)(&ended, &read(&directory)));
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        println!("{word}");
        if result.is_err() {
            eprintln!("status {}\n{}", ended.status, ended.stderr);
            failed += 1;
        } else {
            passed += 1;
        }
    }
    for case in FAULTS.iter().filter(chosen) {
        print!(
            "test {} in the first process of a container ... ",
            case.name
        );
        match catch_unwind(|| check_first_process(case)) {
            Ok(true) => {
                println!("ok");
                passed += 1;
            }
            Ok(false) => println!("SKIPPED: this user may not make a PID namespace here"),
            Err(_) => {
                println!("FAILED");
                failed += 1;
            }
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {passed} passed; {failed} failed");
    process::exit(i32::from(failed > 0));
}
