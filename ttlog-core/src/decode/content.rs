//! The content of a block.

use super::{chunk::Chunks, open_spans::OpenSpans, v1};
use crate::{
    callsite_info::CallsiteInfo,
    snapshot::{BlockKind, SnapshotHeader, Totals},
};

/// The content of a block.
///
/// # Examples
///
/// ```
/// use ttlog_core::{decode::{Content, Snapshot}, snapshot::BLOCK_MAX_BYTES};
///
/// # use ttlog_core::{Memory, Ring, SnapshotHeader, ring::{Geometry, Run}};
/// # use ttlog_core::snapshot::{ByteSink, Encoder};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
/// # let header = SnapshotHeader { service: "pump", ..SnapshotHeader::of(&ring, 0) };
/// # let mut file = Vec::new();
/// # Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(|byte| file.push(byte)))?;
/// // `file` holds a snapshot of the service "pump".
/// let mut buffer = [0; BLOCK_MAX_BYTES];
/// let block = Snapshot::new(&file)?.blocks().next(&mut buffer).expect("a header block")?;
/// let Content::Header(header) = block.content else { panic!("the header block is the first") };
/// assert_eq!(header.service, "pump");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
// A block is read once and not kept.
#[allow(clippy::large_enum_variant)]
pub enum Content<'b> {
    /// The run, the moment and the reason.
    Header(SnapshotHeader<'b>),
    /// Callsites.
    Callsites(Callsites<'b>),
    /// Records.
    Pages(Chunks<'b>),
    /// The accounting.
    End(Totals),
    /// The spans that were open.
    OpenSpans(OpenSpans<'b>),
    /// A kind of block that a later version wrote.
    Unknown(u8),
}

impl<'b> Content<'b> {
    /// Reads the content of a block of this kind and run. `room` is free memory. Returns `None` if the
    /// content is not what the kind says.
    pub(super) fn read(
        kind: u8,
        run_id: Option<u64>,
        bytes: &'b [u8],
        room: &'b mut [u8],
    ) -> Option<Self> {
        Some(match (BlockKind::from_byte(kind), run_id) {
            (Some(BlockKind::Header), Some(run_id)) => Self::Header(SnapshotHeader {
                run_id,
                ..SnapshotHeader::from_bytes(bytes)?
            }),
            (Some(BlockKind::Header), None) => {
                let header = postcard::from_bytes::<v1::Header<'_>>(bytes).ok()?;
                Self::Header(header.into_header(room)?)
            }
            (Some(BlockKind::Callsites), _) => Self::Callsites(Callsites::new(bytes)),
            (Some(BlockKind::Pages), _) => Self::Pages(Chunks::new(bytes, run_id.is_some())),
            (Some(BlockKind::End), Some(_)) => Self::End(postcard::from_bytes(bytes).ok()?),
            (Some(BlockKind::End), None) => {
                let end = postcard::from_bytes::<v1::End>(bytes).ok()?;
                Self::End(end.into_totals())
            }
            (Some(BlockKind::OpenSpans), Some(_)) => Self::OpenSpans(OpenSpans::new(bytes)),
            (Some(BlockKind::OpenSpans), None) | (None, _) => Self::Unknown(kind),
        })
    }
}

/// The entries of a callsites block.
///
/// # Examples
///
/// ```
/// use ttlog_core::{decode::{Content, Snapshot}, info, snapshot::BLOCK_MAX_BYTES};
///
/// info!("pump.start");
/// # use ttlog_core::{Memory, Ring, SnapshotHeader, ring::{Geometry, Run}};
/// # use ttlog_core::snapshot::{ByteSink, Encoder};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
/// # let header = SnapshotHeader { service: "pump", ..SnapshotHeader::of(&ring, 0) };
/// # let mut file = Vec::new();
/// # Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(|byte| file.push(byte)))?;
/// // `file` holds a snapshot of this program.
/// let mut blocks = Snapshot::new(&file)?.blocks();
/// let mut buffer = [0; BLOCK_MAX_BYTES];
/// let mut texts = Vec::new();
/// while let Some(block) = blocks.next(&mut buffer) {
///     if let Content::Callsites(callsites) = block?.content {
///         texts.extend(callsites.map(|info| info.text.to_owned()));
///     }
/// }
/// assert!(texts.contains(&"pump.start".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Callsites<'b> {
    rest: &'b [u8],
    has_skipped: bool,
}

impl<'b> Callsites<'b> {
    fn new(rest: &'b [u8]) -> Self {
        Self {
            rest,
            has_skipped: false,
        }
    }

    /// Returns whether an entry has been skipped because it cannot be read, or bytes are left that are
    /// not an entry. Call it after the last entry.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.has_skipped || !self.rest.is_empty()
    }
}

impl<'b> Iterator for Callsites<'b> {
    type Item = CallsiteInfo<'b>;

    fn next(&mut self) -> Option<CallsiteInfo<'b>> {
        loop {
            let (&length, rest) = self.rest.split_first_chunk()?;
            let (entry, rest) = rest.split_at_checked(u16::from_le_bytes(length).into())?;
            self.rest = rest;
            // Fields of a later version may follow those that are known.
            match postcard::from_bytes(entry) {
                Ok(info) => return Some(info),
                Err(_) => self.has_skipped = true,
            }
        }
    }
}
