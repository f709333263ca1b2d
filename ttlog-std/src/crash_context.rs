//! The memory, the texts and the directories that the snapshot of a crash needs, made in advance.

use std::{
    ffi::{CStr, CString},
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    process,
    sync::{
        Arc, Mutex, MutexGuard, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::{
    fs::{CWD, Mode, OFlags},
    io::Errno,
};

use crate::{
    crash_room::CrashRoom, encode_buffers::EncodeBuffers, limited_thread::LimitedThread,
    process_info::ProcessInfo, process_table::ProcessName, snapshot_directory::SnapshotDirectory,
    snapshot_store::SnapshotStore,
};

/// Maximum time that the start waits until the directories are open.
const OPEN_LIMIT: Duration = Duration::from_secs(1);

const DIRECTORY_FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Number of directories: the directory, and the fallback directory.
pub(crate) const DIRECTORIES: usize = 2;

/// The preparation for a crash. The newest recorder has made it.
static CONTEXT: Mutex<Option<CrashContext>> = Mutex::new(None);

/// All that a crash needs besides the ring.
pub(crate) struct CrashContext {
    /// `None` only while a newer preparation takes them over.
    pub(crate) buffers: Option<EncodeBuffers>,
    pub(crate) process: ProcessInfo,
    name: ProcessName,
    /// The directory, and the fallback directory.
    pub(crate) directories: [Option<CrashDirectory>; DIRECTORIES],
    /// Closed if no descriptor is free.
    pub(crate) reserve: Option<OwnedFd>,
}

impl CrashContext {
    /// Returns the places of the directories in the order in which they are tried. One that did not respond to the
    /// last snapshot is the last.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        let is_stuck = |place: &usize| {
            let directory = self.directories.get(*place).and_then(Option::as_ref);
            directory.map(|directory| directory.is_stuck.load(Ordering::Relaxed))
        };
        let of =
            move |wanted| (0..DIRECTORIES).filter(move |place| is_stuck(place) == Some(wanted));
        of(false).chain(of(true))
    }

    /// Returns the name of this process, for the name of a file that is being written.
    pub(crate) fn process_name(&self, pid: u32) -> ProcessName {
        if self.name.pid == pid {
            return self.name;
        }
        // A child process after `fork`, whose start is not known.
        ProcessName {
            pid,
            start: 0,
            ..self.name
        }
    }
}

/// A directory for snapshots.
pub(crate) struct CrashDirectory {
    path: CString,
    /// The directory as it was at the start. It is used if its path does not lead to a directory any more.
    held: Option<OwnedFd>,
    /// The files that may be removed if the disk is full.
    pub(crate) room: Arc<CrashRoom>,
    is_stuck: Arc<AtomicBool>,
}

impl CrashDirectory {
    /// Does not open the directory, because a disk that does not respond would be waited for.
    fn new(directory: &SnapshotDirectory) -> Option<Self> {
        Some(Self {
            // A path of the system has no zero in it.
            path: CString::new(directory.path().as_os_str().as_bytes()).ok()?,
            held: None,
            room: Arc::clone(directory.crash_room()),
            is_stuck: Arc::clone(directory.stuck_flag()),
        })
    }

    /// Returns the path.
    pub(crate) fn path(&self) -> &CStr {
        &self.path
    }

    /// Opens the directory that the path leads to now.
    pub(crate) fn open(&self) -> Result<OwnedFd, Errno> {
        open(&self.path)
    }

    /// Returns the directory of the start.
    pub(crate) fn held(&self) -> Option<&OwnedFd> {
        self.held.as_ref()
    }
}

fn open(path: &CStr) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(CWD, path, DIRECTORY_FLAGS, Mode::empty())
}

/// Prepares for a crash of the process: allocates the buffers once, and opens the directories of a recorder. A
/// thread opens them, and is waited for within a limit, because a directory may not respond.
pub(crate) fn prepare(store: &SnapshotStore) {
    let fallback = store.fallback.as_ref();
    let directories = [
        CrashDirectory::new(&store.directory),
        fallback.and_then(CrashDirectory::new),
    ];
    let paths = directories
        .each_ref()
        .map(|directory| directory.as_ref().map(|directory| directory.path.clone()));
    let mut context = CrashContext {
        buffers: None,
        process: store.process.clone(),
        name: store.directory.processes().this(),
        directories,
        reserve: rustix::fs::openat(CWD, c"/", DIRECTORY_FLAGS, Mode::empty()).ok(),
    };
    // A crash that is being saved keeps what it uses.
    let Some(mut slot) = lock_within_limit() else {
        return;
    };
    let mut before = slot.take();
    let buffers = before.as_mut().and_then(|before| before.buffers.take());
    context.buffers = Some(buffers.unwrap_or_else(EncodeBuffers::new));
    *slot = Some(context);
    drop(slot);
    let thread = LimitedThread::spawn("ttlog-open", move || {
        // To close a directory may take as long.
        drop(before);
        // The fallback directory first: the other one may never respond.
        for path in paths.iter().rev().flatten() {
            hold(path);
        }
    });
    if let Ok(thread) = thread {
        let _ = thread.join_within(OPEN_LIMIT);
    }
}

/// Opens a directory, and keeps it for a crash.
fn hold(path: &CStr) {
    let Ok(opened) = open(path) else { return };
    if let Some(mut context) = lock_within_limit() {
        let directories = context.iter_mut().flat_map(|it| &mut it.directories);
        let mut directories = directories.flatten();
        // A newer recorder may have another directory.
        if let Some(directory) = directories.find(|directory| directory.path() == path) {
            directory.held = Some(opened);
        }
    }
}

/// Closes the directories, which would keep their file systems from being unmounted. A crash opens them by
/// their paths.
pub(crate) fn close_directories() {
    if let Some(mut context) = lock_within_limit()
        && let Some(context) = &mut *context
        // The directories of a parent process are open there too.
        && context.name.pid == process::id()
    {
        for directory in context.directories.iter_mut().flatten() {
            directory.held = None;
        }
    }
}

/// Returns the preparation. Waits for a limited time. Makes only calls that are allowed in a signal handler.
pub(crate) fn lock_within_limit() -> Option<MutexGuard<'static, Option<CrashContext>>> {
    const ATTEMPTS: u32 = 100;
    const SLEEP: Duration = Duration::from_millis(1);
    for _ in 0..ATTEMPTS {
        match CONTEXT.try_lock() {
            Ok(context) => return Some(context),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => thread::sleep(SLEEP),
        }
    }
    None
}
