//! A directory of snapshots: its descriptor, a descriptor in reserve, and the files in it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use rustix::io::Errno;

use crate::{
    crash_room::CrashRoom,
    file_system::{DirectoryHandle, FileSystem, ReservedDescriptor, is_out_of_descriptors},
    os_file_system::OsFileSystem,
    process_info,
    process_table::{OsProcessTable, ProcessTable},
    retention::Retention,
    snapshot_index::SnapshotIndex,
    stderr::RepeatedProblem,
    used_names::UsedNames,
    worth::{self, OwnFile, Worth},
};

/// Returns the absolute path of the directory for snapshots. Default: `$TTLOG_DIR`, or `/tmp` if that is
/// not set.
pub(crate) fn path_or_default(path: Option<PathBuf>) -> PathBuf {
    let path = path
        .or_else(|| process_info::variable("TTLOG_DIR").map(Into::into))
        // A link is followed only here: on some systems /tmp is a link.
        .unwrap_or_else(|| fs::canonicalize("/tmp").unwrap_or_else(|_| "/tmp".into()));
    absolute(&path)
}

/// Returns the absolute path, which stays valid after the process has changed its directory.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // Joined from its components, the path has no slash at its end, which would follow a link.
    path.components().collect()
}

/// The operating system, as far as files need it.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    pub(crate) files: Arc<dyn FileSystem>,
    pub(crate) processes: Arc<dyn ProcessTable>,
}

impl Surroundings {
    pub(crate) fn of_system() -> Self {
        Self {
            files: Arc::new(OsFileSystem),
            processes: Arc::new(OsProcessTable::default()),
        }
    }
}

/// A directory of snapshots.
///
/// It is opened once, and again if its path names another directory: if it was made later, or removed and
/// made again. No lock is held while a call may wait for the disk, apart from that of the index, which
/// no snapshot waits for.
#[derive(Debug)]
pub(crate) struct SnapshotDirectory {
    path: PathBuf,
    service: String,
    surroundings: Surroundings,
    handle: Mutex<Option<Arc<dyn DirectoryHandle>>>,
    /// Dropped if a call finds no free descriptor, and taken again afterwards.
    reserve: Mutex<Vec<Box<dyn ReservedDescriptor>>>,
    index: Mutex<SnapshotIndex>,
    /// Files that were written while another thread used the index.
    unnoted: Mutex<Vec<OwnFile>>,
    pub(crate) used: UsedNames,
    /// Snapshots that could not be written.
    pub(crate) failures: RepeatedProblem,
    /// Files that may not survive a crash of the machine.
    pub(crate) unsynced: RepeatedProblem,
    /// `true` if the directory did not respond to the last snapshot.
    is_stuck: Arc<AtomicBool>,
    /// The files that a crash may remove, once the process is prepared for one.
    crash_room: OnceLock<Arc<CrashRoom>>,
}

/// An open directory.
#[derive(Clone, Debug)]
pub(crate) struct OpenDirectory {
    pub(crate) handle: Arc<dyn DirectoryHandle>,
    pub(crate) path: PathBuf,
}

impl SnapshotDirectory {
    /// Does not open the directory yet, because a disk that does not respond would be waited for.
    pub(crate) fn new(path: PathBuf, service: &str, surroundings: Surroundings) -> Self {
        Self {
            path,
            service: service.to_owned(),
            surroundings,
            handle: Mutex::new(None),
            reserve: Mutex::new(Vec::new()),
            index: Mutex::new(SnapshotIndex::new(service)),
            unnoted: Mutex::default(),
            used: UsedNames::default(),
            is_stuck: Arc::default(),
            crash_room: OnceLock::new(),
            failures: RepeatedProblem::default(),
            unsynced: RepeatedProblem::default(),
        }
    }

    /// Opens the directory, and takes a descriptor in reserve. If that fails, [`open`](Self::open) tries
    /// again for each snapshot.
    pub(crate) fn prepare(&self) {
        let _ = self.open();
        self.fill_reserve();
    }

    /// Notes whether the directory does not respond.
    pub(crate) fn set_stuck(&self, is_stuck: bool) {
        self.is_stuck.store(is_stuck, Ordering::Relaxed);
    }

    /// Returns whether the directory did not respond to the last snapshot.
    pub(crate) fn is_stuck(&self) -> bool {
        self.is_stuck.load(Ordering::Relaxed)
    }

    /// Returns what [`is_stuck`](Self::is_stuck) reads. A crash reads it too.
    pub(crate) fn stuck_flag(&self) -> &Arc<AtomicBool> {
        &self.is_stuck
    }

    /// Returns the files that a crash may remove. From now on they are kept up to date.
    pub(crate) fn crash_room(&self) -> &Arc<CrashRoom> {
        let room = self.crash_room.get_or_init(|| Arc::new(CrashRoom::new()));
        if let Some(index) = self.index() {
            self.note_crash_room(&index);
        }
        room
    }

    fn note_crash_room(&self, index: &SnapshotIndex) {
        if let Some(room) = self.crash_room.get() {
            room.note(
                worth::ordered(index.own())
                    .into_iter()
                    .map(|(_, file)| file),
            );
        }
    }

    /// Closes the directory, until the next snapshot opens it.
    pub(crate) fn close(&self) {
        let closed = lock(&self.handle).take();
        drop(closed);
    }

    /// Returns the absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.surroundings.files.now()
    }

    pub(crate) fn processes(&self) -> &dyn ProcessTable {
        &*self.surroundings.processes
    }

    /// Returns the open directory. Opens it if it is not open, or if its path names another one now.
    ///
    /// # Errors
    ///
    /// Returns the error of opening the path if there is no open directory.
    pub(crate) fn open(&self) -> Result<OpenDirectory, Errno> {
        let files = &self.surroundings.files;
        let held = lock(&self.handle).clone();
        let at_path = files.directory_id(&self.path);
        if let Some(handle) = &held
            && handle.id().is_ok_and(|id| at_path == Ok(id))
        {
            let (handle, path) = (Arc::clone(handle), self.path.clone());
            return Ok(OpenDirectory { handle, path });
        }
        match self.with_descriptor(|| files.open_directory(&self.path)) {
            Ok(opened) => {
                let handle: Arc<dyn DirectoryHandle> = opened.into();
                let former = lock(&self.handle).replace(Arc::clone(&handle));
                // Closed without the lock.
                drop((held, former));
                let path = self.path.clone();
                Ok(OpenDirectory { handle, path })
            }
            // The directory was moved, or its path cannot be reached any more.
            Err(error) => {
                let handle = held
                    .filter(|handle| handle.id() != Err(Errno::BADF))
                    .ok_or(error)?;
                let path = handle.path().unwrap_or_else(|| self.path.clone());
                Ok(OpenDirectory { handle, path })
            }
        }
    }

    /// Calls `call`, which takes a descriptor. If none is free, gives it the one in reserve. Calls it once
    /// more after another error, which may be of that moment only.
    pub(crate) fn with_descriptor<T>(
        &self,
        mut call: impl FnMut() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let mut is_retried = false;
        loop {
            match call() {
                Err(Errno::INTR) => {}
                // Several may be in reserve, and another thread may take what this one gives up.
                Err(error)
                    if is_out_of_descriptors(error) && lock(&self.reserve).pop().is_some() => {}
                Err(error) if error != Errno::EXIST && !is_retried => is_retried = true,
                result => return result,
            }
        }
    }

    /// Takes descriptors in reserve, if some are free: one, and another if the directory is not open.
    pub(crate) fn fill_reserve(&self) {
        let target = 1 + usize::from(lock(&self.handle).is_none());
        let mut reserve = lock(&self.reserve);
        reserve.retain(|descriptor| descriptor.is_held());
        while reserve.len() < target
            && let Ok(descriptor) = self.surroundings.files.reserve()
        {
            reserve.push(descriptor);
        }
        reserve.truncate(target);
    }

    /// Lists the directory: removes temporary files of processes that have ended, and reads the headers of
    /// all snapshots. Meanwhile, snapshots do not wait for it.
    pub(crate) fn scan(&self) {
        let Ok(OpenDirectory { handle, .. }) = self.open() else {
            return;
        };
        let mut scanned = lock(&self.index).sibling();
        let mut step = scanned.refresh(&*handle, self.processes(), self.now());
        while step.is_ok() && scanned.has_unread() {
            step = scanned.read_some(&*handle, &|| self.now());
        }
        // Some may have been removed since they were read.
        scanned.check(&*handle);
        let mut index = lock(&self.index);
        index.absorb(scanned);
        self.note_crash_room(&index);
    }

    /// Notes a file that was written, and removes the files that exceed the retention. Returns the number
    /// of removed files.
    ///
    /// Removes none if another thread uses the index: the next snapshot catches up.
    pub(crate) fn note_written(
        &self,
        directory: &OpenDirectory,
        file: OwnFile,
        retention: &Retention,
    ) -> u64 {
        let handle = &*directory.handle;
        let name = file.name.clone();
        lock(&self.unnoted).push(file);
        let Some(mut index) = self.index() else {
            return 0;
        };
        let now = self.now();
        // A directory that cannot be listed keeps its files.
        let _ = index.refresh(handle, self.processes(), now);
        if *retention == Retention::unlimited() {
            self.note_crash_room(&index);
            return 0;
        }
        let _ = index.read_some(handle, &|| self.now());
        // Another thread may have written a file since, and it may have been listed here.
        self.note_all(&mut index);
        let fresh = [&*name, index.newest()];
        let excess = retention.excess(index.own(), &fresh, now);
        let excess: Vec<_> = excess.into_iter().map(|file| file.name.clone()).collect();
        let removed = excess
            .iter()
            .map(|name| u64::from(remove(&mut index, handle, name)))
            .sum();
        self.note_crash_room(&index);
        removed
    }

    /// Removes the file of least worth if it is not worth more than `limit`. Returns its size, or `None` if
    /// there is no such file.
    pub(crate) fn make_room(&self, directory: &OpenDirectory, limit: Worth) -> Option<u64> {
        let handle = &*directory.handle;
        let mut shared = self.index();
        let mut own;
        let index = match &mut shared {
            Some(index) => &mut **index,
            // Another thread reads headers, perhaps many of them.
            None => {
                own = SnapshotIndex::new(&self.service);
                &mut own
            }
        };
        let _ = index.refresh(handle, self.processes(), self.now());
        loop {
            let least = worth::ordered(index.own()).into_iter().next();
            let least = least.filter(|(worth, _)| *worth <= limit);
            if let Some((_, file)) = least {
                let (name, bytes) = (file.name.clone(), file.bytes);
                if remove(index, handle, &name) {
                    return Some(bytes);
                }
            } else if !index.has_unread() || index.read_some(handle, &|| self.now()).is_err() {
                return None;
            }
        }
    }

    /// Returns the worth of a file that is about to be written.
    pub(crate) fn worth_of_next(&self, next: &OwnFile) -> Worth {
        self.index().map_or(Worth::new(next.kind, true), |index| {
            index.worth_of_next(next)
        })
    }

    /// Returns the index, if no other thread uses it.
    fn index(&self) -> Option<MutexGuard<'_, SnapshotIndex>> {
        let mut index = match self.index.try_lock() {
            Ok(index) => index,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        self.note_all(&mut index);
        Some(index)
    }

    /// Adds the files that were written while another thread used the index.
    fn note_all(&self, index: &mut SnapshotIndex) {
        for file in lock(&self.unnoted).drain(..) {
            index.add_written(file);
        }
    }
}

/// Removes a file, and returns whether that was done. If not, the file is forgotten until the next
/// listing.
fn remove(index: &mut SnapshotIndex, directory: &dyn DirectoryHandle, name: &str) -> bool {
    index.remove(name);
    directory.unlink(name).is_ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
