//! Filling blocks and sending them off.

use super::{
    block::{BlockHeader, BlockKind, PREAMBLE},
    callsites::{CALLSITE_LENGTH_BYTES, Description, KindBytes},
    codec::Codec,
    packer::{Pack, pack_into},
    sink::Sink,
};
use crate::registry;

/// The snapshot ends here: the sink took no more, and its error is kept, or else a value does not fit
/// the scratch buffer.
#[derive(Debug)]
pub(super) struct Failed;

/// The block that is being filled. Nothing is generic here: it is compiled once, however many kinds
/// of codecs and sinks there are.
pub(super) struct Blocks<'b> {
    content: &'b mut [u8],
    /// Bytes of `content` in use.
    used: usize,
    /// For the compressed content.
    room: &'b mut [u8],
    codec: &'b mut dyn Codec,
    sink: &'b mut dyn Sink<Error = Failed>,
    /// How many blocks were sent.
    sent: u32,
}

impl<'b> Blocks<'b> {
    /// Sends what leads a snapshot.
    pub(super) fn begin(
        scratch: &'b mut [u8],
        codec: &'b mut dyn Codec,
        sink: &'b mut dyn Sink<Error = Failed>,
    ) -> Result<Self, Failed> {
        sink.write(&PREAMBLE)?;
        // A codec of somebody else's may ask for more than there is.
        let bytes = codec.content_bytes(scratch.len()).min(scratch.len());
        let (content, room) = scratch.split_at_mut(bytes);
        Ok(Self {
            content,
            used: 0,
            room,
            codec,
            sink,
            sent: 0,
        })
    }

    /// How many blocks were sent.
    pub(super) fn sent(&self) -> u32 {
        self.sent
    }

    /// The most bytes of a description that fits a block.
    pub(super) fn description_max_bytes(&self) -> usize {
        self.content.len().saturating_sub(CALLSITE_LENGTH_BYTES)
    }

    /// Whether nothing is in the block.
    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// What is left of the block.
    pub(super) fn rest(&mut self) -> &mut [u8] {
        self.content.get_mut(self.used..).unwrap_or_default()
    }

    /// Adds the first bytes of the rest to the block; they have been written.
    pub(super) fn take(&mut self, bytes: usize) {
        self.used += bytes;
    }

    /// Sends the block, if it holds anything.
    pub(super) fn flush(&mut self, kind: BlockKind) -> Result<(), Failed> {
        if self.used == 0 {
            return Ok(());
        }
        let content = self.content.get(..self.used).unwrap_or_default();
        let (codec, stored) = self.codec.compress(content, self.room);
        let header = BlockHeader {
            kind: kind as u8,
            codec,
            sequence: self.sent as u16,
            raw_bytes: content.len() as u16,
            stored_bytes: stored.len() as u16,
        };
        self.sink.write(header.to_bytes(stored).as_flattened())?;
        self.sink.write(stored)?;
        self.used = 0;
        self.sent += 1;
        Ok(())
    }

    /// Sends a block that holds one value.
    pub(super) fn send(&mut self, kind: BlockKind, value: &dyn Pack) -> Result<(), Failed> {
        self.used = pack_into(value, self.content);
        if self.used > self.content.len() {
            return Err(Failed);
        }
        self.flush(kind)
    }

    /// Goes through all callsites, and sends their descriptions if it is to. Answers how many are known
    /// as well as their records need.
    pub(super) fn callsites(&mut self, sends: bool) -> Result<u32, Failed> {
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
                if sends {
                    self.describe(&mut description)?;
                }
            }
        }
        self.flush(BlockKind::Callsites)?;
        Ok(complete)
    }

    /// Appends a description.
    fn describe(&mut self, description: &mut Description<'_>) -> Result<(), Failed> {
        let length = description.fit(self.description_max_bytes());
        let room = self.entry(length)?;
        pack_into(description, room);
        Ok(())
    }

    /// Appends a description that is packed already.
    pub(super) fn describe_packed(&mut self, packed: &[u8]) -> Result<(), Failed> {
        let room = self.entry(packed.len())?;
        for (to, byte) in room.iter_mut().zip(packed) {
            *to = *byte;
        }
        Ok(())
    }

    /// Appends the length of a description, and answers with room for it. Without room where it does
    /// not fit, because its names alone do not: it is left out.
    fn entry(&mut self, length: usize) -> Result<&mut [u8], Failed> {
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
