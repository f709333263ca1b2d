//! What can be wrong with a snapshot.

use core::{error::Error, fmt};

/// A damaged place in a snapshot. Reading goes on behind it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Damage {
    /// Where it starts, in bytes from the start of the file.
    pub offset: usize,
    /// What it is.
    pub kind: DamageKind,
}

/// The kinds of damage.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DamageKind {
    /// Bytes that belong to no block.
    Noise {
        /// How many.
        bytes: usize,
    },
    /// The file ends inside a block.
    Cut {
        /// Bytes that the block needs.
        needed: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// A block's content is not what it was when it was written.
    Checksum,
    /// A block is compressed by a codec that this version does not know.
    Codec(u8),
    /// A block's content does not decompress to the length that it states.
    Compression,
    /// A block's content is not what its kind says.
    Content,
    /// One or more blocks are missing before this one.
    Missing {
        /// How many.
        blocks: u16,
    },
    /// A block stands behind one that was written after it: parts of the file are in the wrong
    /// place, or of another snapshot.
    OutOfOrder,
    /// The format version is not what was written; it is taken for one that can be read.
    Version,
    /// The file ends without an end block.
    NoEnd,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: ", self.offset)?;
        match self.kind {
            DamageKind::Noise { bytes } => write!(f, "{bytes} bytes belong to no block"),
            DamageKind::Cut { needed, found } => {
                write!(f, "a block of {needed} bytes is cut off after {found}")
            }
            DamageKind::Checksum => f.write_str("a block's checksum does not match its content"),
            DamageKind::Codec(codec) => {
                write!(
                    f,
                    "a block has codec {codec}, which this version does not know"
                )
            }
            DamageKind::Compression => f.write_str("a block does not decompress"),
            DamageKind::Content => f.write_str("a block's content is not of its kind"),
            DamageKind::Missing { blocks } => write!(f, "{blocks} blocks are missing"),
            DamageKind::OutOfOrder => {
                f.write_str("a block is out of order, or of another snapshot")
            }
            DamageKind::Version => f.write_str("the format version is damaged"),
            DamageKind::NoEnd => f.write_str("the file ends without an end block: it was cut off"),
        }
    }
}

/// The bytes are no snapshot that can be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum NotASnapshot {
    /// There are no bytes.
    Empty,
    /// The magic is missing, and no block is found either.
    Magic,
    /// It was written by a later version, whose format this one does not know.
    Version(u16),
}

impl fmt::Display for NotASnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::Magic => f.write_str("this is not a ttlog snapshot, and holds no block of one"),
            Self::Version(version) => write!(
                f,
                "the snapshot has format version {version}, this program reads up to {}: use a \
                 newer one",
                crate::snapshot::FORMAT_VERSION
            ),
        }
    }
}

impl Error for NotASnapshot {}
