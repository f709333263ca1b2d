//! The system calls of a crash: all of them are allowed in a signal handler.
#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#![allow(unsafe_code, reason = "safe code raises no fault")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    hint::black_box,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::Command,
    ptr,
};

use support::ChildExit;
use ttlog_std::{Trace, info};

/// The calls that POSIX allows in a signal handler, by their names in the system.
const ALLOWED_BY_POSIX: [&str; 20] = [
    "clock_gettime",
    "close",
    "exit",
    "exit_group",
    "fchmod",
    "fcntl",
    "fdatasync",
    "getpid",
    "kill",
    "linkat",
    "openat",
    "poll",
    "ppoll",
    "renameat",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "unlinkat",
    "wait4",
    "write",
];

/// Calls that POSIX does not know. The C library passes them to the system as they are: it takes no lock and
/// allocates nothing.
const ALLOWED_ON_LINUX: [&str; 10] = [
    "clock_nanosleep",
    "clone",
    "futex",
    "gettid",
    "prlimit64",
    "process_vm_readv",
    "renameat2",
    "rt_tgsigqueueinfo",
    "sched_yield",
    "sigaltstack",
];

/// Runs the scenario in the child process. Does nothing in the parent.
#[test]
fn child() {
    let Some((scenario, directory)) = support::scenario() else {
        return;
    };
    let builder = Trace::builder().events(20_000).directory(directory);
    let _trace = builder.crash_signals(true).build().unwrap();
    match &*scenario {
        "crash" => {
            info!("before the crash");
            bad_address();
        }
        "never logged" => bad_address(),
        other => panic!("scenario {other}?"),
    }
}

fn bad_address() {
    // SAFETY: this is the fault that the test is about.
    unsafe { ptr::without_provenance_mut::<u8>(black_box(0x10)).write_volatile(1) };
}

/// Runs a scenario, and writes its system calls to a file. Returns `None` if that is not possible here.
fn traced(scenario: &str, directory: &Path, calls: &Path) -> Option<ChildExit> {
    let strace = || {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o"]).arg(calls);
        strace
    };
    let may = strace().arg("true").output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: `strace` is missing, or this user may not trace a process");
        return None;
    }
    let mut command = strace();
    command.arg(env::current_exe().unwrap());
    Some(support::run_scenario_by(
        &mut command,
        "child",
        scenario,
        directory,
    ))
}

/// Returns the calls between the signal and the end: those of the thread that crashed, and of the processes that
/// it started. Each has its number of uses.
fn calls_after_crash(text: &str) -> BTreeMap<&str, usize> {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let lines = lines.map(|(thread, line)| (thread, line.trim_start()));
    let mut threads = BTreeSet::new();
    let mut calls = BTreeMap::new();
    for (thread, line) in lines {
        if line.starts_with("--- SIGSEGV") {
            threads.insert(thread);
        }
        if !threads.contains(thread) {
            continue;
        }
        let name = match line.strip_prefix("<... ") {
            // The second part of a call that another thread has interrupted.
            Some(resumed) => resumed.split(' ').next().unwrap(),
            None => line.split('(').next().unwrap(),
        };
        if name == "clone"
            && let Some((_, process)) = line.rsplit_once("= ")
            && process.parse::<u32>().is_ok()
        {
            threads.insert(process);
        }
        let is_call = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_call && !line.starts_with("<... ") {
            *calls.entry(name).or_default() += 1;
        }
    }
    calls
}

fn check(scenario: &str) {
    let directory = tempfile::tempdir().unwrap();
    let calls = tempfile::NamedTempFile::new().unwrap();
    let Some(ended) = traced(scenario, directory.path(), calls.path()) else {
        return;
    };
    // strace ends as the program that it has traced.
    assert_eq!(
        ended.status.signal(),
        Some(libc::SIGSEGV),
        "{}",
        ended.stderr
    );
    let text = fs::read_to_string(calls.path()).unwrap();
    let calls = calls_after_crash(&text);
    eprintln!("{calls:?}");
    for expected in ["clone", "openat", "write", "rt_sigreturn"] {
        assert!(calls.contains_key(expected), "{expected}: {text}");
    }
    let allowed = ALLOWED_BY_POSIX.iter().chain(&ALLOWED_ON_LINUX);
    let allowed: BTreeSet<_> = allowed.copied().collect();
    let others: Vec<_> = calls
        .keys()
        .filter(|call| !allowed.contains(*call))
        .collect();
    assert!(others.is_empty(), "{others:?}:\n{text}");
    // The file is written.
    let files = support::files(directory.path());
    assert!(
        files
            .iter()
            .any(|file| file.to_string_lossy().ends_with("-sigsegv.bin")),
        "{files:?}"
    );
}

#[test]
fn a_crash_makes_only_calls_that_a_signal_handler_may_make() {
    check("crash");
}

#[test]
fn a_crash_of_a_thread_that_never_logged_makes_only_such_calls() {
    check("never logged");
}

#[test]
fn the_calls_of_other_threads_and_those_before_the_crash_are_not_counted() {
    let text = "1 mmap(NULL, 4096) = 0x7f00\n\
                1 --- SIGSEGV {si_signo=SIGSEGV} ---\n\
                2 mmap(NULL, 4096) = 0x7f00\n\
                1 clone(child_stack=0x7f00 <unfinished ...>\n\
                1 <... clone resumed>) = 3\n\
                3 write(5, \"\", 1) = 1\n\
                2 brk(NULL) = 0\n\
                1 +++ killed by SIGSEGV +++\n";
    let calls = calls_after_crash(text);
    assert_eq!(calls, BTreeMap::from([("clone", 1), ("write", 1)]));
}
