//! The bytes of a file, if they are no more than a snapshot may have.

use core::{error::Error, fmt};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The most bytes of a file.
const FILE_MAX_BYTES: u64 = 1 << 30;
/// The most bytes of what is not a file and may have no end: a pipe, a device.
const STREAM_MAX_BYTES: u64 = 1 << 24;

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    let file = File::open(path).map_err(InputError::Io)?;
    let metadata = file.metadata().map_err(InputError::Io)?;
    if metadata.is_dir() {
        return Err(InputError::Directory);
    }
    let max_bytes = if metadata.is_file() {
        FILE_MAX_BYTES
    } else {
        STREAM_MAX_BYTES
    };
    if metadata.len() > max_bytes {
        return Err(InputError::TooLarge { max_bytes });
    }
    // One allocation of the right size; where the length is not known, it grows.
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.take(max_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(InputError::Io)?;
    if bytes.len() as u64 > max_bytes {
        return Err(InputError::TooLarge { max_bytes });
    }
    Ok(bytes)
}

/// Why a file was not read.
#[derive(Debug)]
pub(crate) enum InputError {
    /// The system says why.
    Io(io::Error),
    /// It is a directory.
    Directory,
    /// It has more bytes than a snapshot may have.
    TooLarge {
        /// How many that may be.
        max_bytes: u64,
    },
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => {
                error.fmt(f)?;
                f.write_str(match error.kind() {
                    io::ErrorKind::NotFound => "; `dump ls DIR` lists the snapshots in a directory",
                    io::ErrorKind::PermissionDenied => {
                        "; only the user that the program ran as may read its snapshots"
                    }
                    _ => "",
                })
            }
            Self::Directory => {
                f.write_str("this is a directory; list its snapshots by `dump ls DIR`")
            }
            Self::TooLarge { max_bytes } => write!(
                f,
                "this is larger than any snapshot that is read ({} MiB)",
                max_bytes >> 20
            ),
        }
    }
}

impl Error for InputError {}
