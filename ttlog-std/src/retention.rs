//! Which of this service's snapshots stay.

use std::{
    fs::File,
    io::Read,
    time::{Duration, SystemTime},
};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use ttlog_core::{
    decode::{Block, Content, Snapshot},
    snapshot::BLOCK_MAX_BYTES,
};

use crate::directory::Directory;

/// How much of a service's past is kept in the directory. The oldest go first, and only ever the
/// service's own, known by the name in their headers.
///
/// ```
/// use std::time::Duration;
/// use ttlog_std::Retention;
///
/// let retention = Retention::default().count(20).bytes(64 << 20).age(Duration::from_hours(24));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    count: Option<usize>,
    bytes: Option<u64>,
    age: Option<Duration>,
}

impl Default for Retention {
    /// The newest 100 snapshots, as long as they have at most 256 MiB.
    fn default() -> Self {
        Self {
            count: Some(100),
            bytes: Some(256 << 20),
            age: None,
        }
    }
}

impl Retention {
    /// Everything stays.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self {
            count: None,
            bytes: None,
            age: None,
        }
    }

    /// At most so many snapshots; the newest one always stays.
    #[must_use]
    pub const fn count(self, count: usize) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// At most so many bytes in all; the newest snapshot always stays.
    #[must_use]
    pub const fn bytes(self, bytes: u64) -> Self {
        Self {
            bytes: Some(bytes),
            ..self
        }
    }

    /// None that is older.
    #[must_use]
    pub const fn age(self, age: Duration) -> Self {
        Self {
            age: Some(age),
            ..self
        }
    }

    /// Removes what is over the limits; answers how many files. What cannot be read or removed
    /// stays.
    pub(crate) fn apply(&self, directory: &Directory, service: &str) -> u64 {
        if *self == Self::unlimited() {
            return 0;
        }
        let mut own = own_snapshots(directory, service);
        own.sort_by_key(|file| std::cmp::Reverse((file.modified, file.name.clone())));
        let now = SystemTime::now();
        let mut bytes = 0;
        let mut removed = 0;
        for (number, file) in own.into_iter().enumerate() {
            bytes += file.bytes;
            let age = now.duration_since(file.modified).unwrap_or_default();
            let over = self.count.is_some_and(|count| number >= count)
                || self.bytes.is_some_and(|max| bytes > max)
                || self.age.is_some_and(|max| age > max);
            if over
                && number > 0
                && rustix::fs::unlinkat(directory.fd(), &*file.name, AtFlags::empty()).is_ok()
            {
                removed += 1;
                bytes -= file.bytes;
            }
        }
        removed
    }
}

struct Found {
    name: String,
    modified: SystemTime,
    bytes: u64,
}

fn own_snapshots(directory: &Directory, service: &str) -> Vec<Found> {
    let Ok(entries) = rustix::fs::Dir::read_from(directory.fd()) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned))
        .filter(|name| name.starts_with("ttlog-") && name.ends_with(".bin"))
        .filter_map(|name| {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
            let fd = rustix::fs::openat(directory.fd(), &*name, flags, Mode::empty()).ok()?;
            let stat = rustix::fs::fstat(&fd).ok()?;
            let mine = stat.st_uid == rustix::process::geteuid().as_raw();
            if !mine || FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
                return None;
            }
            let file = File::from(fd);
            let modified = file.metadata().ok()?.modified().ok()?;
            let bytes = u64::try_from(stat.st_size).unwrap_or_default();
            is_of(file, service).then_some(Found {
                name,
                modified,
                bytes,
            })
        })
        .collect()
}

/// Whether a snapshot's header names the service. The header is the first block.
fn is_of(file: File, service: &str) -> bool {
    const HEADER_MAX_BYTES: u64 = 4096;
    let mut start = Vec::new();
    if file.take(HEADER_MAX_BYTES).read_to_end(&mut start).is_err() {
        return false;
    }
    let Ok(snapshot) = Snapshot::new(&start) else {
        return false;
    };
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    match snapshot.blocks().next(&mut buffer) {
        Some(Ok(Block {
            content: Content::Header(header),
            ..
        })) => header.service == service,
        _ => false,
    }
}
