//! The memory, the texts and the directories that the snapshot of a crash needs, made in advance.

use std::{
    ffi::{CStr, CString},
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::Path,
    process,
    sync::{Arc, Mutex, MutexGuard, TryLockError},
    thread,
    time::Duration,
};

use rustix::{
    fs::{CWD, Mode, OFlags},
    io::Errno,
};

use crate::{
    encode_buffers::EncodeBuffers, limited_thread::LimitedThread, process_info::ProcessInfo,
    process_table::ProcessName, snapshot_store::SnapshotStore,
};

/// Maximum time that the start waits until the directories are open.
const OPEN_LIMIT: Duration = Duration::from_secs(1);

const DIRECTORY_FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// The preparation for a crash. The newest recorder has made it.
static CONTEXT: Mutex<Option<CrashContext>> = Mutex::new(None);

/// All that a crash needs besides the ring.
pub(crate) struct CrashContext {
    pub(crate) buffers: EncodeBuffers,
    pub(crate) process: ProcessInfo,
    name: ProcessName,
    /// The directory, and the fallback directory.
    pub(crate) directories: [Option<CrashDirectory>; 2],
    /// Closed if no descriptor is free.
    pub(crate) reserve: Option<OwnedFd>,
}

impl CrashContext {
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
}

impl CrashDirectory {
    fn new(path: &Path) -> Option<Self> {
        // A path of the system has no zero in it.
        let path = CString::new(path.as_os_str().as_bytes()).ok()?;
        Some(Self {
            held: open(&path).ok(),
            path,
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

/// Prepares for a crash of the process: opens the directories of a recorder, and allocates the buffers once. A
/// thread does so, and is waited for within a limit, because a directory may not respond.
pub(crate) fn prepare(store: &Arc<SnapshotStore>) {
    let store = Arc::clone(store);
    let thread = LimitedThread::spawn("ttlog-open", move || {
        let directory = |path| CrashDirectory::new(path);
        let fallback = store.fallback.as_ref();
        let directories = [
            directory(store.directory.path()),
            fallback.and_then(|fallback| directory(fallback.path())),
        ];
        let reserve = rustix::fs::openat(CWD, c"/", DIRECTORY_FLAGS, Mode::empty()).ok();
        let name = store.directory.processes().this();
        // A crash that is being saved keeps what it uses.
        if let Some(mut context) = lock_within_limit() {
            let before = context.take();
            *context = Some(CrashContext {
                buffers: before.map_or_else(EncodeBuffers::new, |before| before.buffers),
                process: store.process.clone(),
                name,
                directories,
                reserve,
            });
        }
    });
    if let Ok(thread) = thread {
        let _ = thread.join_within(OPEN_LIMIT);
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
