//! Room for the snapshot of a crash on a full disk: older snapshots of the service, which it may remove.
//!
//! A signal handler cannot list a directory and read the headers of its files. So the names are noted while the
//! program runs, each time when the files of the directory have changed.

use std::{
    os::fd::BorrowedFd,
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
};

use rustix::fs::AtFlags;

use crate::{fixed_text::FixedText, worth::OwnFile};

/// Maximum number of files that a crash removes.
const FILES_MAX: usize = 16;
/// Maximum length of a name. Names of snapshots are shorter.
const NAME_MAX_BYTES: usize = 112;

/// The names of files that a crash may remove.
#[derive(Debug)]
pub(crate) struct CrashRoom {
    /// The file of most worth is the first. The capacity is not exceeded.
    names: Mutex<Vec<FixedText<NAME_MAX_BYTES>>>,
}

impl CrashRoom {
    pub(crate) fn new() -> Self {
        Self {
            names: Mutex::new(Vec::with_capacity(FILES_MAX)),
        }
    }

    /// Notes the files, the one of least worth first. Those behind the first sixteen stay in any case.
    pub(crate) fn note<'a>(&self, files: impl Iterator<Item = &'a OwnFile>) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.clear();
        let fitting = files.filter(|file| file.name.len() <= NAME_MAX_BYTES);
        names.extend(
            fitting
                .take(FILES_MAX)
                .map(|file| FixedText::new(format_args!("{}", file.name))),
        );
        names.reverse();
    }

    /// Removes the file of least worth from its directory. Returns `false` if there is none that can be removed.
    /// Makes only calls that are allowed in a signal handler, and waits for no lock.
    pub(crate) fn remove_next(&self, directory: BorrowedFd<'_>) -> bool {
        let Some(mut names) = self.try_lock() else {
            return false;
        };
        while let Some(name) = names.pop() {
            // It may have been removed meanwhile.
            if rustix::fs::unlinkat(directory, name.as_str(), AtFlags::empty()).is_ok() {
                return true;
            }
        }
        false
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Vec<FixedText<NAME_MAX_BYTES>>>> {
        match self.names.try_lock() {
            Ok(names) => Some(names),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        os::fd::AsFd,
    };

    use super::*;

    fn file(name: &str) -> OwnFile {
        OwnFile {
            name: name.to_owned(),
            run: None,
            reason: String::new(),
            kind: None,
            moment_ns: 0,
            bytes: 0,
        }
    }

    #[test]
    fn the_first_files_are_removed_in_order_and_the_others_stay() {
        let directory = tempfile::tempdir().unwrap();
        let handle = File::open(directory.path()).unwrap();
        let files: Vec<_> = (0..20).map(|number| file(&format!("{number}"))).collect();
        // The second one is gone when its turn comes.
        for file in files.iter().filter(|file| file.name != "1") {
            File::create(directory.path().join(&file.name)).unwrap();
        }
        let room = CrashRoom::new();
        room.note(files.iter());
        for expected in ["0", "2"] {
            assert!(room.remove_next(handle.as_fd()));
            assert!(!fs::exists(directory.path().join(expected)).unwrap());
        }
        while room.remove_next(handle.as_fd()) {}
        let left = fs::read_dir(directory.path()).unwrap();
        let mut left: Vec<_> = left
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["16", "17", "18", "19"]);
    }

    #[test]
    fn a_name_that_is_too_long_is_not_cut() {
        let directory = tempfile::tempdir().unwrap();
        let handle = File::open(directory.path()).unwrap();
        let long = "x".repeat(NAME_MAX_BYTES + 1);
        File::create(directory.path().join(&long[1..])).unwrap();
        let room = CrashRoom::new();
        room.note([file(&long)].iter());
        assert!(!room.remove_next(handle.as_fd()));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_thread_that_crashed_while_it_noted_names_is_not_waited_for() {
        let room = CrashRoom::new();
        let _held = room.names.lock().unwrap();
        let directory = File::open("/").unwrap();
        assert!(!room.remove_next(directory.as_fd()));
    }
}
