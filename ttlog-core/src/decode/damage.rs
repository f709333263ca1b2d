//! Damage of a snapshot.

use core::{error::Error, fmt};

/// A damaged place in a snapshot. Reading continues behind it.
///
/// # Examples
///
/// ```
/// use ttlog_core::decode::{Damage, DamageKind};
///
/// let damage = Damage { offset: 36, kind: DamageKind::Missing { blocks: 2 } };
/// assert_eq!(damage.to_string(), "at byte 36: 2 blocks are missing");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Damage {
    /// Offset in bytes from the start of the file.
    pub offset: usize,
    /// The kind of damage.
    pub kind: DamageKind,
}

/// A kind of damage.
///
/// # Examples
///
/// ```
/// use ttlog_core::{decode::{DamageKind, Snapshot}, snapshot::BLOCK_MAX_BYTES};
///
/// # use ttlog_core::{Memory, Ring, SnapshotHeader, ring::{Geometry, Run}};
/// # use ttlog_core::snapshot::{ByteSink, Encoder};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
/// # let header = SnapshotHeader { service: "pump", ..SnapshotHeader::of(&ring, 0) };
/// # let mut file = Vec::new();
/// # Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(|byte| file.push(byte)))?;
/// // `file` holds a snapshot. A bit in the content of its first block flips.
/// file[40] ^= 1;
/// let mut blocks = Snapshot::new(&file)?.blocks();
/// let Some(Err(damage)) = blocks.next(&mut [0; BLOCK_MAX_BYTES]) else {
///     panic!("the checksum shows the flipped bit");
/// };
/// assert_eq!((damage.offset, damage.kind), (12, DamageKind::Checksum));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DamageKind {
    /// Bytes that belong to no block.
    Noise {
        /// Number of bytes.
        bytes: usize,
    },
    /// The file ends inside a block.
    Cut {
        /// Length of the block.
        needed: usize,
        /// Number of bytes left of the file.
        found: usize,
    },
    /// The checksum of a block does not match.
    Checksum,
    /// A block has a codec that this version does not know.
    Codec(u8),
    /// The content of a block does not decompress to the length that is stated.
    Compression,
    /// The content of a block is not what its kind says.
    Content,
    /// Blocks are missing before this one.
    Missing {
        /// Number of blocks, modulo 65,536.
        blocks: u16,
    },
    /// A block stands behind one that was written after it, or is in the file twice.
    OutOfOrder,
    /// A block of another run. It is not read.
    OtherRun,
    /// The blocks are not those that the end block states: some are missing, doubled, in another order,
    /// or of another snapshot.
    OtherBlocks,
    /// Bytes follow the end block.
    Trailing {
        /// Number of bytes.
        bytes: usize,
    },
    /// The format version does not match its inverse. The snapshot is read as one of a known version.
    Version,
    /// The file ends without an end block.
    NoEnd,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.kind)
    }
}

impl Error for Damage {}

impl fmt::Display for DamageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noise { bytes } => write!(f, "{bytes} bytes belong to no block"),
            Self::Cut { needed, found } => {
                write!(f, "a block of {needed} bytes is cut off after {found}")
            }
            Self::Checksum => f.write_str("a block's checksum does not match its content"),
            Self::Codec(codec) => {
                write!(
                    f,
                    "a block has codec {codec}, which this version does not know"
                )
            }
            Self::Compression => f.write_str("a block does not decompress"),
            Self::Content => f.write_str("a block's content is not of its kind"),
            Self::Missing { blocks } => write!(f, "{blocks} blocks are missing"),
            Self::OutOfOrder => f.write_str("a block is out of order, or in the file twice"),
            Self::OtherRun => f.write_str("a block of another run: it is left out"),
            Self::OtherBlocks => f.write_str(
                "the blocks are not those that the end block states: some are missing, doubled, \
                 moved, or of another snapshot",
            ),
            Self::Trailing { bytes } => {
                write!(f, "{bytes} bytes follow the end of the snapshot")
            }
            Self::Version => f.write_str("the format version is damaged"),
            Self::NoEnd => f.write_str("the file ends without an end block: it was cut off"),
        }
    }
}

/// Why bytes cannot be read as a snapshot.
///
/// # Examples
///
/// ```
/// use ttlog_core::{decode::{NotASnapshot, Snapshot}, snapshot::FILE_MAGIC};
///
/// // The version is followed by the version with all bits inverted.
/// let file = [&FILE_MAGIC[..], &9_u16.to_le_bytes(), &(!9_u16).to_le_bytes()].concat();
/// assert_eq!(Snapshot::new(&file).unwrap_err(), NotASnapshot::Version(9));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NotASnapshot {
    /// There are no bytes.
    Empty,
    /// The magic is missing, and there is no block.
    Magic,
    /// A later version wrote the snapshot. Its format is not known.
    Version(u16),
}

impl fmt::Display for NotASnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::Magic => f.write_str(
                "not a ttlog snapshot: the magic is missing, and there is no whole block",
            ),
            Self::Version(version) => write!(
                f,
                "format version {version} is not known: this program reads up to version {}; use a \
                 newer one",
                crate::snapshot::FORMAT_VERSION
            ),
        }
    }
}

impl Error for NotASnapshot {}
