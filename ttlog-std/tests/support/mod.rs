//! Support for the tests: recorders, child processes that run a scenario, and the content of snapshots.
#![allow(dead_code, reason = "each test uses a part of it")]

#[path = "own_mounts.rs"]
pub(crate) mod own_mounts;

use std::{
    env, fs,
    io::{self, Read as _, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use ttlog_reader::{Accounting, FileHeader, Level, Snapshots};
use ttlog_std::{Builder, Event, Field, Trace};

/// The variables that state the scenario of a child process, and its directory.
const SCENARIO: &str = "TTLOG_TEST_SCENARIO";
const DIRECTORY: &str = "TTLOG_TEST_DIRECTORY";

/// Maximum time that a child process takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Returns whether the arguments of a test without a harness choose a case: if there is none, they choose all.
pub(crate) fn is_chosen(name: &str) -> bool {
    let mut filters = env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .peekable();
    filters.peek().is_none() || filters.any(|filter| name.contains(&*filter))
}

/// Waits until no other test of this process runs a recorder. Returns a directory for snapshots, and a
/// builder that uses it.
pub(crate) fn turn() -> (MutexGuard<'static, ()>, TempDir, Builder) {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = tempfile::tempdir().unwrap();
    let builder = Trace::builder().directory(directory.path());
    (turn, directory, builder)
}

/// The exit status of a child process, and its output.
#[derive(Debug)]
pub(crate) struct ChildExit {
    pub(crate) status: ExitStatus,
    pub(crate) stderr: String,
}

/// Returns the scenario and the snapshot directory if this process is a child.
pub(crate) fn scenario() -> Option<(String, PathBuf)> {
    Some((env::var(SCENARIO).ok()?, env::var_os(DIRECTORY)?.into()))
}

/// Runs a scenario in a child process of this test program: its test `test` runs again there.
pub(crate) fn run_scenario(test: &str, scenario: &str, directory: &Path) -> ChildExit {
    let mut command = Command::new(env::current_exe().unwrap());
    run_scenario_by(&mut command, test, scenario, directory)
}

/// Starts a scenario in a child process, which the caller kills.
pub(crate) fn spawn_scenario(test: &str, scenario: &str, directory: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--include-ignored"])
        .env(SCENARIO, scenario)
        .env(DIRECTORY, directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs a scenario through a command that runs this test program.
pub(crate) fn run_scenario_by(
    command: &mut Command,
    test: &str,
    scenario: &str,
    directory: &Path,
) -> ChildExit {
    command
        .args([test, "--exact", "--nocapture", "--include-ignored"])
        .env(SCENARIO, scenario)
        .env(DIRECTORY, directory);
    run(command)
}

/// Runs a command to its end. Kills it and panics if it takes too long.
pub(crate) fn run(command: &mut Command) -> ChildExit {
    command
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stderr.take().unwrap();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let status = wait(&mut child);
    ChildExit {
        status,
        stderr: reader.join().unwrap(),
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            panic!("the child process did not end within {LIMIT:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Returns the files in a directory, by name.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// A snapshot.
#[derive(Debug)]
pub(crate) struct SnapshotContent {
    pub(crate) header: FileHeader,
    pub(crate) accounting: Accounting,
    /// The events up to the moment of the snapshot, oldest first.
    pub(crate) events: Vec<Event>,
}

/// Reads a snapshot, which must be whole.
pub(crate) fn read(path: &Path) -> SnapshotContent {
    let mut snapshots = Snapshots::new();
    snapshots.open(path).unwrap();
    let [file] = snapshots.files() else {
        panic!("{} holds several snapshots", path.display());
    };
    assert_eq!(file.damages.count(), 0, "{:?}", file.damages);
    assert_eq!(file.accounting.unreadable(), Some([0; Level::COUNT]));
    SnapshotContent {
        header: file.header.clone(),
        accounting: file.accounting,
        events: snapshots
            .events()
            .map(|event| Event::from(&event))
            .collect(),
    }
}

/// Returns the text of an event's field.
pub(crate) fn field(event: &Event, name: &str) -> String {
    let field = event.fields.iter().find(|(key, _)| key == name);
    match field {
        Some((_, Field::Integer(integer))) => integer.to_string(),
        Some((_, Field::Text(text))) => text.to_string(),
        other => panic!("{name} is {other:?} in {event:?}"),
    }
}

/// An output of a console, kept in memory.
#[derive(Clone, Default)]
pub(crate) struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the resident memory of this process in KiB.
pub(crate) fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
