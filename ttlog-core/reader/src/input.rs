//! Reading the bytes of a file, up to a maximum size.

use std::{
    fs::{self, File, Metadata},
    io::Read,
    path::Path,
};

use crate::open_error::OpenError;

/// Maximum size of a file, in bytes: 1 GiB.
pub const FILE_MAX_BYTES: u64 = 1 << 30;
/// Maximum number of bytes that are read from a pipe: 16 MiB.
pub const PIPE_MAX_BYTES: u64 = 1 << 24;

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, OpenError> {
    let file = open(path)?;
    let metadata = file.metadata().map_err(OpenError::Io)?;
    let max_bytes = if metadata.is_file() {
        FILE_MAX_BYTES
    } else {
        PIPE_MAX_BYTES
    };
    if metadata.len() > max_bytes {
        return Err(OpenError::TooLarge { max_bytes });
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.take(max_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(OpenError::Io)?;
    if bytes.len() as u64 > max_bytes {
        return Err(OpenError::TooLarge { max_bytes });
    }
    Ok(bytes)
}

/// Opens a file without waiting. Rejects named pipes and devices, because reading them would wait for
/// another process or for the user.
pub(crate) fn open(path: &Path) -> Result<File, OpenError> {
    let metadata = path.metadata().map_err(OpenError::Io)?;
    if metadata.is_dir() {
        return Err(OpenError::Directory);
    }
    if !metadata.is_file() && !is_redirected(path, &metadata) {
        return Err(OpenError::NotAFile);
    }
    File::open(path).map_err(OpenError::Io)
}

/// Returns whether `path` is an open pipe of this process, for example `/dev/stdin`. Such a pipe has no
/// name in the file system, so its path does not resolve.
fn is_redirected(path: &Path, metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo() && fs::canonicalize(path).is_err()
}
