//! A file system in memory, for tests: its disk can be full, its calls can fail, and it can crash.
//!
//! ```text
//! let memory = MemoryFileSystem::new(&["/snapshots", "/fallback"]);
//! memory.set(|state| state.directory("/snapshots").capacity_bytes = 10_000);
//! memory.set(|state| state.faults.push(Fault::every(Call::Rename, Errno::PERM)));
//! let store = ...; // uses memory.surroundings()
//! memory.files("/snapshots"); // names and contents
//! memory.power_cut(|_| false); // content that was not synced is lost
//! ```

mod handles;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::io::Errno;

use crate::{process_table::ProcessName, snapshot_directory::Surroundings};

/// A call to the file system.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Call {
    OpenDirectory,
    DirectoryId,
    Reserve,
    HandleId,
    List,
    Status,
    ReadHead,
    Create,
    RenameNew,
    Rename,
    Link,
    Unlink,
    FileId,
    Write,
    Sync,
    SetMode,
}

impl Call {
    pub(crate) const ALL: [Self; 16] = [
        Self::OpenDirectory,
        Self::DirectoryId,
        Self::Reserve,
        Self::HandleId,
        Self::List,
        Self::Status,
        Self::ReadHead,
        Self::Create,
        Self::RenameNew,
        Self::Rename,
        Self::Link,
        Self::Unlink,
        Self::FileId,
        Self::Write,
        Self::Sync,
        Self::SetMode,
    ];
}

/// An error that calls return instead of doing anything.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The kind of call; `None` for all.
    pub(crate) call: Option<Call>,
    /// The first path that the calls are about; `None` for all.
    pub(crate) directory: Option<PathBuf>,
    /// Number of matching calls that succeed before.
    pub(crate) after: u64,
    /// Number of calls that fail then.
    pub(crate) times: u64,
    pub(crate) error: Errno,
}

impl Fault {
    /// Fails each call of a kind.
    pub(crate) fn every(call: Call, error: Errno) -> Self {
        Self {
            call: Some(call),
            directory: None,
            after: 0,
            times: u64::MAX,
            error,
        }
    }

    /// Fails one call: the first if `after` is 0.
    pub(crate) fn once(after: u64, error: Errno) -> Self {
        Self {
            call: None,
            directory: None,
            after,
            times: 1,
            error,
        }
    }

    /// Limits the fault to a directory.
    pub(crate) fn of_directory(mut self, path: &str) -> Self {
        self.directory = Some(path.into());
        self
    }
}

/// Functions that observe a file system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observer {
    /// Called when a call begins.
    pub(crate) begins: fn(Call),
    /// Called when a name has been given to a file, before other calls.
    pub(crate) named: fn(&Path, &str),
    /// Called before a name is removed.
    pub(crate) removes: fn(&Path, &str),
}

/// A file system in memory. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct MemoryFileSystem(Arc<Mutex<MemoryState>>);

/// The state of a file system in memory.
#[derive(Debug)]
pub(crate) struct MemoryState {
    /// The wall clock. Each call adds `latency`.
    pub(crate) now: SystemTime,
    pub(crate) latency: Duration,
    /// Maximum number of descriptors.
    pub(crate) descriptors_max: usize,
    /// Maximum size of a file.
    pub(crate) file_max_bytes: u64,
    pub(crate) faults: Vec<Fault>,
    /// Number of further calls after which the process is dead: then no call does anything.
    pub(crate) dies_after: Option<u64>,
    /// The calls so far.
    pub(crate) calls: Vec<Call>,
    /// Called before each call, and before each change of the names of snapshots. May use the file system.
    pub(crate) observer: Option<Observer>,
    /// The process that uses the file system.
    pub(crate) this: ProcessName,
    /// Other processes that are running.
    pub(crate) running: Vec<ProcessName>,
    pub(crate) boot_time: Option<SystemTime>,
    descriptors: usize,
    paths: BTreeMap<PathBuf, u64>,
    directories: BTreeMap<u64, MemoryDirectory>,
    files: BTreeMap<u64, MemoryFile>,
    next_id: u64,
}

/// A directory, with a disk of its own.
#[derive(Debug)]
pub(crate) struct MemoryDirectory {
    pub(crate) capacity_bytes: u64,
    pub(crate) is_read_only: bool,
    is_removed: bool,
    names: BTreeMap<String, u64>,
}

/// A file.
#[derive(Clone, Debug)]
pub(crate) struct MemoryFile {
    pub(crate) bytes: Vec<u8>,
    /// Number of bytes that a power cut does not lose.
    pub(crate) synced_bytes: usize,
    pub(crate) mode: u32,
    pub(crate) modified: SystemTime,
    pub(crate) is_own: bool,
    /// `false` for a pipe, which cannot be read.
    pub(crate) is_regular: bool,
    /// Number of names and of open handles.
    references: usize,
    directory: u64,
}

impl MemoryFileSystem {
    pub(crate) fn new(directories: &[&str]) -> Self {
        let this = Self(Arc::new(Mutex::new(MemoryState {
            now: UNIX_EPOCH + Duration::from_hours(24 * 365 * 56),
            latency: Duration::ZERO,
            descriptors_max: usize::MAX,
            file_max_bytes: u64::MAX,
            faults: Vec::new(),
            dies_after: None,
            calls: Vec::new(),
            observer: None,
            this: ProcessName {
                pid: std::process::id(),
                start: 1_000,
                scope: 1,
            },
            running: Vec::new(),
            boot_time: Some(UNIX_EPOCH),
            descriptors: 0,
            paths: BTreeMap::new(),
            directories: BTreeMap::new(),
            files: BTreeMap::new(),
            next_id: 0,
        })));
        for path in directories {
            this.set(|state| state.make_directory(path));
        }
        this
    }

    pub(crate) fn surroundings(&self) -> Surroundings {
        Surroundings {
            files: Arc::new(self.clone()),
            processes: Arc::new(self.clone()),
        }
    }

    /// Reads or changes the state.
    pub(crate) fn set<T>(&self, change: impl FnOnce(&mut MemoryState) -> T) -> T {
        change(&mut self.lock())
    }

    /// Returns the files of a directory, by name.
    pub(crate) fn files(&self, directory: &str) -> BTreeMap<String, MemoryFile> {
        let mut state = self.lock();
        let names = state.directory(directory).names.clone();
        let file = |id: u64| state.files[&id].clone();
        names
            .into_iter()
            .map(|(name, id)| (name, file(id)))
            .collect()
    }

    /// Returns a file.
    pub(crate) fn file(&self, directory: &str, name: &str) -> Option<MemoryFile> {
        let mut state = self.lock();
        let id = *state.directory(directory).names.get(name)?;
        state.files.get(&id).cloned()
    }

    /// Ends the process, and starts another one. Faults are gone, files stay as they are.
    pub(crate) fn kill(&self) {
        let mut state = self.lock();
        state.faults.clear();
        state.dies_after = None;
        state.this.start += 1;
    }

    /// Ends the process, and loses content that was not synced. `keeps` returns whether such content of a
    /// file stays all the same.
    pub(crate) fn power_cut(&self, mut keeps: impl FnMut(&str) -> bool) {
        self.kill();
        let state = &mut *self.lock();
        state.this.scope += 1;
        state.boot_time = Some(state.now);
        for (name, id) in state.directories.values().flat_map(|each| &each.names) {
            if let Some(file) = state.files.get_mut(id)
                && !keeps(name)
            {
                file.bytes.truncate(file.synced_bytes);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, MemoryState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a call. Returns the state, or the error of a fault.
    fn call(
        &self,
        call: Call,
        directory: Option<u64>,
    ) -> Result<MutexGuard<'_, MemoryState>, Errno> {
        if let Some(observer) = self.observer() {
            (observer.begins)(call);
        }
        let mut state = self.lock();
        state.begin(call, directory)?;
        Ok(state)
    }

    fn observer(&self) -> Option<Observer> {
        self.lock().observer
    }
}

impl MemoryState {
    /// Returns a directory that exists.
    pub(crate) fn directory(&mut self, path: &str) -> &mut MemoryDirectory {
        let id = self.paths[Path::new(path)];
        self.directories.get_mut(&id).expect("the path exists")
    }

    pub(crate) fn make_directory(&mut self, path: &str) {
        let id = self.id();
        self.paths.insert(path.into(), id);
        self.directories.insert(
            id,
            MemoryDirectory {
                capacity_bytes: u64::MAX,
                is_read_only: false,
                is_removed: false,
                names: BTreeMap::new(),
            },
        );
    }

    /// Removes an empty directory.
    pub(crate) fn remove_directory(&mut self, path: &str) {
        self.directory(path).is_removed = true;
        self.paths.remove(Path::new(path));
    }

    pub(crate) fn move_directory(&mut self, from: &str, to: &str) {
        let id = self.paths.remove(Path::new(from)).expect("the path exists");
        self.paths.insert(to.into(), id);
    }

    /// Adds a file of this user.
    pub(crate) fn add_file(
        &mut self,
        directory: &str,
        name: &str,
        bytes: &[u8],
    ) -> &mut MemoryFile {
        let directory = self.paths[Path::new(directory)];
        let id = self.create(directory, name).expect("the name is free");
        let file = self.files.get_mut(&id).expect("it was created");
        file.bytes = bytes.to_vec();
        file.synced_bytes = bytes.len();
        file
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    fn begin(&mut self, call: Call, directory: Option<u64>) -> Result<(), Errno> {
        self.now += self.latency;
        self.calls.push(call);
        match &mut self.dies_after {
            Some(0) => return Err(Errno::IO),
            Some(calls) => *calls -= 1,
            None => {}
        }
        let path = self.paths.iter().find(|(_, id)| Some(**id) == directory);
        let path = path.map(|(path, _)| path.clone());
        for fault in &mut self.faults {
            let is_met = fault.call.is_none_or(|each| each == call)
                && (fault.directory.is_none() || fault.directory == path);
            if !is_met {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
            } else if fault.times > 0 {
                fault.times -= 1;
                return Err(fault.error);
            }
        }
        Ok(())
    }

    /// Takes a descriptor.
    fn take_descriptor(&mut self) -> Result<(), Errno> {
        self.has_descriptor()?;
        self.descriptors += 1;
        Ok(())
    }

    fn has_descriptor(&self) -> Result<(), Errno> {
        if self.descriptors >= self.descriptors_max {
            return Err(Errno::MFILE);
        }
        Ok(())
    }

    fn names(&mut self, directory: u64) -> Result<&mut BTreeMap<String, u64>, Errno> {
        let directory = self.directories.get_mut(&directory).ok_or(Errno::NOENT)?;
        if directory.is_removed {
            return Err(Errno::NOENT);
        }
        Ok(&mut directory.names)
    }

    /// Returns the names of a directory that can be changed.
    fn names_to_change(&mut self, directory: u64) -> Result<&mut BTreeMap<String, u64>, Errno> {
        if self
            .directories
            .get(&directory)
            .is_some_and(|each| each.is_read_only)
        {
            return Err(Errno::ROFS);
        }
        self.names(directory)
    }

    fn create(&mut self, directory: u64, name: &str) -> Result<u64, Errno> {
        let id = self.id();
        let names = self.names_to_change(directory)?;
        if names.contains_key(name) {
            return Err(Errno::EXIST);
        }
        names.insert(name.to_owned(), id);
        self.files.insert(
            id,
            MemoryFile {
                bytes: Vec::new(),
                synced_bytes: 0,
                mode: 0,
                modified: self.now,
                is_own: true,
                is_regular: true,
                references: 1,
                directory,
            },
        );
        Ok(id)
    }

    fn release(&mut self, id: u64) {
        if let Some(file) = self.files.get_mut(&id) {
            file.references -= 1;
            if file.references == 0 {
                self.files.remove(&id);
            }
        }
    }

    fn free_bytes(&self, directory: u64) -> u64 {
        let used: usize = self
            .files
            .values()
            .filter(|file| file.directory == directory)
            .map(|file| file.bytes.len())
            .sum();
        let capacity = self.directories[&directory].capacity_bytes;
        capacity.saturating_sub(used as u64)
    }
}
