//! Crashes whose directory does not respond or is full.
#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#![allow(unsafe_code, reason = "safe code raises no fault")]

mod support;

use std::{
    fs,
    hint::black_box,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{self, Command},
    ptr, thread,
    time::Duration,
};

use support::{
    ChildExit, SnapshotContent, field,
    own_mounts::{Silent, mount_small, run_scenario},
};
use ttlog_core::snapshot::SnapshotKind;
use ttlog_reader::total;
use ttlog_std::{Builder, Trace, info};

/// Maximum time of a crash, with a reserve for a slow machine.
const CRASH_MAX: Duration = Duration::from_secs(12 + 10);

/// Runs the scenario in the child process. Does nothing in the parent.
#[test]
fn child() {
    let Some((scenario, directory)) = support::scenario() else {
        return;
    };
    let builder = Trace::builder().events(20_000).crash_signals(true);
    let fallback = directory.join("fallback");
    match &*scenario {
        "fallback" => {
            fs::create_dir(&fallback).unwrap();
            let silent = Silent::mount(directory.join("silent"));
            let builder = builder.directory(&silent.path).fallback_directory(fallback);
            let _trace = builder.build().unwrap();
            info!("before the crash");
            // While the first process is stuck.
            thread::spawn(|| {
                thread::sleep(Duration::from_secs(1));
                info!("after the crash");
            });
            bad_address();
        }
        "silent fallback" => {
            fs::create_dir(&fallback).unwrap();
            let silent = Silent::mount(directory.join("silent"));
            crash(builder.directory(fallback).fallback_directory(&silent.path));
        }
        "silent" => {
            let silent = Silent::mount(directory.join("silent"));
            crash(builder.directory(&silent.path));
        }
        "killed writer" => {
            let silent = Silent::mount(directory.join("silent"));
            let _trace = builder.directory(&silent.path).build().unwrap();
            thread::spawn(|| {
                while !kill_children() {
                    thread::sleep(Duration::from_millis(1));
                }
            });
            bad_address();
        }
        "no process" => {
            let silent = Silent::mount(directory.join("silent"));
            refuse_processes();
            crash(builder.directory(&silent.path));
        }
        "full" => crash_on_a_full_disk(&directory),
        "full crash" => crash_after_snapshots(builder.directory(directory)),
        other => panic!("scenario {other}?"),
    }
}

fn bad_address() {
    // SAFETY: this is the fault that the test is about.
    unsafe { ptr::without_provenance_mut::<u8>(black_box(0x10)).write_volatile(1) };
}

fn crash(builder: Builder) {
    let _trace = builder.build().unwrap();
    info!("before the crash");
    bad_address();
}

/// Kills the processes that this one has started. Returns whether there are any.
fn kill_children() -> bool {
    let own = process::id().to_string();
    let mut are_any = false;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let Ok(pid) = name.parse::<i32>() else {
            continue;
        };
        let status = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name, which is in brackets, may have spaces.
        let fields = status.rsplit_once(')').map_or("", |(_, fields)| fields);
        if fields.split_whitespace().nth(1) == Some(&own) {
            // SAFETY: the call has no conditions.
            unsafe { libc::kill(pid, libc::SIGKILL) };
            are_any = true;
        }
    }
    are_any
}

/// From now on, the system refuses to start processes, but not threads.
fn refuse_processes() {
    let flags_offset = std::mem::offset_of!(libc::seccomp_data, args) as u32;
    let statement = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let (load, equal, set) = (
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
        libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K,
    );
    let mut program = [
        statement(load, 0, 0, 0),
        statement(equal, 0, 3, libc::SYS_clone as u32),
        statement(load, 0, 0, flags_offset),
        statement(set, 1, 0, libc::CLONE_THREAD as u32),
        statement(
            libc::BPF_RET,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::EAGAIN as u32,
        ),
        statement(libc::BPF_RET, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: the filter is valid during the call, which copies it.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let installed = libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_TSYNC,
            &raw const filter,
        );
        assert_eq!(installed, 0);
        // A filter that has no effect would make this test void.
        assert_eq!(
            libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0),
            -1
        );
    }
}

/// Crashes in a file system that is full of snapshots of the service, and checks what is left.
fn crash_on_a_full_disk(parent: &Path) {
    let directory = parent.join("full");
    mount_small(&directory, "size=200k");
    let mut command = Command::new(std::env::current_exe().unwrap());
    let ended = support::run_scenario_by(&mut command, "child", "full crash", &directory);
    assert_eq!(
        ended.status.signal(),
        Some(libc::SIGSEGV),
        "{}",
        ended.stderr
    );
    let files = support::files(&directory);
    let crash = files
        .iter()
        .find(|file| file.to_string_lossy().ends_with("-sigsegv.bin"));
    let crash = support::read(crash.unwrap_or_else(|| panic!("{files:?}: {}", ended.stderr)));
    assert_eq!(crash.header.kind, Some(SnapshotKind::Signal));
    assert_eq!(field(crash.events.last().unwrap(), "signal"), "SIGSEGV");
    // All events: older snapshots made room.
    assert!(crash.events.len() > 500, "{}", crash.events.len());
    // The first file of a reason is worth more than its repetitions.
    let is_first = |file: &&std::path::PathBuf| file.to_string_lossy().contains("-first");
    assert_eq!(files.iter().filter(is_first).count(), 1, "{files:?}");
    assert!(
        !files
            .iter()
            .any(|file| file.extension().is_some_and(|it| it == "tmp")),
        "{files:?}"
    );
    process::exit(0);
}

fn crash_after_snapshots(builder: Builder) {
    let trace = builder.cool_down(Duration::ZERO).build().unwrap();
    for number in 0..1_000_u64 {
        let noise = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        info!("{noise} {}", noise.rotate_left(31) ^ 0x1234_5678_9abc_def0);
    }
    trace.request_snapshot("first").wait().unwrap();
    let directory = trace.directory();
    // Until there is no room for another one.
    let mut last = 0;
    loop {
        let count = support::files(&directory).len();
        trace.request_snapshot("again").wait().unwrap();
        if count == last {
            break;
        }
        last = count;
    }
    let filler = fs::write(directory.join("filler"), vec![1; 200 << 10]);
    filler.unwrap_err();
    bad_address();
}

/// Runs a scenario that crashes.
fn crashed(scenario: &str, directory: &Path) -> Option<ChildExit> {
    let (ended, took) = run_scenario(scenario, directory)?;
    assert_eq!(
        ended.status.signal(),
        Some(libc::SIGSEGV),
        "{}",
        ended.stderr
    );
    assert!(took < CRASH_MAX, "{took:?}");
    Some(ended)
}

fn assert_in_fallback(directory: &Path, ended: &ChildExit) -> SnapshotContent {
    let files = support::files(&directory.join("fallback"));
    let [file] = &files[..] else {
        panic!("{files:?}: {}", ended.stderr)
    };
    let file = support::read(file);
    let events = &file.events;
    assert_eq!(events[0].message, "before the crash");
    assert_eq!(field(&events[1], "signal"), "SIGSEGV");
    assert!(
        ended.stderr.contains("is saved with 2 events"),
        "{}",
        ended.stderr
    );
    file
}

#[test]
fn a_crash_is_saved_in_the_fallback_directory_if_the_directory_does_not_respond() {
    let directory = tempfile::tempdir().unwrap();
    if let Some(ended) = crashed("fallback", directory.path()) {
        let file = assert_in_fallback(directory.path(), &ended);
        // Meanwhile, no other thread records.
        assert_eq!(
            file.accounting.dropped().map(|dropped| total(&dropped)),
            Some(1)
        );
    }
}

#[test]
fn a_fallback_directory_that_does_not_respond_keeps_no_crash_from_being_saved() {
    let directory = tempfile::tempdir().unwrap();
    if let Some(ended) = crashed("silent fallback", directory.path()) {
        assert_in_fallback(directory.path(), &ended);
    }
}

#[test]
fn a_crash_ends_the_process_in_time_if_no_directory_responds() {
    let directory = tempfile::tempdir().unwrap();
    if let Some(ended) = crashed("silent", directory.path()) {
        let line = "the crash by SIGSEGV could not be saved: no directory has responded in time";
        assert!(ended.stderr.contains(line), "{}", ended.stderr);
    }
}

#[test]
fn a_crash_ends_the_process_in_time_if_no_directory_responds_and_no_process_can_be_started() {
    let directory = tempfile::tempdir().unwrap();
    crashed("no process", directory.path());
}

#[test]
fn a_writer_that_is_killed_is_stated_and_the_process_ends_as_ever() {
    let directory = tempfile::tempdir().unwrap();
    if let Some(ended) = crashed("killed writer", directory.path()) {
        let line = "the crash by SIGSEGV could not be saved: the process that wrote it was ended";
        assert!(ended.stderr.contains(line), "{}", ended.stderr);
    }
}

#[test]
fn a_crash_on_a_full_disk_removes_older_snapshots_of_the_service() {
    let directory = tempfile::tempdir().unwrap();
    if let Some((ended, _)) = run_scenario("full", directory.path()) {
        assert!(ended.status.success(), "{}", ended.stderr);
    }
}
