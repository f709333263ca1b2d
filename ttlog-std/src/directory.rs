//! The directory that snapshots go to: files appear in it whole or not at all.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::{DateTime, Utc};
use rustix::{
    fs::{AtFlags, Mode, OFlags, RenameFlags},
    io::Errno,
};

use crate::reason::Reason;

/// How many names are tried when names are taken: `…-reason.bin`, `…-reason-2.bin` and so on.
const NAMES_MAX: u32 = 10_000;

/// An open directory. What happens in it goes through its descriptor, so it cannot be exchanged
/// for another in between.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    fd: OwnedFd,
}

impl Directory {
    /// Opens a directory; not through a link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        // Taken apart and put together, it has no slash at its end, which would follow a link.
        let path: PathBuf = path.components().collect();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::open(&path, flags, Mode::empty()).map_err(|error| match error {
            Errno::LOOP | Errno::NOTDIR => io::Error::new(
                io::ErrorKind::NotADirectory,
                "it is not a directory, or a link to one: name the directory itself",
            ),
            error => error.into(),
        })?;
        Ok(Self { path, fd })
    }

    pub(crate) fn fd(&self) -> &OwnedFd {
        &self.fd
    }

    /// Writes a snapshot under a temporary name, then gives it its own; answers its path.
    pub(crate) fn write_snapshot(
        &self,
        reason: &Reason,
        time: DateTime<Utc>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<PathBuf> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let pid = process::id();
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let temporary = format!(".ttlog-{pid}-{serial}-{}.tmp", time.timestamp_micros());
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, &temporary, flags, Mode::RUSR | Mode::WUSR)?;
        let named = fill(fd.into(), write).and_then(|()| {
            let stem = format!(
                "ttlog-{pid}-{}-{}",
                time.format("%Y%m%d%H%M%S"),
                reason.file_name_part()
            );
            self.name(&temporary, &stem)
        });
        if named.is_err() {
            // What cannot be removed now is found by its ending and its age.
            let _ = rustix::fs::unlinkat(&self.fd, &temporary, AtFlags::empty());
        }
        Ok(self.path.join(named?))
    }

    /// Gives the temporary file the first name that is free.
    fn name(&self, temporary: &str, stem: &str) -> io::Result<String> {
        for number in 1..=NAMES_MAX {
            let name = match number {
                1 => format!("{stem}.bin"),
                number => format!("{stem}-{number}.bin"),
            };
            match self.rename(temporary, &name) {
                Err(Errno::EXIST) => {}
                renamed => return renamed.map(|()| name).map_err(Into::into),
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{NAMES_MAX} snapshots of this name"),
        ))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Errno> {
        match rustix::fs::renameat_with(&self.fd, from, &self.fd, to, RenameFlags::NOREPLACE) {
            // Not every file system can; a link does not replace either.
            Err(Errno::INVAL | Errno::NOSYS) => {
                rustix::fs::linkat(&self.fd, from, &self.fd, to, AtFlags::empty())?;
                rustix::fs::unlinkat(&self.fd, from, AtFlags::empty())
            }
            renamed => renamed,
        }
    }
}

fn fill(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut buffered = io::BufWriter::with_capacity(128 * 1024, file);
    write(&mut buffered)?;
    let file = buffered
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    // Else a crash of the machine could leave a file with a name and no content.
    file.sync_data()
}
