//! Searching bytes for blocks.

use core::ops::Range;

use super::{damage::DamageKind, frame::Frame};
use crate::snapshot::BLOCK_MAX_BYTES;

/// A search for blocks in bytes. It gives up after checking some times as many bytes as the snapshot has:
/// a small file made to look like many overlapping blocks must not keep a reader busy for hours.
#[derive(Clone, Debug)]
pub(super) struct Search<'a> {
    bytes: &'a [u8],
    /// Number of bytes that may still be checked in vain.
    left_bytes: usize,
}

/// A block whose checksum matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole<'a> {
    pub(super) frame: Frame,
    /// The checksum.
    pub(super) crc: u32,
    /// The content as it stands in the file.
    pub(super) stored: &'a [u8],
    /// Offset of the end of the block.
    pub(super) end: usize,
}

impl<'a> Search<'a> {
    const TIMES_SNAPSHOT: usize = 16;

    /// Starts a search in `bytes`, of which the first `snapshot_bytes` are those of the snapshot.
    pub(super) fn new(bytes: &'a [u8], snapshot_bytes: usize) -> Self {
        let left_bytes = snapshot_bytes.saturating_mul(Self::TIMES_SNAPSHOT);
        Self {
            bytes,
            left_bytes: left_bytes.saturating_add(BLOCK_MAX_BYTES),
        }
    }

    /// Returns the bytes that are searched.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the block at `offset`, or why there is none.
    pub(super) fn block_at(&mut self, offset: usize) -> Result<Whole<'a>, DamageKind> {
        let here = self.bytes.get(offset..).unwrap_or_default();
        let (frame, crc, rest) = Frame::split_from(here).ok_or(DamageKind::Noise { bytes: 0 })?;
        let stored_bytes = usize::from(frame.stored_bytes);
        let lead = here.len() - rest.len();
        let stored = rest.get(..stored_bytes).ok_or(DamageKind::Cut {
            needed: lead + stored_bytes,
            found: here.len(),
        })?;
        if self.left_bytes < stored_bytes {
            return Err(DamageKind::Checksum);
        }
        if !frame.matches(crc, stored) {
            self.left_bytes -= stored_bytes;
            return Err(DamageKind::Checksum);
        }
        Ok(Whole {
            frame,
            crc,
            stored,
            end: offset + lead + stored_bytes,
        })
    }

    /// Returns where the first whole block begins that begins in `range`.
    pub(super) fn next_block(&mut self, range: Range<usize>) -> Option<usize> {
        let mut at = range.start;
        let end = (range.end.saturating_add(Frame::MAGIC_BYTES - 1)).min(self.bytes.len());
        loop {
            let rest = self.bytes.get(at..end)?;
            at += rest.windows(Frame::MAGIC_BYTES).position(Frame::is_magic)?;
            // No codec makes a block longer.
            let is_likely = Frame::split_from(self.bytes.get(at..)?)
                .is_some_and(|(frame, ..)| frame.stored_bytes <= frame.raw_bytes);
            if is_likely && self.block_at(at).is_ok() {
                return Some(at);
            }
            at += 1;
        }
    }
}
