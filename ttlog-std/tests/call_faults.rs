//! A program that panics while each call to the file system fails in turn. `strace` makes the calls fail.
//!
//! The panic is that of the main thread of a child process, which no test harness has started. The child
//! starts its recorder, and then lets `strace` attach to it.

mod support;

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("SKIPPED: only Linux has strace");
}

#[cfg(target_os = "linux")]
fn main() {
    if let Some((fault, directory)) = support::scenario() {
        child::run(&fault, directory);
    }
    parent::run();
}

/// The exit status of a child to which `strace` could not attach.
#[cfg(target_os = "linux")]
const NO_STRACE: i32 = 77;

#[cfg(target_os = "linux")]
mod child {
    use std::{
        io::{BufRead as _, BufReader},
        path::PathBuf,
        process::{self, Command, Stdio},
    };

    use ttlog_std::{PanicHook, Trace, info};

    /// Panics while a call fails.
    pub(crate) fn run(fault: &str, directory: PathBuf) -> ! {
        let fallback = directory.join("fallback");
        let builder = Trace::builder().events(1_000).panic_backtrace(false);
        let builder = builder.directory(directory).fallback_directory(fallback);
        let trace = builder.build().unwrap();
        PanicHook::install(trace.get_sender());
        trace.flush(super::LIMIT).unwrap();
        info!("before the panic");
        if fault != "none" && !attach(fault) {
            process::exit(super::NO_STRACE);
        }
        panic!("at last");
    }

    /// Lets `strace` attach to this process. Returns whether it does.
    fn attach(fault: &str) -> bool {
        // Some systems allow it only to the processes above.
        let _ = rustix::process::set_ptracer(rustix::process::PTracer::Any);
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "-o", "/dev/null", "-e", &format!("inject={fault}")])
            .args(["-p", &process::id().to_string()])
            .stderr(Stdio::piped());
        let Ok(mut strace) = strace.spawn() else {
            return false;
        };
        let lines = BufReader::new(strace.stderr.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        let is_attached = lines.any(|line| line.contains(" attached"));
        // It goes on to write there.
        std::mem::forget(lines);
        is_attached
    }
}

/// More time than anything takes.
#[cfg(target_os = "linux")]
const LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

#[cfg(target_os = "linux")]
mod parent {
    use std::{
        env,
        panic::catch_unwind,
        process::{self, Command},
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    use super::{NO_STRACE, support};

    const ERRORS: [&str; 6] = ["ENOSPC", "EIO", "EINVAL", "EPERM", "ENOSYS", "EMFILE"];

    /// Calls that may fail each time. The file is written all the same.
    const IMPROVEMENTS: [&str; 15] = [
        "statx",
        "fstat",
        "newfstatat",
        "fcntl",
        "fchmod",
        "fdatasync",
        "renameat2",
        "linkat",
        "renameat",
        "unlinkat",
        "ftruncate",
        "lseek",
        "close",
        "getdents64",
        "memfd_create",
    ];

    /// Calls without which no file can be written.
    const CONDITIONS: [&str; 2] = ["openat", "write"];

    /// Number of children at the same time.
    const CHILDREN: usize = 4;

    /// A fault of the calls of a child, and whether the child writes a file all the same.
    struct Fault {
        /// As `strace` reads it.
        text: String,
        leaves_file: bool,
    }

    fn faults() -> Vec<Fault> {
        let mut faults = vec![Fault {
            text: "none".to_owned(),
            leaves_file: true,
        }];
        let mut add = |text, leaves_file| faults.push(Fault { text, leaves_file });
        for error in ERRORS {
            for call in IMPROVEMENTS {
                add(format!("{call}:error={error}"), true);
            }
            for call in CONDITIONS {
                add(format!("{call}:error={error}"), false);
                // Only the first call of each thread.
                add(format!("{call}:error={error}:when=1"), true);
            }
        }
        // All ways to name a file.
        add("renameat2,linkat,renameat:error=EPERM".to_owned(), true);
        // All that tells one file from another.
        add("statx,fstat,newfstatat:error=EPERM".to_owned(), true);
        faults
    }

    /// Runs a child. Returns whether `strace` could attach to it.
    fn check(fault: &Fault) -> bool {
        let directory = tempfile::tempdir().unwrap();
        let fallback = directory.path().join("fallback");
        std::fs::create_dir(&fallback).unwrap();
        let mut command = Command::new(env::current_exe().unwrap());
        let ended = support::run_scenario_by(&mut command, "", &fault.text, directory.path());
        if ended.status.code() == Some(NO_STRACE) {
            return false;
        }
        let text = &ended.stderr;
        assert_eq!(ended.status.code(), Some(101), "{}: {text}", fault.text);
        let mut files = support::files(directory.path());
        files.extend(support::files(&fallback));
        // One that cannot be removed stays until the next start.
        files.retain(|file| file.to_string_lossy().ends_with("-panic.bin"));
        let whole = files.iter().filter(|file| {
            let read = catch_unwind(|| support::read(file));
            read.is_ok_and(|read| read.events.len() == 2)
        });
        // Otherwise the calls would not have failed.
        let leaves_file = whole.count() > 0;
        assert_eq!(
            leaves_file, fault.leaves_file,
            "{}: {files:?}, {text}",
            fault.text
        );
        true
    }

    /// Runs all children. Exits with the status of the test.
    pub(crate) fn run() -> ! {
        let mut faults = faults();
        faults.retain(|fault| support::is_chosen(&fault.text));
        let next = AtomicUsize::new(0);
        let skipped = AtomicUsize::new(0);
        let failed = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..CHILDREN {
                scope.spawn(|| {
                    while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                        match catch_unwind(|| check(fault)) {
                            Ok(true) => {}
                            Ok(false) => {
                                skipped.fetch_add(1, Ordering::Relaxed);
                            }
                            Err(_) => failed.lock().unwrap().push(&fault.text),
                        }
                    }
                });
            }
        });
        let (skipped, failed) = (skipped.into_inner(), failed.into_inner().unwrap());
        let passed = faults.len() - skipped - failed.len();
        if skipped > 0 {
            eprintln!("SKIPPED: {skipped} faults (strace is not there, or may not attach)");
        }
        for fault in &failed {
            println!("test {fault} ... FAILED");
        }
        let word = if failed.is_empty() { "ok" } else { "FAILED" };
        let failed = failed.len();
        println!("\ntest result: {word}. {passed} passed; {failed} failed; {skipped} ignored");
        process::exit(i32::from(failed > 0));
    }
}
