//! Writes a snapshot into a directory.
//!
//! | step | if it fails |
//! | --- | --- |
//! | a temporary file | room is made if the disk is full; otherwise the directory fails |
//! | its mode, whatever the umask | ignored |
//! | its content | room is made if the disk is full; otherwise the directory fails |
//! | its content on the disk | the file is kept, and stderr states that |
//! | its name | three ways to name it, then a second file directly under the name |
//!
//! As a last resort, when no directory has taken the snapshot, it is written directly under its name. If
//! it does not fit, it is written with fewer events, the newest. If even that fails, the part that was
//! written stays, because a reader shows it.

use std::{
    io,
    sync::atomic::{AtomicU32, Ordering},
};

use rustix::io::Errno;

use crate::{
    encode_buffers::FileBuffers,
    file_names::{self, SnapshotNames},
    file_naming::{NAMES_MAX, first_free, give_name},
    file_system::{FileHandle, FileId, is_disk_full, is_too_large},
    snapshot_directory::{OpenDirectory, SnapshotDirectory},
    snapshot_index::own_file,
    snapshot_output::SnapshotOutput,
    worth::{OwnFile, Worth},
};

/// The mode of a snapshot: only the owner may read and write it.
const MODE: u32 = 0o600;

/// Number of times that the number of events is halved for a snapshot that does not fit.
const HALVINGS_MAX: u32 = 20;

/// Encodes a snapshot. The number states how many times its events are to be halved.
pub(crate) type Encode<'a> = dyn FnMut(&mut SnapshotOutput<'_>, u32) -> Result<(), Errno> + 'a;

/// A snapshot that is being written to a directory.
pub(crate) struct SnapshotFile<'a> {
    pub(crate) directory: &'a SnapshotDirectory,
    pub(crate) open: &'a OpenDirectory,
    pub(crate) names: SnapshotNames,
    pub(crate) buffers: &'a mut FileBuffers,
    pub(crate) room: Room,
}

/// The files that may be removed if the disk is full.
#[derive(Debug)]
pub(crate) struct Room {
    /// The most that a removed file may be worth.
    pub(crate) worth_max: Worth,
    /// Number of bytes that may still be removed. If removing several times the size of a snapshot does
    /// not help, the disk is full for another reason.
    pub(crate) left_bytes: u64,
    /// Number of removed files.
    pub(crate) removed: u64,
}

/// A snapshot that was written.
#[derive(Debug)]
pub(crate) struct WrittenFile {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// The file as its header describes it.
    pub(crate) file: Option<OwnFile>,
    /// The error of writing the content to the disk. The file may not survive a crash of the machine.
    pub(crate) unsynced: Option<Errno>,
}

/// The content of a file that was written.
struct Content {
    id: Option<FileId>,
    bytes: u64,
    unsynced: Option<Errno>,
}

/// The error of a file that is not complete.
struct PartialFile {
    name: String,
    written_bytes: u64,
    error: Errno,
}

impl SnapshotFile<'_> {
    /// Writes the snapshot to a temporary file, and gives it its name when it is complete.
    ///
    /// # Errors
    ///
    /// Returns the first error that no other way went around. Leaves no file then.
    pub(crate) fn write(&mut self, encode: &mut Encode<'_>) -> io::Result<WrittenFile> {
        let handle = &*self.open.handle;
        let (temporary, content) = self.write_temporary(encode)?;
        let named = first_free(&self.names, |name| {
            if self.directory.used.contains(name) {
                return Err(Errno::EXIST);
            }
            let give = || give_name(handle, &temporary, name, content.id);
            self.directory.with_descriptor(give)?;
            self.directory.used.add(name);
            Ok(())
        });
        if let Ok((name, ())) = named {
            return Ok(self.written(name, content));
        }
        // The complete file stays until there is another one.
        let direct = self.write_directly(encode, 0);
        let _ = handle.unlink(&temporary);
        match direct? {
            Ok((name, content)) => Ok(self.written(name, content)),
            Err(partial) => {
                let _ = handle.unlink(&partial.name);
                Err(partial.error.into())
            }
        }
    }

    /// Writes the snapshot as a last resort: directly under its name, and with fewer events if it does not
    /// fit.
    ///
    /// # Errors
    ///
    /// The error states the name of the part that was written, if a part stays.
    pub(crate) fn write_last_resort(&mut self, encode: &mut Encode<'_>) -> io::Result<WrittenFile> {
        let mut halvings = 0;
        loop {
            match self.write_directly(encode, halvings)? {
                Ok((name, content)) => return Ok(self.written(name, content)),
                Err(partial) if is_too_large(partial.error) && halvings < HALVINGS_MAX => {
                    let _ = self.open.handle.unlink(&partial.name);
                    halvings += 1;
                }
                Err(partial) => return Err(self.keep(&partial)),
            }
        }
    }

    /// Writes a complete file under a temporary name. Returns the name.
    fn write_temporary(&mut self, encode: &mut Encode<'_>) -> Result<(String, Content), Errno> {
        let handle = &*self.open.handle;
        loop {
            let (name, file) = self.create_temporary()?;
            let error = match self.fill(&name, file, encode, 0) {
                Ok(content) => match content.unsynced {
                    // A network may state only now that there is no room.
                    Some(error) if is_too_large(error) => {
                        let _ = handle.unlink(&name);
                        if is_disk_full(error) && self.room.make(self.directory, self.open) {
                            continue;
                        }
                        return Err(error);
                    }
                    _ => return Ok((name, content)),
                },
                Err(partial) => partial.error,
            };
            // If this fails, the file stays until a later process removes it.
            let _ = handle.unlink(&name);
            return Err(error);
        }
    }

    fn create_temporary(&mut self) -> Result<(String, Box<dyn FileHandle>), Errno> {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let process = self.directory.processes().this();
        for _ in 0..NAMES_MAX {
            let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
            let name = file_names::temporary(process, serial, self.directory.now());
            match self.create(&name) {
                Err(Errno::EXIST) => {}
                created => return created.map(|file| (name, file)),
            }
        }
        Err(Errno::EXIST)
    }

    /// Creates a file. Makes room for it if the disk is full.
    fn create(&mut self, name: &str) -> Result<Box<dyn FileHandle>, Errno> {
        loop {
            let create = || self.open.handle.create(name);
            match self.directory.with_descriptor(create) {
                Err(error) if is_disk_full(error) && self.room.make(self.directory, self.open) => {}
                created => return created,
            }
        }
    }

    /// Writes the snapshot to a file that has its name from the start.
    fn write_directly(
        &mut self,
        encode: &mut Encode<'_>,
        halvings: u32,
    ) -> Result<Result<(String, Content), PartialFile>, Errno> {
        for number in 1..=NAMES_MAX {
            let name = self.names.numbered(number);
            if self.directory.used.contains(&name) {
                continue;
            }
            match self.create(&name) {
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    self.directory.used.add(&name);
                    let filled = self.fill(&name, file, encode, halvings);
                    return Ok(filled.map(|content| (name, content)));
                }
            }
        }
        Err(Errno::EXIST)
    }

    /// Writes the content of a file.
    fn fill(
        &mut self,
        name: &str,
        mut file: Box<dyn FileHandle>,
        encode: &mut Encode<'_>,
        halvings: u32,
    ) -> Result<Content, PartialFile> {
        let _ = file.set_mode(MODE);
        let id = file.id().ok();
        let Self {
            directory,
            open,
            room,
            buffers,
            ..
        } = self;
        let mut make_room = || room.make(directory, open);
        let mut output = SnapshotOutput::new(file, buffers, &mut make_room);
        let written = encode(&mut output, halvings).and_then(|()| output.flush());
        let bytes = output.written_bytes();
        if let Err(error) = written {
            return Err(PartialFile {
                name: name.to_owned(),
                written_bytes: bytes,
                error,
            });
        }
        Ok(Content {
            id,
            bytes,
            unsynced: output.sync().err(),
        })
    }

    fn written(&self, name: String, content: Content) -> WrittenFile {
        let file = own_file(&name, &self.buffers.head, content.bytes);
        WrittenFile {
            name,
            bytes: content.bytes,
            file: file.map(|(_, file)| file),
            // Not every file system has this call.
            unsynced: content
                .unsynced
                .filter(|error| !matches!(*error, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)),
        }
    }

    /// Keeps a partial file if a reader can show it, and removes it otherwise. Returns the error.
    fn keep(&self, partial: &PartialFile) -> io::Error {
        let PartialFile {
            name,
            written_bytes,
            error,
        } = partial;
        let written = usize::try_from(*written_bytes).unwrap_or(usize::MAX);
        let head = &self.buffers.head;
        let head = head.get(..written).unwrap_or(head);
        let error = io::Error::from(*error);
        if own_file(name, head, *written_bytes).is_none() {
            let _ = self.open.handle.unlink(name);
            return error;
        }
        // Otherwise a file would stay that no line names.
        self.directory.failures.make_due();
        let path = self.open.path.join(name);
        let text = format!(
            "{error}; the first {written_bytes} bytes are in {}",
            path.display()
        );
        io::Error::new(error.kind(), text)
    }
}

impl Room {
    /// Removes the file of least worth. Returns whether a file was removed.
    fn make(&mut self, directory: &SnapshotDirectory, open: &OpenDirectory) -> bool {
        if self.left_bytes == 0 {
            return false;
        }
        let removed = directory.make_room(open, self.worth_max);
        if let Some(bytes) = removed {
            // A file counts at least as a block of the disk.
            self.left_bytes = self.left_bytes.saturating_sub(bytes.max(4096));
            self.removed += 1;
        }
        removed.is_some()
    }
}
