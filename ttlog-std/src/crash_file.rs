//! The file of a crash. Nothing here allocates, and all calls are allowed in a signal handler.
//!
//! The file is written under a temporary name, and gets its name when it is complete. It never replaces a file.

use std::{
    fs::File,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    fs::{AtFlags, Mode, OFlags, RenameFlags},
    io::Errno,
};
use ttlog_core::snapshot::Sink;

use crate::{
    crash_room::CrashRoom,
    crash_time::CrashTime,
    encode_buffers::FileBuffers,
    file_system::{is_disk_full, is_out_of_descriptors, is_too_large},
    fixed_text::FixedText,
    process_table::ProcessName,
};

/// Maximum number of names to try if names are in use.
const NAMES_MAX: u32 = 1_000;

const FILE_FLAGS: OFlags = OFlags::WRONLY
    .union(OFlags::CREATE)
    .union(OFlags::EXCL)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Only the owner may read and write the file.
const MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// The name of a file in a directory.
pub(crate) type CrashFileName = FixedText<112>;

/// The names of the file of a crash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CrashFileNames {
    pub(crate) process: ProcessName,
    pub(crate) time: CrashTime,
    pub(crate) reason: &'static str,
}

impl CrashFileNames {
    /// Returns the name with a number. The first is 1.
    fn numbered(&self, number: u32) -> CrashFileName {
        let Self {
            process,
            time,
            reason,
        } = self;
        let pid = process.pid;
        match number {
            1 => FixedText::new(format_args!("ttlog-{pid}-{time}-{reason}.bin")),
            _ => FixedText::new(format_args!("ttlog-{pid}-{time}-{reason}-{number}.bin")),
        }
    }

    /// Returns a name for the file while it is being written.
    fn temporary(&self, number: u32) -> CrashFileName {
        let ProcessName { pid, start, scope } = self.process;
        let unique = self.time.nanoseconds();
        FixedText::new(format_args!(
            ".ttlog-{pid}-{start}-{scope:08x}-{number}-{unique}.tmp"
        ))
    }
}

/// Calls `call`, which takes a descriptor. If none is free, closes the one in reserve, and calls it again.
pub(crate) fn with_descriptor<T>(
    reserve: &mut Option<OwnedFd>,
    mut call: impl FnMut() -> Result<T, Errno>,
) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            Err(error) if is_out_of_descriptors(error) && reserve.take().is_some() => {}
            result => return result,
        }
    }
}

/// A directory for the file of a crash.
#[derive(Clone, Copy)]
pub(crate) struct CrashPlace<'a> {
    pub(crate) handle: BorrowedFd<'a>,
    /// The files that may be removed if the disk is full.
    pub(crate) room: &'a CrashRoom,
}

/// Writes a file that `encode` fills. Returns its name and its length. If the disk is full, removes older files.
///
/// # Errors
///
/// Returns the first error that no other way went around. Leaves no file then.
pub(crate) fn write(
    place: CrashPlace<'_>,
    names: &CrashFileNames,
    buffers: &mut FileBuffers,
    reserve: &mut Option<OwnedFd>,
    encode: &mut dyn FnMut(&mut CrashOutput<'_>) -> Result<(), Errno>,
) -> Result<(CrashFileName, u64), Errno> {
    let directory = place.handle;
    let temporary = |number| names.temporary(number);
    let (name, file) = loop {
        match create(directory, reserve, &temporary) {
            Err(error) if is_disk_full(error) && place.room.remove_next(directory) => {}
            created => break created?,
        }
    };
    // Whatever the umask was.
    let _ = rustix::fs::fchmod(&file, MODE);
    buffers.output.clear();
    let mut output = CrashOutput {
        file: file.as_fd(),
        place,
        buffer: &mut buffers.output,
        written_bytes: 0,
    };
    let written = encode(&mut output).and_then(|()| output.flush());
    let bytes = output.written_bytes;
    let named = written.and_then(|()| {
        // Not every file system has this call, and a complete file that is not on the disk yet is worth as much.
        // But a network may state only now that there is no room.
        match rustix::fs::fdatasync(&file) {
            Err(error) if is_too_large(error) => return Err(error),
            _ => {}
        }
        give_name(directory, name.as_str(), names)
    });
    if named.is_err() {
        let _ = rustix::fs::unlinkat(directory, name.as_str(), AtFlags::empty());
    }
    named.map(|name| (name, bytes))
}

/// Creates the first file whose name is free.
fn create(
    directory: BorrowedFd<'_>,
    reserve: &mut Option<OwnedFd>,
    name: &dyn Fn(u32) -> CrashFileName,
) -> Result<(CrashFileName, File), Errno> {
    for number in 1..=NAMES_MAX {
        let name = name(number);
        let open = || rustix::fs::openat(directory, name.as_str(), FILE_FLAGS, MODE);
        match with_descriptor(reserve, open) {
            Err(Errno::EXIST) => {}
            created => return created.map(|file| (name, file.into())),
        }
    }
    Err(Errno::EXIST)
}

/// Gives a complete file the first name that is free. There are three ways, as any call may be refused:
///
/// 1. A rename that does not replace a file.
/// 2. A second name, which does not replace a file either. Then the first name is removed.
/// 3. An empty file under the name, which this process creates. Then a rename that replaces it.
fn give_name(
    directory: BorrowedFd<'_>,
    temporary: &str,
    names: &CrashFileNames,
) -> Result<CrashFileName, Errno> {
    for number in 1..=NAMES_MAX {
        let name = names.numbered(number);
        let to = name.as_str();
        let flags = RenameFlags::NOREPLACE;
        match rustix::fs::renameat_with(directory, temporary, directory, to, flags) {
            Ok(()) => return Ok(name),
            Err(Errno::EXIST) => continue,
            Err(_) => {}
        }
        match rustix::fs::linkat(directory, temporary, directory, to, AtFlags::empty()) {
            Ok(()) => {
                let _ = rustix::fs::unlinkat(directory, temporary, AtFlags::empty());
                return Ok(name);
            }
            Err(Errno::EXIST) => continue,
            Err(_) => {}
        }
        match rustix::fs::openat(directory, to, FILE_FLAGS, MODE) {
            Ok(_placeholder) => {}
            Err(Errno::EXIST) => continue,
            Err(error) => return Err(error),
        }
        let renamed = rustix::fs::renameat(directory, temporary, directory, to);
        if renamed.is_err() {
            let _ = rustix::fs::unlinkat(directory, to, AtFlags::empty());
        }
        return renamed.map(|()| name);
    }
    Err(Errno::EXIST)
}

/// A file that is being written, through a buffer whose capacity is not exceeded.
pub(crate) struct CrashOutput<'a> {
    file: BorrowedFd<'a>,
    place: CrashPlace<'a>,
    buffer: &'a mut Vec<u8>,
    written_bytes: u64,
}

impl CrashOutput<'_> {
    fn flush(&mut self) -> Result<(), Errno> {
        let written = write_all(self.file, self.place, self.buffer);
        self.written_bytes += self.buffer.len() as u64;
        self.buffer.clear();
        written
    }
}

impl Sink for CrashOutput<'_> {
    type Error = Errno;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        if self.buffer.len() + bytes.len() > self.buffer.capacity() {
            self.flush()?;
        }
        if bytes.len() > self.buffer.capacity() {
            self.written_bytes += bytes.len() as u64;
            return write_all(self.file, self.place, bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }
}

fn write_all(file: BorrowedFd<'_>, place: CrashPlace<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(file, bytes) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) if is_disk_full(error) && place.room.remove_next(place.handle) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{encode_buffers::EncodeBuffers, file_names};

    fn place<'a>(handle: &'a File, room: &'a CrashRoom) -> CrashPlace<'a> {
        let handle = handle.as_fd();
        CrashPlace { handle, room }
    }

    fn names() -> CrashFileNames {
        CrashFileNames {
            process: ProcessName {
                pid: u32::MAX,
                start: u64::MAX,
                scope: u32::MAX,
            },
            time: CrashTime::new(1_728_000_000, 999_999_999),
            reason: "sigsegv",
        }
    }

    #[test]
    fn the_names_are_those_of_any_snapshot_and_are_not_cut() {
        let temporary = names().temporary(NAMES_MAX);
        assert_eq!(
            file_names::process_of(temporary.as_str()),
            Some(names().process)
        );
        let name = names().numbered(NAMES_MAX);
        assert_eq!(
            name.as_str(),
            "ttlog-4294967295-20241004000000-sigsegv-1000.bin"
        );
    }

    #[test]
    fn a_name_in_use_is_not_replaced_and_no_temporary_file_stays() {
        let directory = tempfile::tempdir().unwrap();
        let handle = File::open(directory.path()).unwrap();
        let mut buffers = EncodeBuffers::new().file;
        for bytes in [&b"first"[..], b"second"] {
            let (_, length) = write(
                place(&handle, &CrashRoom::new()),
                &names(),
                &mut buffers,
                &mut None,
                &mut |output| output.write(bytes),
            )
            .unwrap();
            assert_eq!(length, bytes.len() as u64);
        }
        let read = |number| fs::read(directory.path().join(names().numbered(number).as_str()));
        assert_eq!(read(1).unwrap(), b"first");
        assert_eq!(read(2).unwrap(), b"second");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_cannot_be_filled_does_not_stay() {
        let directory = tempfile::tempdir().unwrap();
        let handle = File::open(directory.path()).unwrap();
        let failed = write(
            place(&handle, &CrashRoom::new()),
            &names(),
            &mut EncodeBuffers::new().file,
            &mut None,
            &mut |_| Err(Errno::NOSPC),
        );
        assert_eq!(failed.map(|_| ()), Err(Errno::NOSPC));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn bytes_longer_than_the_buffer_are_written_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let handle = File::open(directory.path()).unwrap();
        let mut buffers = EncodeBuffers::new().file;
        let long = vec![7; buffers.output.capacity() + 1];
        let (name, _) = write(
            place(&handle, &CrashRoom::new()),
            &names(),
            &mut buffers,
            &mut None,
            &mut |output| output.write(b"x").and_then(|()| output.write(&long)),
        )
        .unwrap();
        let bytes = fs::read(directory.path().join(name.as_str())).unwrap();
        assert_eq!((bytes[0], &bytes[1..]), (b'x', &long[..]));
    }
}
