//! The blocks of a snapshot.

use super::{
    content::Content,
    damage::{Damage, DamageKind, NotASnapshot},
    search::{Search, Whole},
};
use crate::{
    checksum::checksum,
    snapshot::{
        BLOCK_MAX_BYTES, BlockKind, FILE_MAGIC, FORMAT_VERSION, Totals, block::PREAMBLE_BYTES,
    },
};

/// The bytes of a snapshot.
///
/// # Examples
///
/// ```
/// use ttlog_core::{decode::Snapshot, snapshot::BLOCK_MAX_BYTES};
///
/// # use ttlog_core::{Memory, Ring, SnapshotHeader, ring::{Geometry, Run}};
/// # use ttlog_core::snapshot::{ByteSink, Encoder};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
/// # let header = SnapshotHeader { service: "pump", ..SnapshotHeader::of(&ring, 0) };
/// # let mut file = Vec::new();
/// # Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(|byte| file.push(byte)))?;
/// // `file` holds the snapshot of an empty ring: a header block and an end block.
/// let mut blocks = Snapshot::new(&file)?.blocks();
/// let mut buffer = [0; BLOCK_MAX_BYTES];
/// let mut count = 0;
/// while let Some(block) = blocks.next(&mut buffer) {
///     block?;
///     count += 1;
/// }
/// assert_eq!(count, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    bytes: &'a [u8],
    /// Offset of the first block.
    start: usize,
    /// True if the version matches its inverse.
    version_is_whole: bool,
}

impl<'a> Snapshot<'a> {
    /// Opens bytes that may be a snapshot. Bytes with a damaged beginning are accepted if they hold a
    /// whole block.
    ///
    /// # Errors
    ///
    /// - [`NotASnapshot::Empty`] if there are no bytes.
    /// - [`NotASnapshot::Magic`] if the magic is missing and there is no block.
    /// - [`NotASnapshot::Version`] if a later version wrote the snapshot.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{decode::{NotASnapshot, Snapshot}, snapshot::FILE_MAGIC};
    ///
    /// assert!(Snapshot::new(&FILE_MAGIC).is_ok()); // the rest is cut off
    /// assert_eq!(Snapshot::new(b"").unwrap_err(), NotASnapshot::Empty);
    /// assert_eq!(Snapshot::new(b"a log").unwrap_err(), NotASnapshot::Magic);
    /// ```
    pub fn new(bytes: &'a [u8]) -> Result<Self, NotASnapshot> {
        if bytes.is_empty() {
            return Err(NotASnapshot::Empty);
        }
        if let Some(rest) = bytes.strip_prefix(&FILE_MAGIC) {
            let mut version_is_whole = true;
            if let Some((&[v0, v1, c0, c1], _)) = rest.split_first_chunk() {
                let version = u16::from_le_bytes([v0, v1]);
                // A flipped bit in the version must not hide blocks that are whole.
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
        match Search::new(bytes, bytes.len()).next_block(0..bytes.len()) {
            Some(_) => Ok(Self {
                bytes,
                start: 0,
                version_is_whole: true,
            }),
            None => Err(NotASnapshot::Magic),
        }
    }

    /// Returns the blocks, in the order of the file.
    #[must_use]
    pub fn blocks(self) -> Blocks<'a> {
        let next_snapshot = next_magic(self.bytes, self.start);
        Blocks {
            search: Search::new(self.bytes, next_snapshot),
            at: self.start,
            next_snapshot,
            has_preamble: self.start != 0,
            run: None,
            next_sequence: 0,
            read: 0,
            checksum: 0,
            version_is_damaged: !self.version_is_whole,
            is_damaged: false,
            progress: Progress::Blocks,
        }
    }
}

/// Reads one block after the other. It is not an iterator, because a block borrows the caller's buffer.
#[derive(Clone)]
pub struct Blocks<'a> {
    search: Search<'a>,
    at: usize,
    /// Offset of the next snapshot, if that is not before `at`.
    next_snapshot: usize,
    /// Set once the preamble has been passed. The preamble may follow bytes that belong to no snapshot.
    has_preamble: bool,
    /// The run of the first block.
    run: Option<Option<u64>>,
    next_sequence: u16,
    /// Number of blocks read, and the checksum of their checksums.
    read: u32,
    checksum: u32,
    /// To be returned.
    version_is_damaged: bool,
    /// True if a damage has been returned.
    is_damaged: bool,
    progress: Progress,
}

/// The progress of reading a snapshot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Progress {
    /// Blocks follow.
    Blocks,
    /// The end block has been returned. What follows up to the next snapshot is damage.
    EndBlock,
    /// Nothing follows.
    Done,
}

/// A block whose checksum matches.
///
/// # Examples
///
/// ```
/// use ttlog_core::{decode::Snapshot, snapshot::BLOCK_MAX_BYTES};
///
/// # use ttlog_core::{Memory, Ring, SnapshotHeader, ring::{Geometry, Run}};
/// # use ttlog_core::snapshot::{ByteSink, Encoder};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
/// # let header = SnapshotHeader { service: "pump", ..SnapshotHeader::of(&ring, 0) };
/// # let mut file = Vec::new();
/// # Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(|byte| file.push(byte)))?;
/// // `file` holds a snapshot of the run 0x5eed.
/// let mut buffer = [0; BLOCK_MAX_BYTES];
/// let block = Snapshot::new(&file)?.blocks().next(&mut buffer).expect("a header block")?;
/// assert_eq!((block.offset, block.sequence), (12, 0)); // behind magic and version
/// assert_eq!(block.run_id, Some(0x5eed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Block<'b> {
    /// Offset of the block in the file.
    pub offset: usize,
    /// Number of the block in the snapshot, modulo 65,536.
    pub sequence: u16,
    /// The run; `None` in format version 1.
    pub run_id: Option<u64>,
    /// The content.
    pub content: Content<'b>,
}

impl core::fmt::Debug for Blocks<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Blocks")
            .field("at", &self.at)
            .field("next_sequence", &self.next_sequence)
            .finish_non_exhaustive()
    }
}

impl Blocks<'_> {
    /// Returns the next block, or the next damage. Returns `None` at the end: behind the end block, or
    /// where another snapshot begins. `buffer` is for decompressed content.
    ///
    /// # Examples
    ///
    /// A file that ends inside a block:
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
    /// // `file` holds a snapshot of two blocks. The last byte is lost.
    /// let mut blocks = Snapshot::new(&file[..file.len() - 1])?.blocks();
    /// let mut buffer = [0; BLOCK_MAX_BYTES];
    /// assert!(matches!(blocks.next(&mut buffer), Some(Ok(_))));
    /// let Some(Err(damage)) = blocks.next(&mut buffer) else { panic!("the end block is cut off") };
    /// assert!(matches!(damage.kind, DamageKind::Cut { .. }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn next<'b>(
        &mut self,
        buffer: &'b mut [u8; BLOCK_MAX_BYTES],
    ) -> Option<Result<Block<'b>, Damage>> {
        let next = self.step(buffer);
        self.is_damaged |= matches!(next, Some(Err(_)));
        next
    }

    /// Returns where reading stands: once [`next`](Self::next) has returned `None`, where the snapshot
    /// ends.
    ///
    /// # Examples
    ///
    /// Two snapshots in one file:
    ///
    /// ```
    /// use ttlog_core::{decode::Snapshot, snapshot::BLOCK_MAX_BYTES};
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
    /// let both = [&file[..], &file[..]].concat();
    /// let mut blocks = Snapshot::new(&both)?.blocks();
    /// while blocks.next(&mut [0; BLOCK_MAX_BYTES]).is_some() {}
    /// assert_eq!(blocks.offset(), file.len()); // the second one begins here
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    fn step<'b>(
        &mut self,
        buffer: &'b mut [u8; BLOCK_MAX_BYTES],
    ) -> Option<Result<Block<'b>, Damage>> {
        if core::mem::take(&mut self.version_is_damaged) {
            return damage(FILE_MAGIC.len(), DamageKind::Version);
        }
        let is_preamble = |at| {
            let rest = self.search.bytes().get(at..);
            rest.is_some_and(|rest| rest.starts_with(&FILE_MAGIC))
        };
        if !self.has_preamble && self.run.is_none() && is_preamble(self.at) {
            self.has_preamble = true;
            self.at = (self.at + PREAMBLE_BYTES).min(self.search.bytes().len());
        }
        let offset = self.at;
        let is_last = offset == self.search.bytes().len() || is_preamble(offset);
        match self.progress {
            Progress::Done => None,
            Progress::Blocks if is_last => {
                self.progress = Progress::Done;
                damage(offset, DamageKind::NoEnd)
            }
            Progress::EndBlock => {
                self.progress = Progress::Done;
                self.at = self.next_snapshot(offset);
                let bytes = self.at - offset;
                if bytes == 0 {
                    return None;
                }
                damage(offset, DamageKind::Trailing { bytes })
            }
            Progress::Blocks => match self.search.block_at(offset) {
                Ok(whole) => self.take(offset, &whole, buffer),
                Err(kind) => {
                    self.at = self.next_start(offset + 1);
                    damage(
                        offset,
                        match kind {
                            DamageKind::Noise { .. } => DamageKind::Noise {
                                bytes: self.at - offset,
                            },
                            kind => kind,
                        },
                    )
                }
            },
        }
    }

    /// Returns where the next snapshot begins, or the end of the bytes. The bytes are searched once,
    /// however many damaged places there are.
    fn next_snapshot(&mut self, from: usize) -> usize {
        if self.next_snapshot < from {
            self.next_snapshot = next_magic(self.search.bytes(), from);
        }
        self.next_snapshot
    }

    /// Returns where the next block or the next snapshot begins, or the end of the bytes.
    fn next_start(&mut self, from: usize) -> usize {
        let snapshot = self.next_snapshot(from);
        self.search.next_block(from..snapshot).unwrap_or(snapshot)
    }

    fn take<'b>(
        &mut self,
        offset: usize,
        whole: &Whole<'_>,
        buffer: &'b mut [u8; BLOCK_MAX_BYTES],
    ) -> Option<Result<Block<'b>, Damage>> {
        let frame = whole.frame;
        if *self.run.get_or_insert(frame.run_id) != frame.run_id {
            self.at = whole.end;
            return damage(offset, DamageKind::OtherRun);
        }
        let missing = frame.sequence.wrapping_sub(self.next_sequence);
        if missing != 0 {
            // Returned once; the block itself comes with the next call.
            self.next_sequence = frame.sequence;
            return damage(
                offset,
                match missing {
                    ..0x8000 => DamageKind::Missing { blocks: missing },
                    _ => DamageKind::OutOfOrder,
                },
            );
        }
        let content = frame
            .decompress(whole.stored, buffer)
            .and_then(|(bytes, room)| {
                Content::read(frame.kind, frame.run_id, bytes, room).ok_or(DamageKind::Content)
            });
        if let Ok(Content::End(totals)) = &content
            && !self.is_right(totals, frame.run_id)
        {
            return damage(offset, DamageKind::OtherBlocks);
        }
        self.next_sequence = frame.sequence.wrapping_add(1);
        self.at = whole.end;
        if frame.kind == BlockKind::End as u8 {
            self.progress = Progress::EndBlock;
        } else {
            self.read += 1;
            self.checksum = checksum(&self.checksum.to_le_bytes(), &whole.crc.to_le_bytes());
        }
        Some(match content {
            Ok(content) => Ok(Block {
                offset,
                sequence: frame.sequence,
                run_id: frame.run_id,
                content,
            }),
            Err(kind) => Err(Damage { offset, kind }),
        })
    }

    /// Returns whether the blocks read are those that the end block states. If a damage has been
    /// returned, they cannot be, and that is known.
    fn is_right(&self, totals: &Totals, run_id: Option<u64>) -> bool {
        self.is_damaged
            || totals.blocks == self.read
                && (run_id.is_none() || totals.blocks_checksum == self.checksum)
    }
}

/// Returns where the next preamble begins, or the end of the bytes.
fn next_magic(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(FILE_MAGIC.len())
        .position(|window| *window == FILE_MAGIC)
        .map_or(bytes.len(), |at| from + at)
}

fn damage<'b>(offset: usize, kind: DamageKind) -> Option<Result<Block<'b>, Damage>> {
    Some(Err(Damage { offset, kind }))
}
