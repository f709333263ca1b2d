//! The files of a history, as the reader reads them.

use std::{
    cell::RefCell,
    collections::HashSet,
    path::{Path, PathBuf},
    time::Instant,
};

use ttlog_core::snapshot::SnapshotKind;
use ttlog_reader::Snapshots;

use super::{
    process::EventId,
    world::{FALLBACK, MAIN, World},
};
use crate::{file_names, ticket::SnapshotResult};

/// A snapshot that was written.
#[derive(Clone, Debug)]
pub(super) struct KnownFile {
    pub(super) directory: &'static str,
    pub(super) name: String,
    pub(super) run: u64,
    pub(super) kind: SnapshotKind,
    pub(super) reason: String,
    pub(super) moment_ticks: u64,
    /// The time at its moment on the clock that its header states, in nanoseconds since 1970.
    pub(super) moment_ns: u64,
    pub(super) complete_since_ticks: u64,
    pub(super) bytes: usize,
    pub(super) written: Instant,
    pub(super) is_removed: bool,
    /// `true` if its writer is still removing other files for it.
    pub(super) is_in_progress: bool,
    /// Whether its content was on the disk when it got its name.
    pub(super) is_synced: bool,
    events: HashSet<(u32, u64)>,
}

impl KnownFile {
    /// Returns whether the file contains an event.
    pub(super) fn holds(&self, event: EventId) -> bool {
        self.events.contains(&(event.writer, event.seq))
    }

    /// Returns whether the file states that it contains the event.
    pub(super) fn must_hold(&self, event: EventId) -> bool {
        event.ticks > self.complete_since_ticks && event.ticks <= self.moment_ticks
    }

    pub(super) fn is_existing(&self, directory: &str, name: &str) -> bool {
        self.name == name && self.directory == directory && !self.is_removed
    }

    pub(super) fn is_at(&self, path: &Path) -> bool {
        path == Path::new(self.directory).join(&self.name)
    }
}

/// All files of this service that were ever complete.
#[derive(Debug, Default)]
pub(super) struct Files(
    pub(super) RefCell<Vec<KnownFile>>,
    /// The paths that were removed before they were known: of files that had their names from the start.
    pub(super) RefCell<HashSet<PathBuf>>,
);

impl Files {
    /// Notes the result of a work. Its file may have had its name from the start.
    pub(super) fn note_result(&self, world: &World, result: &SnapshotResult) {
        if let Ok(receipt) = result
            && self.find(&receipt.path).is_none()
            && !self.was_removed(&receipt.path)
            && !world.is_dead()
        {
            let (directory, name) = (receipt.path.parent(), receipt.path.file_name());
            let name = name
                .and_then(|name| name.to_str())
                .expect("names are UTF-8");
            self.note(world, directory.expect("it has a directory"), name);
        }
        if let Ok(receipt) = result {
            let mut files = self.0.borrow_mut();
            if let Some(file) = files.iter_mut().rfind(|file| file.is_at(&receipt.path)) {
                file.is_in_progress = false;
            }
        }
    }

    /// Returns whether a path was removed before its file was known.
    pub(super) fn was_removed(&self, path: &Path) -> bool {
        self.1.borrow().contains(path)
    }

    pub(super) fn find(&self, path: &Path) -> Option<KnownFile> {
        let files = self.0.borrow();
        // The last one, because a name that was removed may be used again.
        files.iter().rfind(|file| file.is_at(path)).cloned()
    }

    /// Notes a file that has its name and is complete.
    pub(super) fn note(&self, world: &World, directory: &Path, name: &str) {
        let directory = if directory == Path::new(MAIN) {
            MAIN
        } else {
            FALLBACK
        };
        if self
            .0
            .borrow()
            .iter()
            .any(|file| file.is_existing(directory, name))
        {
            return world.fail(format!("{name} replaces a file"));
        }
        let Some(file) = world.memory.file(directory, name) else {
            return world.fail(format!("{name} does not exist"));
        };
        match read(directory, name, &file.bytes) {
            Ok(mut known) => {
                known.written = world.now();
                known.is_synced = file.synced_bytes == file.bytes.len();
                world.note(|| {
                    let KnownFile { kind, moment_ticks, complete_since_ticks, events, .. } = &known;
                    let events = events.len();
                    format!(
                        "{name} is complete: {kind:?}, moment {moment_ticks}, {events} events since \
                         {complete_since_ticks}"
                    )
                });
                self.0.borrow_mut().push(known);
            }
            Err(problem) => world.fail(format!("{name}: {problem}")),
        }
    }

    /// Returns the files of a run that exist or have existed.
    pub(super) fn of_run(&self, run: u64) -> Vec<KnownFile> {
        let files = self.0.borrow();
        files
            .iter()
            .filter(|file| file.run == run)
            .cloned()
            .collect()
    }

    /// Returns the names of existing files that are not complete, in both directories.
    pub(super) fn check_existing(&self, world: &World) {
        for directory in [MAIN, FALLBACK] {
            let existing = world.memory.files(directory);
            for known in self.0.borrow().iter() {
                if known.directory == directory && !known.is_removed {
                    match existing.get(&known.name) {
                        None => world.fail(format!("{} has disappeared", known.name)),
                        Some(file) => {
                            if let Err(problem) = read(directory, &known.name, &file.bytes) {
                                world.fail(format!("{}: {problem}", known.name));
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the names of temporary files.
pub(super) fn temporary(world: &World, directory: &str) -> Vec<String> {
    let names = world.memory.files(directory).into_keys();
    names
        .filter(|name| file_names::is_temporary(name))
        .collect()
}

/// Reads a file that must be whole.
fn read(directory: &'static str, name: &str, bytes: &[u8]) -> Result<KnownFile, String> {
    let mut snapshots = Snapshots::new();
    snapshots
        .read(name, bytes)
        .map_err(|error| error.to_string())?;
    let [file] = snapshots.files() else {
        return Err("is not one snapshot".to_owned());
    };
    if let Some(damage) = file.damages.places().first() {
        return Err(damage.to_string());
    }
    let accounting = &file.accounting;
    let unreadable = accounting.unreadable().ok_or("has no end")?;
    if ttlog_reader::total(&unreadable) != 0 || accounting.surplus() != 0 {
        return Err(format!("its accounting is wrong: {accounting:?}"));
    }
    let events: HashSet<_> = (snapshots.events())
        .filter_map(|event| Some((event.writer(), event.seq()?)))
        .collect();
    if events.len() as u64 != ttlog_reader::total(&accounting.kept) {
        return Err(format!("{} events, but {accounting:?}", events.len()));
    }
    let header = &file.header;
    let moment_ticks = header.moment_ticks.ok_or("has no moment")?;
    let moment_ns = match snapshots.source(file).clock.time(moment_ticks) {
        Some(ttlog_reader::Time::Wall { unix_ns, .. }) => unix_ns,
        _ => 0,
    };
    Ok(KnownFile {
        directory,
        name: name.to_owned(),
        run: header.run_id.ok_or("has no run")?,
        kind: header.kind.ok_or("has no kind")?,
        reason: header.reason.clone().unwrap_or_default(),
        moment_ticks,
        moment_ns,
        complete_since_ticks: accounting.complete_since_ticks().ok_or("has no end")?,
        bytes: bytes.len(),
        written: crate::clock::now(),
        is_removed: false,
        is_in_progress: true,
        is_synced: true,
        events,
    })
}
