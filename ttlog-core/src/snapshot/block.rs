//! The frame that every part of a snapshot stands in.

use crc::{CRC_32_ISO_HDLC, Crc};

/// The first eight bytes of a snapshot. As in PNG, the first byte is no ASCII, and the line ends
/// and the end-of-file character show what a transfer in text mode has done.
pub const FILE_MAGIC: [u8; 8] = *b"\x89TTL\r\n\x1a\n";

/// The version of the format that is written, in two bytes behind the magic.
pub const FORMAT_VERSION: u16 = 1;

/// How many bytes lead a snapshot.
pub(crate) const PREAMBLE_BYTES: usize = 12;

/// Magic, version, and the version with all bits inverted.
pub(crate) static PREAMBLE: [u8; PREAMBLE_BYTES] = {
    let [m0, m1, m2, m3, m4, m5, m6, m7] = FILE_MAGIC;
    let [v0, v1] = FORMAT_VERSION.to_le_bytes();
    [m0, m1, m2, m3, m4, m5, m6, m7, v0, v1, !v0, !v1]
};

/// The first four bytes of a block.
pub(crate) const BLOCK_MAGIC: [u8; 4] = *b"\x1eTTB";

/// The most bytes of a block's content, compressed or not: LZ4 keeps to 16-bit positions below
/// this, so the same content gives the same bytes on every target.
pub const BLOCK_MAX_BYTES: usize = 0xFFFE;

/// How many bytes lead a block's content.
pub(crate) const BLOCK_HEADER_BYTES: usize = 16;

/// What a block holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum BlockKind {
    /// Who wrote the snapshot, when and why.
    Header = 1,
    /// Log statements.
    Callsites = 2,
    /// Records.
    Pages = 3,
    /// The accounting; the last block.
    End = 4,
}

impl BlockKind {
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Header, Self::Callsites, Self::Pages, Self::End]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// The content is as it is.
pub(crate) const CODEC_STORED: u8 = 0;
/// The content is an LZ4 block (without a frame).
pub(crate) const CODEC_LZ4: u8 = 1;

/// A block's leading bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BlockHeader {
    pub(crate) kind: u8,
    pub(crate) codec: u8,
    /// The number of the block in its snapshot, from 0, modulo 65,536.
    pub(crate) sequence: u16,
    /// Bytes of the content once it is decompressed.
    pub(crate) raw_bytes: u16,
    /// Bytes of the content as it stands in the file.
    pub(crate) stored_bytes: u16,
}

/// The checksum of blocks, and of all else that has one.
pub(crate) static CRC: Crc<u32, CrcTable> = Crc::<u32, CrcTable>::new(&CRC_32_ISO_HDLC);

/// On a host the checksum has a table. On a board its 1 KiB is worth more than the time: it is a
/// sixth of the encoder.
#[cfg(not(target_os = "none"))]
pub(crate) type CrcTable = crc::Table<1>;
#[cfg(target_os = "none")]
pub(crate) type CrcTable = crc::NoTable;

impl BlockHeader {
    /// The block's leading bytes; the checksum is of the eight before it and of the content.
    pub(crate) fn to_bytes(self, content: &[u8]) -> [[u8; 4]; BLOCK_HEADER_BYTES / 4] {
        let fields = self.fields();
        let [kind, lengths] = fields;
        let crc = checksum(fields.as_flattened(), content).to_le_bytes();
        [BLOCK_MAGIC, kind, lengths, crc]
    }

    fn fields(self) -> [[u8; 4]; 2] {
        let kind =
            u32::from(self.sequence) << 16 | u32::from(self.codec) << 8 | u32::from(self.kind);
        let lengths = u32::from(self.stored_bytes) << 16 | u32::from(self.raw_bytes);
        [kind.to_le_bytes(), lengths.to_le_bytes()]
    }

    /// The header at the start of `bytes`, the checksum that stands in it, and what follows.
    pub(crate) fn split_from(bytes: &[u8]) -> Option<(Self, u32, &[u8])> {
        let rest = bytes.strip_prefix(&BLOCK_MAGIC)?;
        let (&[kind, codec, s0, s1, r0, r1, c0, c1], rest) = rest.split_first_chunk()?;
        let (&crc, rest) = rest.split_first_chunk()?;
        let header = Self {
            kind,
            codec,
            sequence: u16::from_le_bytes([s0, s1]),
            raw_bytes: u16::from_le_bytes([r0, r1]),
            stored_bytes: u16::from_le_bytes([c0, c1]),
        };
        Some((header, u32::from_le_bytes(crc), rest))
    }

    /// Whether `crc` is the checksum of this header and content.
    pub(crate) fn matches(self, crc: u32, content: &[u8]) -> bool {
        checksum(self.fields().as_flattened(), content) == crc
    }
}

fn checksum(fields: &[u8], content: &[u8]) -> u32 {
    let mut digest = CRC.digest();
    digest.update(fields);
    digest.update(content);
    digest.finalize()
}
