//! Signals: the library's threads take none, the program's threads keep their masks, and signals request
//! snapshots.

mod support;

use std::{
    collections::BTreeMap,
    env, fs,
    mem::MaybeUninit,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::Command,
    ptr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use ttlog_std::{Console, PanicHook, SnapshotError, SnapshotSignal, Trace, info};

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

/// Sends a signal to this process.
fn send(signal: i32) {
    // SAFETY: the call has no conditions.
    unsafe { libc::kill(libc::getpid(), signal) };
}

/// Sets the action of a signal: a function, or one of the constants.
fn set_action(signal: i32, action: libc::sighandler_t) {
    // SAFETY: the handlers of this file store into an atomic only.
    unsafe { libc::signal(signal, action) };
}

/// Waits for the end of this process.
fn wait_for_the_end() -> ! {
    loop {
        std::thread::park();
    }
}

/// Runs a test again in a child process. Returns its end, and its snapshots.
fn run_and_read(test: &str) -> (support::ChildExit, Vec<support::SnapshotContent>) {
    let directory = tempfile::tempdir().unwrap();
    let child = support::run_scenario(test, test, directory.path());
    let files = support::files(directory.path());
    let files = files.iter().map(|file| support::read(file)).collect();
    (child, files)
}

/// Returns whether this file holds the event of the test.
fn holds_the_event(file: &support::SnapshotContent) -> bool {
    file.events.iter().any(|event| event.message == "before")
}

#[test]
fn a_signal_of_the_user_takes_a_snapshot_and_the_program_continues() {
    let test = "a_signal_of_the_user_takes_a_snapshot_and_the_program_continues";
    if let Some((_, directory)) = support::scenario() {
        let builder = Trace::builder().directory(directory);
        let builder = builder.snapshot_on_signal(SnapshotSignal::User1);
        let trace = builder.build().unwrap();
        info!("before");
        send(libc::SIGUSR1);
        while trace.stats().snapshots_written == 0 {
            std::thread::yield_now();
        }
        return;
    }
    let (child, files) = run_and_read(test);
    assert!(child.status.success(), "{child:?}");
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].header.reason.as_deref(), Some("sigusr1"));
    assert!(holds_the_event(&files[0]));
}

#[test]
fn a_signal_that_ends_the_process_takes_a_snapshot_and_ends_it_as_ever() {
    let test = "a_signal_that_ends_the_process_takes_a_snapshot_and_ends_it_as_ever";
    const SIGNALS: [(SnapshotSignal, i32, &str); 3] = [
        (SnapshotSignal::Terminate, libc::SIGTERM, "sigterm"),
        (SnapshotSignal::Interrupt, libc::SIGINT, "sigint"),
        (SnapshotSignal::HangUp, libc::SIGHUP, "sighup"),
    ];
    if let Some((scenario, directory)) = support::scenario() {
        let (signal, number, _) = SIGNALS.into_iter().find(|it| it.2 == scenario).unwrap();
        set_action(number, libc::SIG_DFL);
        let builder = Trace::builder().directory(directory);
        let trace = builder.snapshot_on_signal(signal).build().unwrap();
        info!("before");
        drop(trace.request_snapshot_after("pending", Duration::from_secs(3_600)));
        send(number);
        wait_for_the_end();
    }
    for (_, number, reason) in SIGNALS {
        let directory = tempfile::tempdir().unwrap();
        let child = support::run_scenario(test, reason, directory.path());
        assert_eq!(child.status.signal(), Some(number), "{child:?}");
        let files = support::files(directory.path());
        let files: Vec<_> = files.iter().map(|file| support::read(file)).collect();
        let of_signal = |file: &&support::SnapshotContent| {
            file.header.reason.as_deref() == Some(reason) && holds_the_event(file)
        };
        assert_eq!(files.iter().filter(of_signal).count(), 1, "{child:?}");
    }
}

#[test]
fn a_signal_ends_the_first_process_of_a_container_with_the_status_that_shells_state() {
    let test = "a_signal_ends_the_first_process_of_a_container_with_the_status_that_shells_state";
    if let Some((_, directory)) = support::scenario() {
        assert_eq!(std::process::id(), 1);
        let builder = Trace::builder().directory(directory);
        let builder = builder.snapshot_on_signal(SnapshotSignal::Terminate);
        let _trace = builder.crash_signals(true).build().unwrap();
        info!("before");
        send(libc::SIGTERM);
        wait_for_the_end();
    }
    let alone = |program: &std::path::Path| {
        let mut command = Command::new("unshare");
        let options = ["--user", "--map-root-user", "--pid", "--fork"];
        command.args(options).arg(program);
        command
    };
    let may = alone("true".as_ref()).status();
    if !may.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: this user may not make a PID namespace here");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut command = alone(&env::current_exe().unwrap());
    let child = support::run_scenario_by(&mut command, test, test, directory.path());
    assert_eq!(child.status.code(), Some(128 + libc::SIGTERM), "{child:?}");
    let files = support::files(directory.path());
    let [file] = &files[..] else {
        panic!("{files:?}: {child:?}")
    };
    assert_eq!(
        support::read(file).header.reason.as_deref(),
        Some("sigterm")
    );
}

#[test]
fn a_signal_that_the_process_ignores_stays_ignored() {
    let test = "a_signal_that_the_process_ignores_stays_ignored";
    if let Some((_, directory)) = support::scenario() {
        set_action(libc::SIGHUP, libc::SIG_IGN);
        let builder = Trace::builder().directory(directory);
        let builder = builder.snapshot_on_signal(SnapshotSignal::HangUp);
        let _trace = builder.build().unwrap();
        send(libc::SIGHUP);
        return;
    }
    let (child, files) = run_and_read(test);
    assert!(child.status.success(), "{child:?}");
    assert!(files.is_empty());
}

#[test]
fn a_handler_of_the_program_is_called_too_and_decides_about_the_end() {
    let test = "a_handler_of_the_program_is_called_too_and_decides_about_the_end";
    static IS_CALLED: AtomicBool = AtomicBool::new(false);
    extern "C" fn own(_: i32) {
        IS_CALLED.store(true, Ordering::Relaxed);
    }
    if let Some((_, directory)) = support::scenario() {
        set_action(libc::SIGTERM, own as *const () as libc::sighandler_t);
        let builder = Trace::builder().directory(directory);
        let builder = builder.snapshot_on_signal(SnapshotSignal::Terminate);
        let trace = builder.build().unwrap();
        info!("before");
        send(libc::SIGTERM);
        while trace.stats().snapshots_written == 0 || !IS_CALLED.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        return;
    }
    let (child, files) = run_and_read(test);
    assert!(child.status.success(), "{child:?}");
    assert_eq!(files.len(), 1);
}

#[test]
fn a_child_process_without_the_thread_of_the_signals_ends_as_ever() {
    let test = "a_child_process_without_the_thread_of_the_signals_ends_as_ever";
    if let Some((_, directory)) = support::scenario() {
        let builder = Trace::builder().directory(directory);
        let builder = builder.snapshot_on_signal(SnapshotSignal::Terminate);
        let _trace = builder.build().unwrap();
        // SAFETY: the child makes only calls that are allowed in a signal handler.
        let child = unsafe { libc::fork() };
        if child == 0 {
            loop {
                // SAFETY: the call has no conditions.
                unsafe { libc::pause() };
            }
        }
        let mut status = 0;
        // SAFETY: the child exists, and `status` is a valid place for a status.
        unsafe {
            libc::kill(child, libc::SIGTERM);
            assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        }
        assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGTERM);
        return;
    }
    let (child, files) = run_and_read(test);
    assert!(child.status.success(), "{child:?}");
    assert!(files.is_empty());
}

#[test]
fn a_child_process_with_a_recorder_of_its_own_serves_its_signals() {
    let test = "a_child_process_with_a_recorder_of_its_own_serves_its_signals";
    if let Some((_, directory)) = support::scenario() {
        let builder = Trace::builder().directory(directory);
        let builder = builder.snapshot_on_signal(SnapshotSignal::Terminate);
        let trace = builder.build().unwrap();
        // SAFETY: the child continues with the code of this file, and takes no lock of another thread.
        let child = unsafe { libc::fork() };
        if child == 0 {
            info!("before");
            trace.request_snapshot("started").wait().unwrap();
            send(libc::SIGTERM);
            wait_for_the_end();
        }
        let mut status = 0;
        // SAFETY: `status` is a valid place for a status.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGTERM);
        return;
    }
    let (child, files) = run_and_read(test);
    assert!(child.status.success(), "{child:?}");
    let mut reasons: Vec<_> = files
        .iter()
        .map(|file| file.header.reason.as_deref())
        .collect();
    reasons.sort();
    assert_eq!(reasons, [Some("sigterm"), Some("started")]);
}
