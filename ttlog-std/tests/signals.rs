//! Signals: the library's threads take none, and the program's threads keep their masks.

mod support;

use std::{
    collections::BTreeMap, env, fs, mem::MaybeUninit, os::unix::process::CommandExt,
    process::Command, ptr,
};

use ttlog_std::{Console, PanicHook, SnapshotError, Trace, info};

/// Signals that a program may wait for. Those that a thread causes by a fault are not among them.
const WAITED_FOR: [i32; 10] = [
    libc::SIGTERM,
    libc::SIGINT,
    libc::SIGHUP,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGCHLD,
    libc::SIGALRM,
    libc::SIGPROF,
    libc::SIGPIPE,
    libc::SIGXFSZ,
];

/// Returns the numbers of the process's threads, and the signals that each of them blocks, a bit each.
fn masks() -> BTreeMap<String, u64> {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    threads
        .map(|thread| {
            let thread = thread.unwrap();
            let status = fs::read_to_string(thread.path().join("status")).unwrap();
            let mut lines = status.lines();
            let blocked = lines.find_map(|line| line.strip_prefix("SigBlk:"));
            let blocked = u64::from_str_radix(blocked.unwrap().trim(), 16);
            (thread.file_name().into_string().unwrap(), blocked.unwrap())
        })
        .collect()
}

/// Returns the set of SIGTERM alone.
fn sigterm() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the first call initialises the set, and the second one changes it.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGTERM);
        set.assume_init()
    }
}

/// Blocks SIGTERM in the calling thread.
fn block_sigterm() {
    let set = sigterm();
    // SAFETY: the set is valid for a read, and the mask before is not needed.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) };
}

fn limit_the_size_of_files() {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the limit is valid for a read.
    let status = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const none) };
    assert_eq!(status, 0);
}

fn run_child(test: &str) -> support::ChildExit {
    let directory = tempfile::tempdir().unwrap();
    support::run_scenario(test, test, directory.path())
}

#[test]
fn a_program_that_blocks_a_signal_and_waits_for_it_gets_it() {
    if let Some((_, directory)) = support::scenario() {
        let trace = Trace::builder().directory(directory).build().unwrap();
        // SAFETY: all threads of this process but the library's block the signal.
        unsafe { libc::kill(libc::getpid(), libc::SIGTERM) };
        // A thread that does not block it takes it at the latest now.
        trace.request_snapshot("between").wait().unwrap();
        let (set, mut signal) = (sigterm(), 0);
        // SAFETY: both are valid during the call.
        let status = unsafe { libc::sigwait(&raw const set, &raw mut signal) };
        assert_eq!((status, signal), (0, libc::SIGTERM));
        return;
    }
    let mut command = Command::new(env::current_exe().unwrap());
    // SAFETY: the function makes only calls that are allowed in a signal handler.
    unsafe {
        command.pre_exec(|| {
            block_sigterm();
            Ok(())
        });
    }
    let directory = tempfile::tempdir().unwrap();
    let test = "a_program_that_blocks_a_signal_and_waits_for_it_gets_it";
    let child = support::run_scenario_by(&mut command, test, test, directory.path());
    assert!(child.status.success(), "{child:?}");
}

#[test]
fn the_librarys_threads_block_all_signals_and_the_caller_keeps_its_mask() {
    if let Some((_, directory)) = support::scenario() {
        let before = masks();
        let console = Console::to(std::io::sink());
        let trace = Trace::builder().directory(directory).console(console);
        let _trace = trace.build().unwrap();
        let after = masks();
        // SAFETY: the call has no conditions.
        let caller = unsafe { libc::gettid() }.to_string();
        assert_eq!(after[&caller], before[&caller]);
        let own = after
            .into_iter()
            .filter(|(thread, _)| !before.contains_key(thread));
        let own: BTreeMap<_, _> = own.collect();
        assert!(own.len() >= 2, "{own:?}");
        for blocked in own.into_values() {
            for signal in WAITED_FOR {
                assert_ne!(blocked & (1 << (signal - 1)), 0, "{signal} in {blocked:x}");
            }
        }
        return;
    }
    let child = run_child("the_librarys_threads_block_all_signals_and_the_caller_keeps_its_mask");
    assert!(child.status.success(), "{child:?}");
}

#[test]
fn a_file_that_may_not_grow_is_an_error_and_does_not_end_the_process() {
    if let Some((_, directory)) = support::scenario() {
        let trace = Trace::builder().directory(directory).build().unwrap();
        PanicHook::install(trace.get_sender());
        info!("recorded");
        limit_the_size_of_files();
        let result = trace.request_snapshot("too large").wait();
        assert!(
            matches!(result, Err(SnapshotError::File { .. })),
            "{result:?}"
        );
        let caught = std::panic::catch_unwind(|| panic!("not saved, but caught"));
        assert!(caught.is_err());
        return;
    }
    let child = run_child("a_file_that_may_not_grow_is_an_error_and_does_not_end_the_process");
    assert!(child.status.success(), "{child:?}");
}
