//! Descriptors that the library opens, in a process whose other code may close any descriptor.
//!
//! A program that becomes a daemon often closes all descriptors, those of its libraries included. The
//! system then gives their numbers to the next files that the program opens. So a number alone does not
//! tell whose file it is, and a [`Descriptor`] remembers the file.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};

use rustix::{fs::Stat, io::Errno};

use crate::file_system::FileId;

/// The lowest number of a descriptor. Programs print to the numbers below, even if they have closed them.
const NUMBER_MIN: i32 = 3;

/// A descriptor, and the file that it was opened for.
///
/// If the program has closed it, its number is not used, and dropping it does not close the program's
/// file. A program that closes descriptors while another thread uses them can still damage its own files:
/// the number may change its meaning between the check and the use. A file that the program has opened
/// itself, under the same number, counts as the library's.
#[derive(Debug)]
pub(crate) struct Descriptor {
    /// `None` while the value is dropped.
    fd: Option<OwnedFd>,
    /// `None` if the system did not tell. Then the number is trusted.
    id: Option<FileId>,
}

impl Descriptor {
    /// Takes a descriptor that was just opened. Moves it to a number of 3 or more if one is free.
    pub(crate) fn new(opened: OwnedFd) -> Self {
        let mut fd = opened;
        if is_standard(&fd)
            && let Ok(moved) = rustix::io::fcntl_dupfd_cloexec(&fd, NUMBER_MIN)
        {
            fd = moved;
        }
        let id = cached_id(&fd).ok();
        Self { fd: Some(fd), id }
    }

    /// Takes the descriptor of a new, empty file. Removes what other threads have printed into it before
    /// it had a number of 3 or more.
    pub(crate) fn of_new_file(opened: OwnedFd) -> Self {
        let was_standard = is_standard(&opened);
        let this = Self::new(opened);
        if was_standard && let Ok(fd) = this.get() {
            let _ = rustix::fs::ftruncate(fd, 0);
            let _ = rustix::fs::seek(fd, rustix::fs::SeekFrom::Start(0));
        }
        this
    }

    /// Returns the descriptor.
    ///
    /// # Errors
    ///
    /// Returns [`Errno::BADF`] if the program has closed it. The number may be another file's now.
    pub(crate) fn get(&self) -> Result<BorrowedFd<'_>, Errno> {
        let fd = self.fd.as_ref().ok_or(Errno::BADF)?;
        match (self.id, cached_id(fd)) {
            (_, Err(Errno::BADF)) => Err(Errno::BADF),
            (Some(expected), Ok(current)) if current != expected => Err(Errno::BADF),
            // The call may be forbidden.
            _ => Ok(fd.as_fd()),
        }
    }

    /// Returns the file.
    ///
    /// # Errors
    ///
    /// Returns [`Errno::BADF`] if the program has closed the descriptor, and the error of the system if it
    /// does not tell.
    pub(crate) fn id(&self) -> Result<FileId, Errno> {
        Ok(id(&rustix::fs::fstat(self.get()?)?))
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if self.get().is_err() {
            // The number is the program's.
            let _ = self.fd.take().map(IntoRawFd::into_raw_fd);
        }
    }
}

fn is_standard(fd: &OwnedFd) -> bool {
    fd.as_raw_fd() < NUMBER_MIN
}

/// Returns the file of a descriptor. Does not wait for a disk or a network if the system can tell without.
fn cached_id(fd: &OwnedFd) -> Result<FileId, Errno> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, StatxFlags};
        let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
        match rustix::fs::statx(fd, "", flags, StatxFlags::INO) {
            Ok(stat) => {
                return Ok(FileId {
                    device: rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor),
                    inode: stat.stx_ino,
                });
            }
            Err(Errno::BADF) => return Err(Errno::BADF),
            // The call may be unknown or forbidden.
            Err(_) => {}
        }
    }
    Ok(id(&rustix::fs::fstat(fd)?))
}

/// Returns the identity of a file with this status.
pub(crate) fn id(stat: &Stat) -> FileId {
    FileId {
        device: stat.st_dev,
        inode: stat.st_ino,
    }
}
