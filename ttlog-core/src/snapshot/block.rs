//! The frame of every part of a snapshot.

use crate::checksum::checksum;

/// The first eight bytes of a snapshot. As in PNG, the first byte is not ASCII, and the line ends and
/// the end-of-file character show what a transfer in text mode has done.
///
/// # Examples
///
/// ```
/// use ttlog_core::snapshot::{FILE_MAGIC, FORMAT_VERSION};
///
/// # use ttlog_core::{Memory, Ring, SnapshotHeader, ring::{Geometry, Run}};
/// # use ttlog_core::snapshot::{ByteSink, Encoder};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
/// # let header = SnapshotHeader { service: "pump", ..SnapshotHeader::of(&ring, 0) };
/// # let mut file = Vec::new();
/// # Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(|byte| file.push(byte)))?;
/// // `file` holds a snapshot.
/// assert!(file.starts_with(&FILE_MAGIC));
/// assert_eq!(file[8..10], FORMAT_VERSION.to_le_bytes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const FILE_MAGIC: [u8; 8] = *b"\x89TTL\r\n\x1a\n";

/// The version of the format that is written, in two bytes behind the magic.
pub const FORMAT_VERSION: u16 = 2;

/// Number of bytes that lead a snapshot.
pub(crate) const PREAMBLE_BYTES: usize = 12;

/// Magic, version, and the version with all bits inverted.
pub(crate) static PREAMBLE: [u8; PREAMBLE_BYTES] = {
    let [m0, m1, m2, m3, m4, m5, m6, m7] = FILE_MAGIC;
    let [v0, v1] = FORMAT_VERSION.to_le_bytes();
    [m0, m1, m2, m3, m4, m5, m6, m7, v0, v1, !v0, !v1]
};

/// The first four bytes of a block.
pub(crate) const BLOCK_MAGIC: [u8; 4] = *b"\x1eTT2";

/// Maximum number of bytes of a block's content, compressed or not. Below this LZ4 keeps to 16-bit
/// positions, so the same content gives the same bytes on every target.
pub const BLOCK_MAX_BYTES: usize = 0xFFFE;

/// Number of bytes that lead a block's content.
pub(crate) const BLOCK_HEADER_BYTES: usize = 24;

/// The kind of a block's content.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum BlockKind {
    /// The run, the moment and the reason.
    Header = 1,
    /// Callsites.
    Callsites = 2,
    /// Records.
    Pages = 3,
    /// The accounting; the last block.
    End = 4,
    /// The spans that are open.
    OpenSpans = 5,
}

impl BlockKind {
    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        let all = [
            Self::Header,
            Self::Callsites,
            Self::Pages,
            Self::End,
            Self::OpenSpans,
        ];
        all.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// The codec of content that stands in the file as it is.
pub(crate) const CODEC_STORED: u8 = 0;
/// The codec of content that is an LZ4 block (without a frame).
pub(crate) const CODEC_LZ4: u8 = 1;

/// The leading bytes of a block, without magic and checksum.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BlockHeader {
    pub(crate) run_id: u64,
    pub(crate) kind: u8,
    pub(crate) codec: u8,
    /// The number of the block in its snapshot, from 0, modulo 65,536.
    pub(crate) sequence: u16,
    /// Number of bytes of the content once it is decompressed.
    pub(crate) raw_bytes: u16,
    /// Number of bytes of the content in the file.
    pub(crate) stored_bytes: u16,
}

impl BlockHeader {
    /// Returns the leading bytes of the block. The last four are the checksum: of the bytes between
    /// it and the magic, and of the content.
    pub(crate) fn to_bytes(self, content: &[u8]) -> [[u8; 4]; BLOCK_HEADER_BYTES / 4] {
        let fields = self.fields();
        let [run_low, run_high, kind, lengths] = fields;
        let crc = checksum(fields.as_flattened(), content).to_le_bytes();
        [BLOCK_MAGIC, run_low, run_high, kind, lengths, crc]
    }

    pub(crate) fn fields(self) -> [[u8; 4]; 4] {
        let kind =
            u32::from(self.sequence) << 16 | u32::from(self.codec) << 8 | u32::from(self.kind);
        let lengths = u32::from(self.stored_bytes) << 16 | u32::from(self.raw_bytes);
        [
            self.run_id as u32,
            (self.run_id >> 32) as u32,
            kind,
            lengths,
        ]
        .map(u32::to_le_bytes)
    }

    /// Returns the header at the start of `bytes`, the checksum in it, and what follows.
    pub(crate) fn split_from(bytes: &[u8]) -> Option<(Self, u32, &[u8])> {
        let rest = bytes.strip_prefix(&BLOCK_MAGIC)?;
        let (&run_id, rest) = rest.split_first_chunk()?;
        let (&[kind, codec, s0, s1, r0, r1, c0, c1], rest) = rest.split_first_chunk()?;
        let (&crc, rest) = rest.split_first_chunk()?;
        let header = Self {
            run_id: u64::from_le_bytes(run_id),
            kind,
            codec,
            sequence: u16::from_le_bytes([s0, s1]),
            raw_bytes: u16::from_le_bytes([r0, r1]),
            stored_bytes: u16::from_le_bytes([c0, c1]),
        };
        Some((header, u32::from_le_bytes(crc), rest))
    }

    /// Returns whether `crc` is the checksum of this header and content.
    pub(crate) fn matches(self, crc: u32, content: &[u8]) -> bool {
        checksum(self.fields().as_flattened(), content) == crc
    }
}
