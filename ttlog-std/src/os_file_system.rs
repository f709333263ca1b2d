//! The file system of the operating system.

use std::{
    fs::{self, File},
    os::fd::{AsRawFd, OwnedFd},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, Stat},
    io::Errno,
};

use crate::file_system::{
    DirectoryHandle, FileHandle, FileId, FileStatus, FileSystem, ReservedDescriptor,
};

/// The file system of the operating system.
#[derive(Debug)]
pub(crate) struct OsFileSystem;

const DIRECTORY_FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl FileSystem for OsFileSystem {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn open_directory(&self, path: &Path) -> Result<Box<dyn DirectoryHandle>, Errno> {
        let fd = rustix::fs::open(path, DIRECTORY_FLAGS, Mode::empty())?;
        Ok(Box::new(OsDirectory(fd)))
    }

    fn directory_id(&self, path: &Path) -> Result<FileId, Errno> {
        let stat = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            Ok(id(&stat))
        } else {
            Err(Errno::NOTDIR)
        }
    }

    fn reserve(&self) -> Result<Box<dyn ReservedDescriptor>, Errno> {
        let fd = rustix::fs::open("/", DIRECTORY_FLAGS, Mode::empty())?;
        Ok(Box::new(OsReserved(fd)))
    }
}

#[derive(Debug)]
struct OsReserved(#[expect(dead_code, reason = "held only")] OwnedFd);

impl ReservedDescriptor for OsReserved {}

#[derive(Debug)]
struct OsDirectory(OwnedFd);

impl DirectoryHandle for OsDirectory {
    fn id(&self) -> Result<FileId, Errno> {
        Ok(id(&rustix::fs::fstat(&self.0)?))
    }

    fn path(&self) -> Option<PathBuf> {
        fs::read_link(format!("/proc/self/fd/{}", self.0.as_raw_fd())).ok()
    }

    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), Errno> {
        for entry in rustix::fs::Dir::read_from(&self.0)? {
            if let Ok(name) = entry?.file_name().to_str() {
                each(name);
            }
        }
        Ok(())
    }

    fn status(&self, name: &str) -> Result<FileStatus, Errno> {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(FileStatus {
            id: id(&stat),
            is_regular: FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile,
            is_own: stat.st_uid == rustix::process::geteuid().as_raw(),
            bytes: u64::try_from(stat.st_size).unwrap_or_default(),
            modified: time(stat.st_mtime, stat.st_mtime_nsec as u32),
        })
    }

    fn read_head(&self, name: &str, buffer: &mut [u8]) -> Result<usize, Errno> {
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.0, name, flags, Mode::empty())?;
        let mut length = 0;
        while length < buffer.len() {
            match rustix::io::read(&fd, &mut buffer[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(length)
    }

    fn create(&self, name: &str) -> Result<Box<dyn FileHandle>, Errno> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.0, name, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Box::new(OsFile(fd.into())))
    }

    fn rename_new(&self, from: &str, to: &str) -> Result<(), Errno> {
        rustix::fs::renameat_with(&self.0, from, &self.0, to, RenameFlags::NOREPLACE)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Errno> {
        rustix::fs::renameat(&self.0, from, &self.0, to)
    }

    fn link(&self, from: &str, to: &str) -> Result<(), Errno> {
        rustix::fs::linkat(&self.0, from, &self.0, to, AtFlags::empty())
    }

    fn unlink(&self, name: &str) -> Result<(), Errno> {
        rustix::fs::unlinkat(&self.0, name, AtFlags::empty())
    }
}

#[derive(Debug)]
struct OsFile(File);

impl FileHandle for OsFile {
    fn id(&self) -> Result<FileId, Errno> {
        Ok(id(&rustix::fs::fstat(&self.0)?))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        rustix::io::write(&self.0, bytes)
    }

    fn sync(&mut self) -> Result<(), Errno> {
        // The standard library knows the call of each system.
        let synced = self.0.sync_data();
        synced.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }

    fn set_mode(&mut self, mode: u32) -> Result<(), Errno> {
        rustix::fs::fchmod(&self.0, Mode::from_raw_mode(mode as _))
    }
}

fn id(stat: &Stat) -> FileId {
    FileId {
        device: stat.st_dev,
        inode: stat.st_ino,
    }
}

/// Returns a time of which the seconds may be negative. A time that the system cannot represent is 1970.
fn time(seconds: i64, nanoseconds: u32) -> SystemTime {
    let since = Duration::from_secs(seconds.unsigned_abs());
    let whole = if seconds < 0 {
        UNIX_EPOCH.checked_sub(since)
    } else {
        UNIX_EPOCH.checked_add(since)
    };
    whole
        .and_then(|time| time.checked_add(Duration::from_nanos(nanoseconds.into())))
        .unwrap_or(UNIX_EPOCH)
}
