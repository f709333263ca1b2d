//! The retention: limits of this service's snapshots in the directory.

use std::{
    cmp::Reverse,
    fs::File,
    os::unix::fs::MetadataExt,
    time::{Duration, SystemTime},
};

use rustix::fs::{AtFlags, Mode, OFlags};
use ttlog_reader::Summary;

use crate::snapshot_directory::SnapshotDirectory;

/// The limits of a service's snapshots in the directory. After each snapshot, the recorder removes the
/// oldest snapshots that exceed a limit.
///
/// The recorder removes only snapshots whose headers state the same service. The newest snapshot always
/// stays.
///
/// # Examples
///
/// The newest 20 snapshots of the last day, up to 64 MiB:
///
/// ```
/// use std::time::Duration;
/// use ttlog_std::Retention;
///
/// let retention = Retention::default().count(20).bytes(64 << 20).age(Duration::from_hours(24));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    count: usize,
    bytes: u64,
    age: Duration,
}

impl Default for Retention {
    /// Keeps the newest 100 snapshots, up to 256 MiB.
    fn default() -> Self {
        Self {
            count: 100,
            bytes: 256 << 20,
            age: Duration::MAX,
        }
    }
}

impl Retention {
    /// Keeps all snapshots. Limits may be added:
    ///
    /// ```
    /// use std::time::Duration;
    /// use ttlog_std::Retention;
    ///
    /// let by_age = Retention::unlimited().age(Duration::from_hours(24 * 30));
    /// ```
    #[must_use]
    pub const fn unlimited() -> Self {
        Self {
            count: usize::MAX,
            bytes: u64::MAX,
            age: Duration::MAX,
        }
    }

    /// Keeps at most `count` snapshots. Default: 100.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs, time::Duration};
    /// use ttlog_std::{Retention, Trace};
    ///
    /// let retention = Retention::default().count(2);
    /// let trace = Trace::builder().directory(dir).retention(retention).build()?;
    /// for reason in ["first", "second", "third"] {
    ///     trace.request_snapshot(reason).wait()?;
    /// }
    /// trace.shutdown(Duration::from_secs(5))?;
    /// assert_eq!(fs::read_dir(dir)?.count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn count(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    /// Keeps at most `bytes` bytes of snapshots in all. Default: 256 MiB.
    ///
    /// # Examples
    ///
    /// The newest snapshot stays, whatever its size:
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs, time::Duration};
    /// use ttlog_std::{Retention, Trace};
    ///
    /// let retention = Retention::default().bytes(1);
    /// let trace = Trace::builder().directory(dir).retention(retention).build()?;
    /// for reason in ["first", "second", "third"] {
    ///     trace.request_snapshot(reason).wait()?;
    /// }
    /// trace.shutdown(Duration::from_secs(5))?;
    /// assert_eq!(fs::read_dir(dir)?.count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Removes snapshots that are older than `age`. Default: no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs, time::Duration};
    /// use ttlog_std::{Retention, Trace};
    ///
    /// let retention = Retention::default().age(Duration::ZERO);
    /// let trace = Trace::builder().directory(dir).retention(retention).build()?;
    /// for reason in ["first", "second", "third"] {
    ///     trace.request_snapshot(reason).wait()?;
    /// }
    /// trace.shutdown(Duration::from_secs(5))?;
    /// assert_eq!(fs::read_dir(dir)?.count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Removes the snapshots that exceed a limit. Returns the number of removed files. A file that cannot
    /// be read or removed stays.
    pub(crate) fn apply(&self, directory: &SnapshotDirectory, service: &str) -> u64 {
        if *self == Self::unlimited() {
            return 0;
        }
        let mut own = own_snapshots(directory, service);
        own.sort_by_key(|file| Reverse((file.modified, file.name.clone())));
        let now = SystemTime::now();
        let mut bytes = 0;
        let mut removed = 0;
        for (number, file) in own.into_iter().enumerate() {
            bytes += file.bytes;
            let age = now.duration_since(file.modified).unwrap_or_default();
            let over = number >= self.count || bytes > self.bytes || age > self.age;
            let remove = || rustix::fs::unlinkat(&directory.fd, &*file.name, AtFlags::empty());
            if over && number > 0 && remove().is_ok() {
                removed += 1;
                bytes -= file.bytes;
            }
        }
        removed
    }
}

/// A snapshot of this service.
struct OwnFile {
    name: String,
    modified: SystemTime,
    bytes: u64,
}

/// Returns the snapshots whose headers state the service, of this process's user.
fn own_snapshots(directory: &SnapshotDirectory, service: &str) -> Vec<OwnFile> {
    let Ok(entries) = rustix::fs::Dir::read_from(&directory.fd) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned))
        .filter(|name| name.starts_with("ttlog-") && name.ends_with(".bin"))
        .filter_map(|name| {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
            let fd = rustix::fs::openat(&directory.fd, &*name, flags, Mode::empty()).ok()?;
            let mut file = File::from(fd);
            let metadata = file.metadata().ok()?;
            let is_own = metadata.is_file()
                && metadata.uid() == rustix::process::geteuid().as_raw()
                && Summary::read_from(&mut file)
                    .ok()?
                    .header
                    .service
                    .as_deref()
                    == Some(service);
            is_own.then_some(OwnFile {
                name,
                modified: metadata.modified().ok()?,
                bytes: metadata.len(),
            })
        })
        .collect()
}
