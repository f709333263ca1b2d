//! A snapshot's blocks.

use super::{Chunks, Damage, DamageKind, NotASnapshot};
use crate::snapshot::{
    BLOCK_MAX_BYTES, BlockKind, CallsiteInfo, FILE_MAGIC, FORMAT_VERSION, SnapshotHeader, Totals,
    block::{
        BLOCK_HEADER_BYTES, BLOCK_MAGIC, BlockHeader, CODEC_LZ4, CODEC_STORED, PREAMBLE_BYTES,
    },
};

/// A snapshot's bytes.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    bytes: &'a [u8],
    /// Where the blocks start.
    start: usize,
    /// Whether the version is what was written.
    version_is_whole: bool,
}

impl<'a> Snapshot<'a> {
    /// Takes bytes that may be a snapshot. One whose first bytes are damaged is taken too, if a
    /// block is found in it.
    ///
    /// # Errors
    ///
    /// [`NotASnapshot`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, NotASnapshot> {
        if bytes.is_empty() {
            return Err(NotASnapshot::Empty);
        }
        if let Some(rest) = bytes.strip_prefix(&FILE_MAGIC) {
            let mut version_is_whole = true;
            if let Some((&[v0, v1, c0, c1], _)) = rest.split_first_chunk() {
                let version = u16::from_le_bytes([v0, v1]);
                // A flipped bit in the version must not hide blocks that are as they were.
                version_is_whole = u16::from_le_bytes([c0, c1]) == !version;
                if version_is_whole && version > FORMAT_VERSION {
                    return Err(NotASnapshot::Version(version));
                }
            }
            return Ok(Self {
                bytes,
                start: PREAMBLE_BYTES.min(bytes.len()),
                version_is_whole,
            });
        }
        match Search::new(bytes).block(0) {
            Some(_) => Ok(Self {
                bytes,
                start: 0,
                version_is_whole: true,
            }),
            None => Err(NotASnapshot::Magic),
        }
    }

    /// The blocks, in the order of the file.
    #[must_use]
    pub fn blocks(self) -> Blocks<'a> {
        Blocks {
            search: Search::new(self.bytes),
            at: self.start,
            next_sequence: 0,
            version_is_damaged: !self.version_is_whole,
            ended: false,
        }
    }
}

/// Reads block after block. Not an iterator, because a block lies in the caller's buffer.
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    search: Search<'a>,
    at: usize,
    next_sequence: u16,
    /// To be answered.
    version_is_damaged: bool,
    /// The end block, or the damage that there is none, has been answered.
    ended: bool,
}

/// A block whose checksum was right.
#[derive(Clone, Debug)]
pub struct Block<'b> {
    /// Where it starts in the file.
    pub offset: usize,
    /// Its number in the snapshot, modulo 65,536.
    pub sequence: u16,
    /// What it holds.
    pub content: Content<'b>,
}

/// What a block holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content<'b> {
    /// Who wrote the snapshot, when and why.
    Header(SnapshotHeader<'b>),
    /// Log statements.
    Callsites(Callsites<'b>),
    /// Records.
    Pages(Chunks<'b>),
    /// The accounting.
    End(Totals),
    /// A kind of block that a later version wrote.
    Unknown(u8),
}

impl Blocks<'_> {
    /// The next block, or the next damage; `None` at the end. `buffer` is for blocks that are
    /// compressed.
    pub fn next<'b>(
        &mut self,
        buffer: &'b mut [u8; BLOCK_MAX_BYTES],
    ) -> Option<Result<Block<'b>, Damage>> {
        if core::mem::take(&mut self.version_is_damaged) {
            return Some(Err(Damage {
                offset: FILE_MAGIC.len(),
                kind: DamageKind::Version,
            }));
        }
        let offset = self.at;
        if offset >= self.search.bytes.len() {
            let cut = !self.ended;
            self.ended = true;
            return cut.then_some(Err(Damage {
                offset,
                kind: DamageKind::NoEnd,
            }));
        }
        match self.search.parse(offset) {
            Parsed::Block {
                header,
                stored,
                end,
            } => {
                let missing = header.sequence.wrapping_sub(self.next_sequence);
                if missing != 0 {
                    // Said once; the block itself comes with the next call.
                    self.next_sequence = header.sequence;
                    let kind = match missing {
                        ..0x8000 => DamageKind::Missing { blocks: missing },
                        _ => DamageKind::OutOfOrder,
                    };
                    return Some(Err(Damage { offset, kind }));
                }
                self.next_sequence = header.sequence.wrapping_add(1);
                self.at = end;
                let content = decompress(header, stored, buffer)
                    .and_then(|bytes| Content::read(header.kind, bytes).ok_or(DamageKind::Content));
                if let Ok(Content::End(_)) = content {
                    self.ended = true;
                }
                Some(match content {
                    Ok(content) => Ok(Block {
                        offset,
                        sequence: header.sequence,
                        content,
                    }),
                    Err(kind) => Err(Damage { offset, kind }),
                })
            }
            Parsed::Damaged(kind) => {
                self.at = self
                    .search
                    .block(offset + 1)
                    .unwrap_or(self.search.bytes.len());
                let kind = match kind {
                    DamageKind::Noise { .. } => DamageKind::Noise {
                        bytes: self.at - offset,
                    },
                    kind => kind,
                };
                Some(Err(Damage { offset, kind }))
            }
        }
    }
}

impl<'b> Content<'b> {
    fn read(kind: u8, bytes: &'b [u8]) -> Option<Self> {
        Some(match BlockKind::from_byte(kind) {
            Some(BlockKind::Header) => Self::Header(postcard::from_bytes(bytes).ok()?),
            Some(BlockKind::Callsites) => Self::Callsites(Callsites(bytes)),
            Some(BlockKind::Pages) => Self::Pages(Chunks::new(bytes)),
            Some(BlockKind::End) => Self::End(postcard::from_bytes(bytes).ok()?),
            None => Self::Unknown(kind),
        })
    }
}

/// The entries of a callsites block.
#[derive(Clone, Debug)]
pub struct Callsites<'b>(&'b [u8]);

impl<'b> Iterator for Callsites<'b> {
    type Item = CallsiteInfo<'b>;

    fn next(&mut self) -> Option<CallsiteInfo<'b>> {
        loop {
            let (&length, rest) = self.0.split_first_chunk()?;
            let (entry, rest) = rest.split_at_checked(u16::from_le_bytes(length).into())?;
            self.0 = rest;
            // Behind the fields that are known there may be those of a later version.
            if let Ok(info) = postcard::from_bytes(entry) {
                return Some(info);
            }
        }
    }
}

enum Parsed<'a> {
    Block {
        header: BlockHeader,
        stored: &'a [u8],
        end: usize,
    },
    Damaged(DamageKind),
}

/// Looks for blocks. Where there are many that seem to be some, and overlap, it gives up at last:
/// a small file must not keep a reader busy for hours.
#[derive(Clone, Debug)]
pub(super) struct Search<'a> {
    bytes: &'a [u8],
    /// How many bytes may still be checked that turn out to be no block.
    left_bytes: usize,
}

impl<'a> Search<'a> {
    const TIMES_FILE: usize = 16;
    const LEAST_BYTES: usize = 1 << 20;

    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let left_bytes = bytes.len().saturating_mul(Self::TIMES_FILE);
        Self {
            bytes,
            left_bytes: left_bytes.saturating_add(Self::LEAST_BYTES),
        }
    }

    /// The block at `offset`, or why there is none.
    fn parse(&mut self, offset: usize) -> Parsed<'a> {
        let here = self.bytes.get(offset..).unwrap_or_default();
        let Some((header, crc, rest)) = BlockHeader::split_from(here) else {
            return Parsed::Damaged(DamageKind::Noise { bytes: 0 });
        };
        let stored_bytes = usize::from(header.stored_bytes);
        let Some(stored) = rest.get(..stored_bytes) else {
            let needed = BLOCK_HEADER_BYTES + stored_bytes;
            return Parsed::Damaged(DamageKind::Cut {
                needed,
                found: here.len(),
            });
        };
        if self.left_bytes < stored_bytes {
            return Parsed::Damaged(DamageKind::Checksum);
        }
        if !header.matches(crc, stored) {
            self.left_bytes -= stored_bytes;
            return Parsed::Damaged(DamageKind::Checksum);
        }
        Parsed::Block {
            header,
            stored,
            end: offset + BLOCK_HEADER_BYTES + stored_bytes,
        }
    }

    /// What is searched.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The header of the block at `offset` and where it ends, if it is whole.
    pub(super) fn whole_block(&mut self, offset: usize) -> Option<(BlockHeader, usize)> {
        match self.parse(offset) {
            Parsed::Block { header, end, .. } => Some((header, end)),
            Parsed::Damaged(_) => None,
        }
    }

    /// The next place from `from` on where a whole block stands.
    pub(super) fn block(&mut self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = self.bytes.get(at..)?;
            at += rest
                .windows(BLOCK_MAGIC.len())
                .position(|window| *window == BLOCK_MAGIC)?;
            // No codec makes a block longer.
            let is_likely = BlockHeader::split_from(self.bytes.get(at..)?)
                .is_some_and(|(header, ..)| header.stored_bytes <= header.raw_bytes);
            if is_likely && matches!(self.parse(at), Parsed::Block { .. }) {
                return Some(at);
            }
            at += 1;
        }
    }
}

fn decompress<'b>(
    header: BlockHeader,
    stored: &[u8],
    buffer: &'b mut [u8; BLOCK_MAX_BYTES],
) -> Result<&'b [u8], DamageKind> {
    let raw_bytes = usize::from(header.raw_bytes);
    let room = buffer.get_mut(..raw_bytes).ok_or(DamageKind::Compression)?;
    let length = match header.codec {
        CODEC_STORED if stored.len() == raw_bytes => {
            room.copy_from_slice(stored);
            raw_bytes
        }
        CODEC_LZ4 => {
            lz4_flex::block::decompress_into(stored, room).map_err(|_| DamageKind::Compression)?
        }
        CODEC_STORED => return Err(DamageKind::Compression),
        codec => return Err(DamageKind::Codec(codec)),
    };
    if length == raw_bytes {
        Ok(room)
    } else {
        Err(DamageKind::Compression)
    }
}
