//! The compression of a block's content.

pub use lz4_flex::block::CompressTable;
use lz4_flex::block::{compress_into_with_table, get_maximum_output_size};

use super::block::{BLOCK_MAX_BYTES, CODEC_LZ4, CODEC_STORED};

/// A way to compress blocks. It is chosen by type, so a program that only stores blocks does not link a
/// compressor.
///
/// # Examples
///
/// ```
/// use ttlog_core::snapshot::{Codec, Lz4, Stored, lz4_table};
///
/// // LZ4 needs room for the compressed bytes as well.
/// assert_eq!(Stored.content_bytes(1024), 1024);
/// assert!(Lz4(&mut lz4_table()).content_bytes(1024) < 512);
/// ```
pub trait Codec {
    /// Returns the maximum length of a block's content for a scratch buffer of `scratch_bytes`.
    fn content_bytes(&self, scratch_bytes: usize) -> usize;

    /// Compresses `content` into `room`. Returns the number of the codec and the bytes for the file.
    fn compress<'b>(&mut self, content: &'b [u8], room: &'b mut [u8]) -> (u8, &'b [u8]);
}

/// Stores blocks as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stored;

impl Codec for Stored {
    fn content_bytes(&self, scratch_bytes: usize) -> usize {
        scratch_bytes.min(BLOCK_MAX_BYTES)
    }

    fn compress<'b>(&mut self, content: &'b [u8], _room: &'b mut [u8]) -> (u8, &'b [u8]) {
        (CODEC_STORED, content)
    }
}

/// Compresses blocks by LZ4, with a table that the caller provides. A compressor that makes its own
/// table allocates if any crate in the build enables that feature of lz4_flex.
///
/// # Examples
///
/// ```
/// use ttlog_core::snapshot::{Codec, Lz4, lz4_table};
///
/// let (mut table, mut room) = (lz4_table(), [0; 1024]);
/// let (_, compressed) = Lz4(&mut table).compress(&[0; 400], &mut room);
/// assert!(compressed.len() < 40);
/// ```
pub struct Lz4<'t>(pub &'t mut CompressTable);

impl core::fmt::Debug for Lz4<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Lz4")
    }
}

/// Returns a table for [`Lz4`], 16 KiB.
#[must_use]
pub fn lz4_table() -> CompressTable {
    CompressTable::small()
}

impl Codec for Lz4<'_> {
    fn content_bytes(&self, scratch_bytes: usize) -> usize {
        // The worst case of LZ4 is 20 + 1.1 × content.
        (scratch_bytes.saturating_sub(24) * 10 / 21).min(BLOCK_MAX_BYTES)
    }

    fn compress<'b>(&mut self, content: &'b [u8], room: &'b mut [u8]) -> (u8, &'b [u8]) {
        if room.len() >= get_maximum_output_size(content.len())
            && let Ok(length) = compress_into_with_table(content, room, self.0)
            && length < content.len()
            && let Some(compressed) = room.get(..length)
        {
            return (CODEC_LZ4, compressed);
        }
        (CODEC_STORED, content)
    }
}
