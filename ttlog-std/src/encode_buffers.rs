//! The memory that a snapshot needs, allocated before a snapshot is due.

use std::fmt;

use ttlog_core::snapshot::{CompressTable, lz4_table};

use crate::{clock::SegmentBuffer, snapshot_index::HEAD_BYTES};

/// Length of the scratch buffer. The encoder's largest blocks have this length.
const SCRATCH_BYTES: usize = 128 * 1024;

/// Length of the buffer between the encoder and the file.
const FILE_BYTES: usize = 128 * 1024;

/// Buffers for an encoder.
pub(crate) struct EncodeBuffers {
    pub(crate) scratch: Vec<u8>,
    pub(crate) table: Box<CompressTable>,
    pub(crate) segments: Box<SegmentBuffer>,
    pub(crate) file: FileBuffers,
}

/// Buffers for a file.
pub(crate) struct FileBuffers {
    /// Bytes that are not written yet.
    pub(crate) output: Vec<u8>,
    /// The first bytes of the file.
    pub(crate) head: Vec<u8>,
}

impl fmt::Debug for EncodeBuffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodeBuffers").finish_non_exhaustive()
    }
}

impl EncodeBuffers {
    pub(crate) fn new() -> Self {
        Self::of_bytes(SCRATCH_BYTES, FILE_BYTES)
    }

    /// Allocates a scratch buffer and a file's buffer of these lengths.
    pub(crate) fn of_bytes(scratch_bytes: usize, file_bytes: usize) -> Self {
        Self {
            scratch: vec![0; scratch_bytes],
            table: Box::new(lz4_table()),
            segments: Box::new([0; _]),
            file: FileBuffers::new(file_bytes),
        }
    }
}

impl FileBuffers {
    fn new(file_bytes: usize) -> Self {
        Self {
            output: Vec::with_capacity(file_bytes),
            head: Vec::with_capacity(HEAD_BYTES),
        }
    }
}
