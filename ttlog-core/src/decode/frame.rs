//! The frame of a block, of any format version.

use super::{damage::DamageKind, v1};
use crate::{
    checksum::checksum,
    snapshot::{
        BLOCK_MAX_BYTES,
        block::{BLOCK_MAGIC, BlockHeader, CODEC_LZ4, CODEC_STORED},
    },
};

/// The leading bytes of a block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Frame {
    /// The run; `None` in format version 1.
    pub(super) run_id: Option<u64>,
    pub(super) kind: u8,
    pub(super) codec: u8,
    pub(super) sequence: u16,
    pub(super) raw_bytes: u16,
    pub(super) stored_bytes: u16,
}

impl Frame {
    /// Length of the magic of a block.
    pub(super) const MAGIC_BYTES: usize = BLOCK_MAGIC.len();

    /// Returns whether these bytes are the magic of a block.
    pub(super) fn is_magic(bytes: &[u8]) -> bool {
        bytes == BLOCK_MAGIC || bytes == v1::BLOCK_MAGIC
    }

    /// Returns the frame at the start of `bytes`, its checksum, and what follows.
    pub(super) fn split_from(bytes: &[u8]) -> Option<(Self, u32, &[u8])> {
        if let Some((header, crc, rest)) = BlockHeader::split_from(bytes) {
            let frame = Self {
                run_id: Some(header.run_id),
                kind: header.kind,
                codec: header.codec,
                sequence: header.sequence,
                raw_bytes: header.raw_bytes,
                stored_bytes: header.stored_bytes,
            };
            return Some((frame, crc, rest));
        }
        let rest = bytes.strip_prefix(&v1::BLOCK_MAGIC)?;
        let (&[kind, codec, s0, s1, r0, r1, c0, c1], rest) = rest.split_first_chunk()?;
        let (&crc, rest) = rest.split_first_chunk()?;
        let frame = Self {
            run_id: None,
            kind,
            codec,
            sequence: u16::from_le_bytes([s0, s1]),
            raw_bytes: u16::from_le_bytes([r0, r1]),
            stored_bytes: u16::from_le_bytes([c0, c1]),
        };
        Some((frame, u32::from_le_bytes(crc), rest))
    }

    /// Returns whether `crc` is the checksum of this block.
    pub(super) fn matches(self, crc: u32, stored: &[u8]) -> bool {
        let header = BlockHeader {
            run_id: self.run_id.unwrap_or_default(),
            kind: self.kind,
            codec: self.codec,
            sequence: self.sequence,
            raw_bytes: self.raw_bytes,
            stored_bytes: self.stored_bytes,
        };
        match self.run_id {
            Some(_) => header.matches(crc, stored),
            None => {
                let fields = header.fields();
                let fields = fields.as_flattened().get(v1::FIELDS_START..);
                checksum(fields.unwrap_or_default(), stored) == crc
            }
        }
    }

    /// Decompresses the content into `buffer`. Returns the content and the rest of the buffer.
    pub(super) fn decompress<'b>(
        self,
        stored: &[u8],
        buffer: &'b mut [u8; BLOCK_MAX_BYTES],
    ) -> Result<(&'b [u8], &'b mut [u8]), DamageKind> {
        let raw_bytes = usize::from(self.raw_bytes);
        let (room, rest) = buffer
            .split_at_mut_checked(raw_bytes)
            .ok_or(DamageKind::Compression)?;
        let length = match self.codec {
            CODEC_STORED if stored.len() == raw_bytes => {
                room.copy_from_slice(stored);
                raw_bytes
            }
            CODEC_LZ4 => lz4_flex::block::decompress_into(stored, room)
                .map_err(|_| DamageKind::Compression)?,
            CODEC_STORED => return Err(DamageKind::Compression),
            codec => return Err(DamageKind::Codec(codec)),
        };
        if length == raw_bytes {
            Ok((room, rest))
        } else {
            Err(DamageKind::Compression)
        }
    }
}
