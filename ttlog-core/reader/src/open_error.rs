//! The error of opening a file.

use core::{error::Error, fmt};
use std::io;

use ttlog_core::{decode::NotASnapshot, region::RegionError};

use crate::damage::Damage;

/// The error of a file that cannot be opened.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{OpenError, Snapshots};
///
/// let error = Snapshots::new().read("notes.txt", b"a text").unwrap_err();
/// assert!(matches!(error, OpenError::NotASnapshot(_)));
/// let error = Snapshots::new().open(std::env::temp_dir()).unwrap_err();
/// assert_eq!(error.to_string(), "this is a directory");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The operating system returned an error.
    Io(io::Error),
    /// The path is that of a directory.
    Directory,
    /// The path is that of a named pipe, a device or a socket.
    NotAFile,
    /// The file is larger than any snapshot.
    TooLarge {
        /// Maximum number of bytes.
        max_bytes: u64,
    },
    /// The bytes are not a snapshot.
    NotASnapshot(NotASnapshot),
    /// The header of a snapshot is damaged.
    NoHeader,
    /// The bytes start like a snapshot, but no block is whole.
    NoBlock {
        /// The first damage.
        damage: Option<Damage>,
    },
    /// The bytes contain the magic of a region, but no valid region.
    Region {
        /// Offset of the magic, in bytes.
        offset: usize,
        /// The error of the region.
        error: RegionError,
    },
    /// A scan found no whole block.
    NothingFound,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                f.write_str("the file cannot be read by this user: run as the user that wrote it")
            }
            Self::Io(_) => f.write_str("the file cannot be read"),
            Self::Directory => f.write_str("this is a directory"),
            Self::NotAFile => f.write_str(
                "this is a named pipe, a device or a socket: save its content to a file first, or \
                 pipe it to /dev/stdin",
            ),
            Self::TooLarge { max_bytes } => write!(
                f,
                "the file is too large: at most {} MiB are read",
                max_bytes >> 20
            ),
            Self::NotASnapshot(error) => error.fmt(f),
            Self::NoHeader => f.write_str("the header is damaged"),
            Self::NoBlock { damage } => {
                f.write_str("the file starts like a snapshot, but no block of it is whole")?;
                damage.map_or(Ok(()), |damage| write!(f, ": {damage}"))
            }
            Self::Region { offset, error } => write!(f, "at byte {offset}: {error}"),
            Self::NothingFound => {
                f.write_str("the file contains no snapshot: no block in it is whole")
            }
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
