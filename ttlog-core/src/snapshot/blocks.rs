//! Filling blocks and writing them into the sink.

use super::{
    block::{BlockHeader, BlockKind, PREAMBLE},
    codec::Codec,
    sink::Sink,
};
use crate::{
    callsite_info::{Description, KindBytes},
    checksum::checksum,
    packer::{Pack, pack_into},
    registry,
};

/// Number of bytes that lead the description of a callsite: its length, little-endian. So
/// descriptions can grow.
const CALLSITE_LENGTH_BYTES: usize = 2;

/// The snapshot ends early: the sink returned an error, which is kept, or a value does not fit the
/// scratch buffer.
#[derive(Debug)]
pub(super) struct Incomplete;

/// The block that is being filled. It is not generic, so it is compiled once for all codecs and sinks.
pub(super) struct Blocks<'b> {
    run_id: u64,
    content: &'b mut [u8],
    /// Number of bytes of `content` in use; more than there are if a value does not fit.
    used: usize,
    /// Room for the compressed content.
    room: &'b mut [u8],
    codec: &'b mut dyn Codec,
    sink: &'b mut dyn Sink<Error = Incomplete>,
    /// Number of blocks written.
    written: u32,
    /// Checksum of the checksums of the blocks written: see [`Totals`](super::Totals).
    checksum: u32,
}

impl<'b> Blocks<'b> {
    /// Writes the preamble.
    pub(super) fn begin(
        run_id: u64,
        scratch: &'b mut [u8],
        codec: &'b mut dyn Codec,
        sink: &'b mut dyn Sink<Error = Incomplete>,
    ) -> Result<Self, Incomplete> {
        sink.write(&PREAMBLE)?;
        // A codec of the caller may ask for more than there is.
        let bytes = codec.content_bytes(scratch.len()).min(scratch.len());
        let (content, room) = scratch.split_at_mut(bytes);
        Ok(Self {
            run_id,
            content,
            used: 0,
            room,
            codec,
            sink,
            written: 0,
            checksum: 0,
        })
    }

    /// Returns the number of blocks written, and the checksum of their checksums.
    pub(super) fn written(&self) -> (u32, u32) {
        (self.written, self.checksum)
    }

    /// Returns the maximum length of a description that fits a block.
    fn description_max_bytes(&self) -> usize {
        self.content.len().saturating_sub(CALLSITE_LENGTH_BYTES)
    }

    /// Returns an error if a description of this length does not fit a block, which is empty.
    pub(super) fn check_description(&mut self, bytes: usize) -> Result<(), Incomplete> {
        if self.description_max_bytes() < bytes {
            self.used = CALLSITE_LENGTH_BYTES + bytes;
            return Err(Incomplete);
        }
        Ok(())
    }

    /// Returns the length of the block's content, or of the value that does not fit.
    pub(super) fn content_bytes(&self) -> usize {
        self.used
    }

    /// Returns whether the block is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Returns the free part of the block.
    pub(super) fn rest(&mut self) -> &mut [u8] {
        self.content.get_mut(self.used..).unwrap_or_default()
    }

    /// Adds the first bytes of the free part, which have been written, to the block.
    pub(super) fn take(&mut self, bytes: usize) {
        self.used += bytes;
    }

    /// Writes the block into the sink, unless it is empty.
    pub(super) fn flush(&mut self, kind: BlockKind) -> Result<(), Incomplete> {
        if self.used == 0 {
            return Ok(());
        }
        let content = self.content.get(..self.used).unwrap_or_default();
        let (codec, stored) = self.codec.compress(content, self.room);
        let header = BlockHeader {
            run_id: self.run_id,
            kind: kind as u8,
            codec,
            sequence: self.written as u16,
            raw_bytes: content.len() as u16,
            stored_bytes: stored.len() as u16,
        };
        let header = header.to_bytes(stored);
        let [.., crc] = &header;
        self.checksum = checksum(&self.checksum.to_le_bytes(), crc);
        self.sink.write(header.as_flattened())?;
        self.sink.write(stored)?;
        self.used = 0;
        self.written += 1;
        Ok(())
    }

    /// Writes a block that holds one value.
    pub(super) fn write(&mut self, kind: BlockKind, value: &dyn Pack) -> Result<(), Incomplete> {
        self.used = pack_into(value, self.content);
        if self.used > self.content.len() {
            return Err(Incomplete);
        }
        self.flush(kind)
    }

    /// Writes the descriptions of all callsites, if `writes`. Returns how many of the descriptions state
    /// all that the records need.
    pub(super) fn callsites(&mut self, writes: bool) -> Result<u32, Incomplete> {
        let mut complete = 0;
        let mut id = 0;
        let last = registry::last_id();
        while id < last {
            id += 1;
            let mut kinds = KindBytes::default();
            if let Some(callsite) = registry::get(id)
                && let Some(mut description) = Description::of(callsite, &mut kinds)
            {
                complete += u32::from(description.is_complete());
                if writes {
                    self.describe(&mut description)?;
                }
            }
        }
        self.flush(BlockKind::Callsites)?;
        Ok(complete)
    }

    /// Appends a description.
    fn describe(&mut self, description: &mut Description<'_>) -> Result<(), Incomplete> {
        let length = description.fit(self.description_max_bytes());
        let room = self.entry(length)?;
        pack_into(description, room);
        Ok(())
    }

    /// Appends a packed description.
    pub(super) fn describe_packed(&mut self, packed: &[u8]) -> Result<(), Incomplete> {
        let room = self.entry(packed.len())?;
        for (to, byte) in room.iter_mut().zip(packed) {
            *to = *byte;
        }
        Ok(())
    }

    /// Appends the length of a description, and returns room for it. Returns empty room if the
    /// description does not fit a block, because its names alone do not: it is left out.
    fn entry(&mut self, length: usize) -> Result<&mut [u8], Incomplete> {
        let whole = CALLSITE_LENGTH_BYTES + length;
        if self.rest().len() < whole {
            self.flush(BlockKind::Callsites)?;
        }
        let used = self.used;
        let Some(entry) = self.content.get_mut(used..used + whole) else {
            return Ok(&mut []);
        };
        self.used += whole;
        let Some((lead, room)) = entry.split_first_chunk_mut() else {
            return Ok(&mut []);
        };
        *lead = (length as u16).to_le_bytes();
        Ok(room)
    }
}
