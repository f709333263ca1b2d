//! The directory of the snapshots. A snapshot has a name only once the file is complete.

use std::{
    fs::{self, File},
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

use crate::{process_info, reason::Reason};

/// Maximum number of names to try if names are in use: `…-reason.bin`, `…-reason-2.bin` and so on.
const NAMES_MAX: u32 = 10_000;

/// Returns the directory for snapshots. Default: `$TTLOG_DIR`, or `/tmp` if that is not set.
pub(crate) fn path_or_default(path: Option<PathBuf>) -> PathBuf {
    path.or_else(|| process_info::variable("TTLOG_DIR").map(Into::into))
        // A link is followed only here: on some systems /tmp is a link.
        .unwrap_or_else(|| fs::canonicalize("/tmp").unwrap_or_else(|_| "/tmp".into()))
}

/// An open directory. All operations use its descriptor, so they stay in this directory even if its
/// path is replaced.
#[derive(Debug)]
pub(crate) struct SnapshotDirectory {
    path: PathBuf,
    pub(crate) fd: OwnedFd,
}

impl SnapshotDirectory {
    /// Opens a directory. Fails if the path is a link.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        // Joined from its components, the path has no slash at its end, which would follow a link.
        let path: PathBuf = path.components().collect();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::open(&path, flags, Mode::empty()).map_err(|error| match error {
            Errno::LOOP | Errno::NOTDIR => io::Error::new(
                io::ErrorKind::NotADirectory,
                "the path is not a directory, or it is a link: give the path of the directory itself",
            ),
            error => error.into(),
        })?;
        Ok(Self { path, fd })
    }

    /// Writes a snapshot under a temporary name, and renames it when it is complete. Returns its path.
    pub(crate) fn write_snapshot(
        &self,
        reason: &Reason,
        time: DateTime<Utc>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<(PathBuf, u64)> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let pid = process::id();
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let temporary = format!(".ttlog-{pid}-{serial}-{}.tmp", time.timestamp_micros());
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, &temporary, flags, Mode::RUSR | Mode::WUSR)?;
        let named = fill(fd.into(), write).and_then(|bytes| {
            let stem = format!(
                "ttlog-{pid}-{}-{}",
                time.format("%Y%m%d%H%M%S"),
                reason.file_name_part()
            );
            Ok((self.name(&temporary, &stem)?, bytes))
        });
        if named.is_err() {
            // If this fails, an empty or partial `.tmp` file stays.
            let _ = rustix::fs::unlinkat(&self.fd, &temporary, AtFlags::empty());
        }
        let (name, bytes) = named?;
        Ok((self.path.join(name), bytes))
    }

    /// Gives the temporary file the first free name. Returns that name.
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
            format!("{stem}.bin and {NAMES_MAX} numbered names exist: remove some of these files"),
        ))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Errno> {
        match rustix::fs::renameat_with(&self.fd, from, &self.fd, to, RenameFlags::NOREPLACE) {
            // The file system does not support the flag. A hard link does not replace a file either.
            Err(Errno::INVAL | Errno::NOSYS) => {
                rustix::fs::linkat(&self.fd, from, &self.fd, to, AtFlags::empty())?;
                rustix::fs::unlinkat(&self.fd, from, AtFlags::empty())
            }
            renamed => renamed,
        }
    }
}

fn fill(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<u64> {
    let mut buffered = io::BufWriter::with_capacity(128 * 1024, file);
    write(&mut buffered)?;
    let file = buffered
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    // Otherwise a crash of the machine could leave a file with a name and no content.
    file.sync_data()?;
    Ok(file.metadata()?.len())
}
