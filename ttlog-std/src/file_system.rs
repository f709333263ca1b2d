//! The operations on files that snapshots need, as an interface. The operating system is one
//! implementation, and tests use one in memory.

use std::{fmt::Debug, path::Path, path::PathBuf, time::SystemTime};

use rustix::io::Errno;

/// A file system, and its clock.
pub(crate) trait FileSystem: Debug + Send + Sync {
    /// Returns the time of the wall clock. It may be before 1970, and may go back.
    fn now(&self) -> SystemTime;

    /// Opens a directory. Fails with [`Errno::NOTDIR`] or [`Errno::LOOP`] if the path is a link.
    fn open_directory(&self, path: &Path) -> Result<Box<dyn DirectoryHandle>, Errno>;

    /// Returns the directory at a path. Takes no descriptor. Fails if the path is a link.
    fn directory_id(&self, path: &Path) -> Result<FileId, Errno>;

    /// Takes a descriptor that is used for nothing, until the value is dropped.
    fn reserve(&self) -> Result<Box<dyn ReservedDescriptor>, Errno>;
}

/// A descriptor in reserve. Dropping it makes room for another one.
pub(crate) trait ReservedDescriptor: Debug + Send + Sync {
    /// Returns `false` if the program has closed the descriptor.
    fn is_held(&self) -> bool;
}

/// An open directory. All names are relative to it, so the operations stay in this directory even if
/// its path is replaced.
pub(crate) trait DirectoryHandle: Debug + Send + Sync {
    /// Returns the identity of the directory. Fails with [`Errno::BADF`] if the program has closed the
    /// handle's descriptor. Then all other operations fail, too.
    fn id(&self) -> Result<FileId, Errno>;

    /// Returns the present path of the directory, if the system can tell.
    fn path(&self) -> Option<PathBuf>;

    /// Passes each name to `each`. Skips names that are not UTF-8. Takes a descriptor.
    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), Errno>;

    /// Returns the status of a file. Does not open the file, and does not follow a link.
    fn status(&self, name: &str) -> Result<FileStatus, Errno>;

    /// Reads the first bytes of a file. Returns their number. Does not wait for a pipe or a device. Takes
    /// a descriptor.
    fn read_head(&self, name: &str, buffer: &mut [u8]) -> Result<usize, Errno>;

    /// Creates an empty file that only the owner may read and write. Fails with [`Errno::EXIST`] if
    /// anything has the name. Takes a descriptor.
    fn create(&self, name: &str) -> Result<Box<dyn FileHandle>, Errno>;

    /// Renames a file. Fails with [`Errno::EXIST`] if anything has the new name.
    fn rename_new(&self, from: &str, to: &str) -> Result<(), Errno>;

    /// Renames a file. Replaces a file that has the new name.
    fn rename(&self, from: &str, to: &str) -> Result<(), Errno>;

    /// Gives a file a second name. Fails with [`Errno::EXIST`] if anything has that name.
    fn link(&self, from: &str, to: &str) -> Result<(), Errno>;

    /// Removes a name.
    fn unlink(&self, name: &str) -> Result<(), Errno>;
}

/// An open file that is being written.
pub(crate) trait FileHandle: Debug + Send {
    /// Returns the identity of the file.
    fn id(&self) -> Result<FileId, Errno>;

    /// Appends bytes. Returns the number of bytes that were written.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Errno>;

    /// Waits until the content is on the disk.
    fn sync(&mut self) -> Result<(), Errno>;

    /// Sets the permissions, whatever the umask.
    fn set_mode(&mut self, mode: u32) -> Result<(), Errno>;
}

/// The identity of a file or a directory.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct FileId {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

/// The status of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FileStatus {
    pub(crate) id: FileId,
    /// `false` for a directory, a link, a pipe or a device.
    pub(crate) is_regular: bool,
    /// Whether the file belongs to the user of this process.
    pub(crate) is_own: bool,
    pub(crate) bytes: u64,
    pub(crate) modified: SystemTime,
}

/// Returns whether the error states that there is no free descriptor.
pub(crate) fn is_out_of_descriptors(error: Errno) -> bool {
    matches!(error, Errno::MFILE | Errno::NFILE)
}

/// Returns whether the error states that the disk or the user's part of it is full.
pub(crate) fn is_disk_full(error: Errno) -> bool {
    matches!(error, Errno::NOSPC | Errno::DQUOT)
}

/// Returns whether a smaller file may fit. [`Errno::FBIG`] is a limit of one file, so other files need
/// not be removed.
pub(crate) fn is_too_large(error: Errno) -> bool {
    is_disk_full(error) || error == Errno::FBIG
}
