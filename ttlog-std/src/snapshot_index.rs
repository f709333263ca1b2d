//! The snapshots of a directory, kept in memory, so that each header is read once.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    io::Cursor,
    time::{Duration, SystemTime},
};

use rustix::io::Errno;
use ttlog_core::snapshot::FILE_MAGIC;
use ttlog_reader::{Summary, Time};

use crate::{
    file_names,
    file_system::DirectoryHandle,
    process_table::ProcessTable,
    sweep,
    worth::{OwnFile, Worth},
};

/// Minimum time between two listings of the directory.
const LIST_INTERVAL: Duration = Duration::from_secs(60);

/// Maximum number of headers to read for a snapshot, and maximum time. The others are read for the next
/// ones, or by the thread that lists the directory at the start.
const READ_MAX: usize = 1_000;
const READ_TIME: Duration = Duration::from_millis(5);

/// Maximum number of names of foreign files to keep, as hashes. Files over the limit are not opened.
const FOREIGN_MAX: usize = 1 << 18;

/// Number of bytes at the start of a file that hold most headers.
pub(crate) const HEAD_BYTES: usize = 8 << 10;
/// Number of bytes at the start of a file that hold all headers.
const HEAD_MAX_BYTES: usize = 72 << 10;

/// The snapshots in a directory.
#[derive(Debug)]
pub(crate) struct SnapshotIndex {
    service: String,
    own: Vec<OwnFile>,
    /// The name of the file that was written last.
    newest: String,
    /// Hashes of the names of files that are not of this service.
    foreign: HashSet<u64>,
    hasher: RandomState,
    /// Names of files whose headers have not been read, the newest last.
    unread: Vec<String>,
    listed: Option<SystemTime>,
}

impl SnapshotIndex {
    pub(crate) fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            own: Vec::new(),
            newest: String::new(),
            foreign: HashSet::new(),
            hasher: RandomState::new(),
            unread: Vec::new(),
            listed: None,
        }
    }

    /// Returns the snapshots of this service that are known.
    pub(crate) fn own(&self) -> &[OwnFile] {
        &self.own
    }

    /// Returns whether headers of listed files have not been read.
    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Adds a file that this process has just written.
    pub(crate) fn add_written(&mut self, file: OwnFile) {
        self.newest.clone_from(&file.name);
        self.add(file);
    }

    /// Returns the name of the file that this process has written last.
    pub(crate) fn newest(&self) -> &str {
        &self.newest
    }

    fn add(&mut self, file: OwnFile) {
        self.remove(&file.name);
        self.own.push(file);
    }

    /// Removes a file of this service that no longer exists.
    pub(crate) fn remove(&mut self, name: &str) {
        self.own.retain(|file| file.name != name);
    }

    /// Returns the worth of a file that is about to be written.
    pub(crate) fn worth_of_next(&self, next: &OwnFile) -> Worth {
        let is_crash = |file: &OwnFile| Worth::new(file.kind, false);
        let is_repeated = self.own.iter().any(|file| {
            file.run == next.run && file.reason == next.reason && is_crash(file) == is_crash(next)
        });
        Worth::new(next.kind, !is_repeated)
    }

    /// Lists the directory if that was not done in the last minute, and removes temporary files of
    /// processes that have ended.
    pub(crate) fn refresh(
        &mut self,
        directory: &dyn DirectoryHandle,
        processes: &dyn ProcessTable,
        now: SystemTime,
    ) -> Result<(), Errno> {
        let is_recent = self.listed.is_some_and(|listed| {
            // An error states that the clock was set back.
            now.duration_since(listed)
                .is_ok_and(|since| since < LIST_INTERVAL)
        });
        if !is_recent {
            self.list(directory, processes, now)?;
        }
        Ok(())
    }

    /// Reads headers of listed files for a limited time.
    pub(crate) fn read_some(
        &mut self,
        directory: &dyn DirectoryHandle,
        now: &dyn Fn() -> SystemTime,
    ) -> Result<(), Errno> {
        let start = now();
        for _ in 0..READ_MAX {
            let Some(name) = self.unread.pop() else { break };
            match self.read(directory, &name) {
                Ok(Some(file)) => self.add(file),
                Ok(None) => self.note_foreign(&name),
                // It was removed meanwhile.
                Err(Errno::NOENT) => {}
                Err(error) => {
                    // Not a fault of the file: it is read the next time.
                    self.unread.push(name);
                    return Err(error);
                }
            }
            // An error states that the clock was set back.
            if now()
                .duration_since(start)
                .map_or(true, |took| took > READ_TIME)
            {
                break;
            }
        }
        Ok(())
    }

    /// Adds what another index of the same directory has read. Both may know the same files.
    pub(crate) fn absorb(&mut self, other: Self) {
        let known: HashSet<_> = self.own.iter().map(|file| file.name.clone()).collect();
        let new = other.own.into_iter();
        self.own
            .extend(new.filter(|file| !known.contains(&file.name)));
        let known: HashSet<_> = self.own.iter().map(|file| &*file.name).collect();
        self.foreign.extend(other.foreign);
        self.unread.retain(|name| {
            !known.contains(&**name) && !self.foreign.contains(&self.hasher.hash_one(name))
        });
        if self.listed.is_none() {
            self.listed = other.listed;
            self.unread = other.unread;
        }
    }

    /// Creates an empty index that can be [absorbed](Self::absorb) by this one.
    pub(crate) fn sibling(&self) -> Self {
        Self {
            hasher: self.hasher.clone(),
            ..Self::new(&self.service)
        }
    }

    /// Forgets files of this service that do not exist any more.
    pub(crate) fn check(&mut self, directory: &dyn DirectoryHandle) {
        self.own
            .retain(|file| directory.status(&file.name) != Err(Errno::NOENT));
    }

    fn list(
        &mut self,
        directory: &dyn DirectoryHandle,
        processes: &dyn ProcessTable,
        now: SystemTime,
    ) -> Result<(), Errno> {
        let mut own: HashMap<_, _> = self.own.iter().map(|file| (&*file.name, false)).collect();
        let mut foreign = HashSet::new();
        let mut unread = Vec::new();
        let mut temporary = Vec::new();
        directory.list(&mut |name| {
            if file_names::is_temporary(name) {
                temporary.push(name.to_owned());
            } else if file_names::is_snapshot(name) {
                let hash = self.hasher.hash_one(name);
                if let Some(is_listed) = own.get_mut(name) {
                    *is_listed = true;
                } else if self.foreign.contains(&hash) {
                    foreign.insert(hash);
                } else if unread.len() + foreign.len() < FOREIGN_MAX {
                    unread.push(name.to_owned());
                }
            }
        })?;
        // The names of one process are in the order of their times.
        unread.sort_unstable();
        let is_listed: Vec<_> = self.own.iter().map(|file| own[&*file.name]).collect();
        let mut is_listed = is_listed.into_iter();
        self.own.retain(|_| is_listed.next().unwrap_or_default());
        self.foreign = foreign;
        self.unread = unread;
        self.listed = Some(now);
        sweep::sweep(directory, processes, &temporary, now);
        Ok(())
    }

    fn note_foreign(&mut self, name: &str) {
        if self.foreign.len() < FOREIGN_MAX {
            self.foreign.insert(self.hasher.hash_one(name));
        }
    }

    /// Reads a header. Returns `None` if the file is not of this service and of this user.
    fn read(&self, directory: &dyn DirectoryHandle, name: &str) -> Result<Option<OwnFile>, Errno> {
        let status = directory.status(name)?;
        if !status.is_regular || !status.is_own {
            return Ok(None);
        }
        let mut head = vec![0; HEAD_BYTES];
        let mut length = read_head(directory, name, &mut head)?;
        let mut summary = own_file(name, &head[..length], status.bytes);
        if summary.is_none() && length == head.len() && head.starts_with(&FILE_MAGIC) {
            head.resize(HEAD_MAX_BYTES, 0);
            length = read_head(directory, name, &mut head)?;
            summary = own_file(name, &head[..length], status.bytes);
        }
        Ok(summary
            .filter(|(service, _)| *service == self.service)
            .map(|(_, file)| file))
    }
}

/// Reads the start of a file. A file that cannot be read for a reason of its own has no start.
fn read_head(
    directory: &dyn DirectoryHandle,
    name: &str,
    buffer: &mut [u8],
) -> Result<usize, Errno> {
    match directory.read_head(name, buffer) {
        Err(error @ (Errno::NOENT | Errno::MFILE | Errno::NFILE)) => Err(error),
        Err(_) => Ok(0),
        read => read,
    }
}

/// Returns the service that the start of a file states, and the file's description.
pub(crate) fn own_file(name: &str, head: &[u8], bytes: u64) -> Option<(String, OwnFile)> {
    let summary = Summary::read_from(&mut Cursor::new(head)).ok()?;
    let moment_ns = match summary.moment() {
        Some(Time::Wall { unix_ns }) => unix_ns,
        _ => 0,
    };
    let file = OwnFile {
        name: name.to_owned(),
        run: summary.header.run_id,
        reason: summary.header.reason.unwrap_or_default(),
        kind: summary.header.kind,
        moment_ns,
        bytes,
    };
    // The reader has no value for an empty name.
    Some((summary.header.service.unwrap_or_default(), file))
}
