//! Splits a snapshot of format version 2 into blocks, and joins blocks with correct checksums.

const PREAMBLE_BYTES: usize = 12;
const LEAD_BYTES: usize = 24;
const MAGIC: &[u8; 4] = b"\x1eTT2";

pub(crate) const CALLSITES: u8 = 2;
pub(crate) const PAGES: u8 = 3;

/// A block: its lead without magic and checksum, and its content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Block {
    lead: [u8; 16],
    content: Vec<u8>,
}

impl Block {
    /// Makes a block of the same run with other content, which is stored.
    pub(crate) fn with_content(&self, kind: u8, content: &[u8]) -> Self {
        let mut lead = self.lead;
        let length = (content.len() as u16).to_le_bytes();
        lead[8..10].copy_from_slice(&[kind, 0]);
        lead[12..14].copy_from_slice(&length);
        lead[14..].copy_from_slice(&length);
        let content = content.to_vec();
        Self { lead, content }
    }

    /// Returns the block as one of another run.
    pub(crate) fn of_run(&self, id: u64) -> Self {
        let mut block = self.clone();
        block.lead[..8].copy_from_slice(&id.to_le_bytes());
        block
    }

    pub(crate) fn content(&self) -> &[u8] {
        &self.content
    }

    pub(crate) fn kind(&self) -> u8 {
        self.lead[8]
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(MAGIC);
        out.extend(self.lead);
        out.extend(crc32(self.lead.iter().chain(&self.content)).to_le_bytes());
        out.extend(&self.content);
    }
}

/// Splits a snapshot into blocks.
pub(crate) fn split(snapshot: &[u8]) -> Vec<Block> {
    let mut rest = &snapshot[PREAMBLE_BYTES..];
    let mut blocks = Vec::new();
    while !rest.is_empty() {
        assert!(rest.starts_with(MAGIC));
        let lead: [u8; 16] = rest[4..20].try_into().unwrap();
        let length = usize::from(u16::from_le_bytes([lead[14], lead[15]]));
        let content = rest[LEAD_BYTES..LEAD_BYTES + length].to_vec();
        rest = &rest[LEAD_BYTES + length..];
        blocks.push(Block { lead, content });
    }
    blocks
}

/// Joins blocks to a snapshot, with correct checksums.
pub(crate) fn join<'b>(blocks: impl IntoIterator<Item = &'b Block>) -> Vec<u8> {
    let mut out = b"\x89TTL\r\n\x1a\n\x02\0\xfd\xff".to_vec();
    for block in blocks {
        block.write(&mut out);
    }
    out
}

/// Joins blocks to a snapshot, and numbers them from 0.
pub(crate) fn renumber<'b>(blocks: impl IntoIterator<Item = &'b Block>) -> Vec<u8> {
    let mut blocks: Vec<_> = blocks.into_iter().cloned().collect();
    for (number, block) in blocks.iter_mut().enumerate() {
        block.lead[10..12].copy_from_slice(&(number as u16).to_le_bytes());
    }
    join(&blocks)
}

fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
