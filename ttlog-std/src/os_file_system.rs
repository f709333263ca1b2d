//! The file system of the operating system.

use std::{
    ffi::CStr,
    fs,
    os::fd::{AsRawFd, OwnedFd},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::{
    fs::{AtFlags, CWD, FileType, Mode, OFlags, RenameFlags},
    io::Errno,
};

use crate::{
    descriptor::{Descriptor, id},
    file_system::{
        DirectoryHandle, FileHandle, FileId, FileStatus, FileSystem, ReservedDescriptor,
    },
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
        Ok(Box::new(OsDirectory(Descriptor::new(fd))))
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
        Ok(Box::new(OsReserved(Descriptor::new(reserved()?))))
    }
}

/// Opens a file that is used for nothing, if possible one that the program cannot open itself.
fn reserved() -> Result<OwnedFd, Errno> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::MemfdFlags;
        if let Ok(fd) = rustix::fs::memfd_create("ttlog-reserve", MemfdFlags::CLOEXEC) {
            return Ok(fd);
        }
    }
    rustix::fs::open("/", DIRECTORY_FLAGS, Mode::empty())
}

#[derive(Debug)]
struct OsReserved(Descriptor);

impl ReservedDescriptor for OsReserved {
    fn is_held(&self) -> bool {
        self.0.get().is_ok()
    }
}

#[derive(Debug)]
struct OsDirectory(Descriptor);

impl DirectoryHandle for OsDirectory {
    fn id(&self) -> Result<FileId, Errno> {
        self.0.id()
    }

    fn path(&self) -> Option<PathBuf> {
        let number = self.0.get().ok()?.as_raw_fd();
        fs::read_link(format!("/proc/self/fd/{number}")).ok()
    }

    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), Errno> {
        let fd = rustix::fs::openat(self.0.get()?, ".", DIRECTORY_FLAGS, Mode::empty())?;
        each_name(fd, &mut |name| {
            if let Ok(name) = name.to_str() {
                each(name);
            }
        })
    }

    fn status(&self, name: &str) -> Result<FileStatus, Errno> {
        let stat = rustix::fs::statat(self.0.get()?, name, AtFlags::SYMLINK_NOFOLLOW)?;
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
        let file = rustix::fs::openat(self.0.get()?, name, flags, Mode::empty())?;
        let file = Descriptor::new(file);
        let fd = file.get()?;
        let mut length = 0;
        while length < buffer.len() {
            match rustix::io::read(fd, &mut buffer[length..]) {
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
        let fd = rustix::fs::openat(self.0.get()?, name, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Box::new(OsFile(Descriptor::of_new_file(fd))))
    }

    fn rename_new(&self, from: &str, to: &str) -> Result<(), Errno> {
        let fd = self.0.get()?;
        rustix::fs::renameat_with(fd, from, fd, to, RenameFlags::NOREPLACE)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Errno> {
        let fd = self.0.get()?;
        rustix::fs::renameat(fd, from, fd, to)
    }

    fn link(&self, from: &str, to: &str) -> Result<(), Errno> {
        let fd = self.0.get()?;
        rustix::fs::linkat(fd, from, fd, to, AtFlags::empty())
    }

    fn unlink(&self, name: &str) -> Result<(), Errno> {
        rustix::fs::unlinkat(self.0.get()?, name, AtFlags::empty())
    }
}

/// Passes the names in a directory to `each`.
#[cfg(target_os = "linux")]
fn each_name(fd: OwnedFd, each: &mut dyn FnMut(&CStr)) -> Result<(), Errno> {
    const BUFFER_BYTES: usize = 32 << 10;
    let directory = Descriptor::new(fd);
    let mut buffer = Vec::with_capacity(BUFFER_BYTES);
    let mut entries = rustix::fs::RawDir::new(directory.get()?, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        each(entry?.file_name());
    }
    Ok(())
}

/// Passes the names in a directory to `each`.
#[cfg(not(target_os = "linux"))]
fn each_name(fd: OwnedFd, each: &mut dyn FnMut(&CStr)) -> Result<(), Errno> {
    for entry in rustix::fs::Dir::new(fd)? {
        each(entry?.file_name());
    }
    Ok(())
}

#[derive(Debug)]
struct OsFile(Descriptor);

impl FileHandle for OsFile {
    fn id(&self) -> Result<FileId, Errno> {
        self.0.id()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        rustix::io::write(self.0.get()?, bytes)
    }

    fn sync(&mut self) -> Result<(), Errno> {
        let fd = self.0.get()?;
        // On these systems `fsync` leaves the content in the memory of the disk.
        #[cfg(target_vendor = "apple")]
        return rustix::fs::fcntl_fullfsync(fd);
        #[cfg(not(target_vendor = "apple"))]
        rustix::fs::fdatasync(fd)
    }

    fn set_mode(&mut self, mode: u32) -> Result<(), Errno> {
        rustix::fs::fchmod(self.0.get()?, Mode::from_raw_mode(mode as _))
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
