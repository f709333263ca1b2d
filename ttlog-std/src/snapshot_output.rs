//! The bytes of a snapshot on their way into a file.

use rustix::io::Errno;
use ttlog_core::snapshot::Sink;

use crate::{
    encode_buffers::FileBuffers,
    file_system::{FileHandle, is_disk_full},
};

/// A file that is being written, through a buffer.
pub(crate) struct SnapshotOutput<'a> {
    file: Box<dyn FileHandle>,
    buffers: &'a mut FileBuffers,
    written_bytes: u64,
    /// Removes a file if the disk is full. Returns `false` if there is none to remove.
    make_room: &'a mut dyn FnMut() -> bool,
}

impl<'a> SnapshotOutput<'a> {
    /// Uses the capacity of the buffers, and replaces their content.
    pub(crate) fn new(
        file: Box<dyn FileHandle>,
        buffers: &'a mut FileBuffers,
        make_room: &'a mut dyn FnMut() -> bool,
    ) -> Self {
        buffers.output.clear();
        buffers.head.clear();
        Self {
            file,
            buffers,
            written_bytes: 0,
            make_room,
        }
    }

    /// Writes the bytes in the buffer. If that fails, they are lost.
    pub(crate) fn flush(&mut self) -> Result<(), Errno> {
        let Self { file, buffers, .. } = self;
        let written = write_all(
            &mut **file,
            &buffers.output,
            &mut self.written_bytes,
            self.make_room,
        );
        buffers.output.clear();
        written
    }

    /// Waits until the bytes that were written are on the disk.
    pub(crate) fn sync(&mut self) -> Result<(), Errno> {
        self.file.sync()
    }

    /// Returns the number of bytes in the file.
    pub(crate) fn written_bytes(&self) -> u64 {
        self.written_bytes
    }
}

impl Sink for SnapshotOutput<'_> {
    type Error = Errno;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        let FileBuffers { output, head } = &mut *self.buffers;
        let missing = head.capacity() - head.len();
        head.extend_from_slice(bytes.get(..missing).unwrap_or(bytes));
        if output.len() + bytes.len() > output.capacity() {
            self.flush()?;
        }
        let output = &mut self.buffers.output;
        if bytes.len() <= output.capacity() {
            output.extend_from_slice(bytes);
            return Ok(());
        }
        write_all(
            &mut *self.file,
            bytes,
            &mut self.written_bytes,
            self.make_room,
        )
    }
}

/// Writes all bytes. A write that fails is tried once more, because the error may be of that moment only.
fn write_all(
    file: &mut dyn FileHandle,
    mut bytes: &[u8],
    written_bytes: &mut u64,
    make_room: &mut dyn FnMut() -> bool,
) -> Result<(), Errno> {
    let mut is_retried = false;
    while !bytes.is_empty() {
        match file.write(bytes) {
            // The system states no error, so the next write would not end either.
            Ok(0) => return Err(Errno::IO),
            Ok(written) => {
                *written_bytes += written as u64;
                bytes = bytes.get(written..).unwrap_or_default();
            }
            Err(Errno::INTR) => {}
            Err(error) if is_disk_full(error) && make_room() => {}
            Err(_) if !is_retried => is_retried = true,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
