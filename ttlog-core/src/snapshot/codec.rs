//! How a block's content is compressed.

pub use lz4_flex::block::CompressTable;
use lz4_flex::block::{compress_into_with_table, get_maximum_output_size};

use super::block::{BLOCK_MAX_BYTES, CODEC_LZ4, CODEC_STORED};

/// A way to compress blocks. Chosen by type, so that a program which only stores blocks has no
/// compressor linked in.
pub trait Codec {
    /// How many bytes of content a block may have when the scratch buffer has so many bytes.
    fn content_bytes(&self, scratch_bytes: usize) -> usize;

    /// Compresses `content` into `room`. Answers the codec's number and the bytes that stand in
    /// the file.
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

/// Compresses blocks by LZ4, with a table that the caller made: a compressor that makes its own
/// would allocate as soon as any crate in the build asks lz4_flex to.
pub struct Lz4<'t>(pub &'t mut CompressTable);

impl core::fmt::Debug for Lz4<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Lz4")
    }
}

/// The table that [`Lz4`] needs, 16 KiB.
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
