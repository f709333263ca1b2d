//! What the tests share: child processes that play a scenario, and snapshots read back.
#![allow(dead_code)] // each test uses some of it

use std::{
    collections::HashMap,
    env, fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use ttlog_core::{
    CallsiteInfo, Context, Event, Level, Totals,
    decode::{Block, Content, Cursor, Snapshot},
    render_value,
    snapshot::BLOCK_MAX_BYTES,
};

/// Names the scenario that a child process plays, and its directory.
const SCENARIO: &str = "TTLOG_TEST_SCENARIO";
const DIRECTORY: &str = "TTLOG_TEST_DIRECTORY";

/// How long a child may take before it counts as hanging.
const LIMIT: Duration = Duration::from_secs(60);

/// How a child process ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stderr: String,
}

/// The scenario that this process is to play, if it is a child; and the directory for snapshots.
pub(crate) fn scenario() -> Option<(String, PathBuf)> {
    Some((env::var(SCENARIO).ok()?, env::var_os(DIRECTORY)?.into()))
}

/// Plays a scenario in a child process of this test program, whose test `test` knows what to do.
pub(crate) fn play(test: &str, scenario: &str, directory: &Path) -> Ended {
    let mut command = Command::new(env::current_exe().unwrap());
    play_by(&mut command, test, scenario, directory)
}

/// As [`play`], by a command that runs this test program.
pub(crate) fn play_by(
    command: &mut Command,
    test: &str,
    scenario: &str,
    directory: &Path,
) -> Ended {
    command
        .args([test, "--exact", "--nocapture", "--include-ignored"])
        .env(SCENARIO, scenario)
        .env(DIRECTORY, directory);
    run(command)
}

/// Runs a command to its end, or kills it and fails.
pub(crate) fn run(command: &mut Command) -> Ended {
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
    Ended {
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

/// The files in a directory, by name.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// An event of a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) ticks: u64,
    pub(crate) level: Level,
    pub(crate) target: String,
    pub(crate) message: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) thread: u32,
    pub(crate) thread_name: String,
    pub(crate) context: Option<Context>,
}

impl Seen {
    pub(crate) fn field(&self, name: &str) -> &str {
        let found = self.fields.iter().find(|(other, _)| other == name);
        found
            .map(|(_, value)| &**value)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

/// A snapshot.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) service: String,
    pub(crate) reason: String,
    pub(crate) merged: u32,
    pub(crate) totals: Totals,
    /// The events up to the moment at which it was taken, oldest first.
    pub(crate) events: Vec<Seen>,
}

/// Reads a snapshot, which must be whole.
pub(crate) fn read(path: &Path) -> Read {
    let bytes = fs::read(path).unwrap();
    let snapshot = Snapshot::new(&bytes).unwrap();
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut dictionary: HashMap<u32, CallsiteInfo<'static>> = HashMap::new();
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        if let Content::Callsites(callsites) = block.unwrap().content {
            for info in callsites {
                dictionary.insert(info.id, leak(&info));
            }
        }
    }
    let (mut read, mut taken, mut ended) = (Read::default(), 0, false);
    let mut before: Option<((u32, u32), Cursor)> = None;
    let mut blocks = snapshot.blocks();
    while let Some(block) = blocks.next(&mut buffer) {
        let Block { content, .. } = block.unwrap();
        match content {
            Content::Header(header) => {
                read.service = header.service.into();
                read.reason = header.reason.into();
                read.merged = header.merged;
                taken = header.taken_ticks;
            }
            Content::End(totals) => {
                read.totals = totals;
                ended = true;
            }
            Content::Pages(chunks) => {
                for chunk in chunks {
                    let key = (chunk.page, chunk.generation);
                    let previous = before
                        .filter(|(at, _)| *at == key)
                        .map(|(_, cursor)| cursor);
                    let mut cursor = chunk.cursor(previous);
                    let mut rest = chunk.records;
                    while let Some(record) = cursor.next(&mut rest) {
                        if record.ticks <= taken {
                            let event = Event::new(record, dictionary.get(&record.callsite));
                            read.events.push(seen(&event));
                        }
                    }
                    before = Some((key, cursor));
                }
            }
            _ => {}
        }
    }
    assert!(ended, "{} has no end", path.display());
    read.events.sort_by_key(|event| event.ticks);
    read
}

fn seen(event: &Event<'_>) -> Seen {
    let record = &event.record;
    Seen {
        ticks: record.ticks,
        level: record.level,
        target: event.callsite.unwrap().target.into(),
        message: event.message().to_string(),
        fields: event
            .fields()
            .map(|(name, value)| {
                let mut text = String::new();
                render_value(&value, &mut text).unwrap();
                (name.into(), text)
            })
            .collect(),
        thread: record.thread.number,
        thread_name: record.thread.name().into(),
        context: record.context,
    }
}

fn leak(info: &CallsiteInfo<'_>) -> CallsiteInfo<'static> {
    let keep = |text: &str| -> &'static str { String::from(text).leak() };
    CallsiteInfo {
        id: info.id,
        level: info.level,
        kind: info.kind,
        line: info.line,
        target: keep(info.target),
        file: keep(info.file),
        text: keep(info.text),
        names: info.names.iter().map(|name| keep(name)).collect(),
        kinds: info.kinds.clone(),
    }
}

/// The memory that this process has, in KiB.
pub(crate) fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
