//! The encoder: header, open spans, callsites, pages, end.

use core::{error::Error, fmt};

use super::{
    block::{BLOCK_MAX_BYTES, BlockKind},
    blocks::{Blocks, Incomplete},
    codec::{Codec, CompressTable, Lz4, Stored},
    header::SnapshotHeader,
    held::Held,
    newest::Newest,
    open_spans, pages,
    sink::Sink,
    totals::Totals,
};
use crate::{
    region::{DICTIONARY_ENTRY_MAX_BYTES, Region},
    ring::{Hold, Ring},
};

/// Minimum length of the scratch buffer in bytes.
pub const SCRATCH_MIN_BYTES: usize = 512;

/// Writes snapshots into a [`Sink`].
///
/// It never allocates, never blocks and never panics, so it may run in a signal handler or a panic
/// handler, and while other contexts record.
///
/// # Cost
///
/// The time is that of copying the pages and, if it compresses, of LZ4. The memory is the scratch
/// buffer, and some 1,400 bytes of stack on a 32-bit target.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Geometry, Memory, SnapshotHeader, info};
/// use ttlog_core::lane::critical_section::{self, Clock};
/// use ttlog_core::snapshot::{Encoder, SliceSink};
///
/// static MEMORY: Memory<1024> = Memory::new();
/// let clock = Clock { ticks: || 7, hz: 1_000_000 };
/// let ring = critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
/// info!("pump.start");
///
/// let header = SnapshotHeader { service: "pump", reason: "asked", ..SnapshotHeader::of(&ring, 7) };
/// let (mut scratch, mut file) = ([0; 512], [0; 2048]);
/// let mut sink = SliceSink::new(&mut file);
/// let totals = Encoder::stored(&mut scratch).encode(&ring, &header, &mut sink)?;
/// assert_eq!(totals.kept.iter().sum::<u64>(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Encoder<'s, C> {
    scratch: &'s mut [u8],
    codec: C,
}

impl<'s> Encoder<'s, Stored> {
    /// Creates an encoder that stores blocks as they are.
    ///
    /// A block is as large as the scratch buffer. [`SCRATCH_MIN_BYTES`] hold records of up to 480
    /// bytes, and so all records of a ring whose pages have up to 146 words.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{SnapshotHeader, decode::Snapshot};
    /// use ttlog_core::snapshot::{ByteSink, Encoder, SCRATCH_MIN_BYTES};
    /// # use ttlog_core::{Memory, Ring, ring::{Geometry, Run}};
    /// # static MEMORY: Memory<1024> = Memory::new();
    /// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
    /// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
    ///
    /// let mut scratch = [0; SCRATCH_MIN_BYTES];
    /// let mut file = Vec::new();
    /// let sink = ByteSink(|byte| file.push(byte));
    /// Encoder::stored(&mut scratch).encode(&ring, &SnapshotHeader::of(&ring, 17), sink)?;
    /// assert!(Snapshot::new(&file).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stored(scratch: &'s mut [u8]) -> Self {
        Self {
            scratch,
            codec: Stored,
        }
    }
}

impl<'s, 't> Encoder<'s, Lz4<'t>> {
    /// Creates an encoder that compresses. A little less than half of the scratch buffer is content, so
    /// 128 KiB make the largest blocks.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{SnapshotHeader, snapshot::{ByteSink, Encoder, lz4_table}};
    /// # use ttlog_core::{Memory, Ring, ring::{Geometry, Run}};
    /// # static MEMORY: Memory<1024> = Memory::new();
    /// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
    /// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
    /// # let event = ttlog_core::RecordHeader::new(1, ttlog_core::Level::Info);
    /// # let writer = ttlog_core::Writer::new();
    /// # for ticks in 0..100 {
    /// #     writer.write(&ring, ticks, event, &|_: &[ttlog_core::Word]| {})?;
    /// # }
    ///
    /// // `ring` holds 100 events.
    /// let header = SnapshotHeader::of(&ring, 100);
    /// let (mut scratch, mut table) = (vec![0; 128 * 1024], lz4_table());
    /// let (mut stored, mut compressed) = (0, 0);
    /// Encoder::stored(&mut scratch).encode(&ring, &header, ByteSink(|_| stored += 1))?;
    /// Encoder::lz4(&mut scratch, &mut table).encode(&ring, &header, ByteSink(|_| compressed += 1))?;
    /// assert!(compressed < stored / 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lz4(scratch: &'s mut [u8], table: &'t mut CompressTable) -> Self {
        Self {
            scratch,
            codec: Lz4(table),
        }
    }
}

impl<C: Codec> Encoder<'_, C> {
    /// Writes the content of `ring`. Nothing is taken out of the ring: two snapshots in a row hold the
    /// same events. [`SnapshotHeader::of`] makes `header`.
    ///
    /// # Errors
    ///
    /// - [`EncodeError::Scratch`] if the scratch buffer is too small.
    /// - [`EncodeError::Sink`] if the sink returns an error.
    ///
    /// The bytes that the sink has taken are readable as far as they go.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Level, SnapshotHeader};
    /// use ttlog_core::snapshot::{EncodeError, Encoder, SliceFull, SliceSink};
    /// # use ttlog_core::{Memory, Ring, ring::{Geometry, Run}};
    /// # static MEMORY: Memory<1024> = Memory::new();
    /// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
    /// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
    ///
    /// let (mut scratch, mut short) = ([0; 512], [0; 64]);
    /// let mut encoder = Encoder::stored(&mut scratch);
    /// let header = SnapshotHeader::of(&ring, 17);
    /// let result = encoder.encode(&ring, &header, SliceSink::new(&mut short));
    /// assert_eq!(result, Err(EncodeError::Sink(SliceFull)));
    ///
    /// let mut long = [0; 2048];
    /// let totals = encoder.encode(&ring, &header, SliceSink::new(&mut long))?;
    /// assert_eq!(totals.kept, [0; Level::COUNT]); // nothing was recorded
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn encode<S: Sink>(
        &mut self,
        ring: &Ring<'_>,
        header: &SnapshotHeader<'_>,
        sink: S,
    ) -> Result<Totals, EncodeError<S::Error>> {
        // In line, so that a program that limits no snapshot does not link the limit.
        let newest = Newest::of(ring, header);
        self.write(header.run_id, sink, |blocks, totals| {
            encode_ring(blocks, ring, header, newest, None, totals)
        })
    }

    /// Writes the content of a ring whose pages are held: all events that it held at the moment of the hold,
    /// but for those in the spare pages that writers have taken. `header` is made for the moment of the
    /// hold.
    ///
    /// Events that were recorded and overwritten after the moment are counted, and do not make the snapshot
    /// incomplete: [`complete_since_ticks`](Totals::complete_since_ticks) does not regard them. If the hold
    /// has ended by itself, the totals state what is missing, as they do without a hold. If a thread ends
    /// during the hold and has filled more than a page since the moment, the snapshot is said to be
    /// complete only since then.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    ///
    /// # Examples
    ///
    /// See [`Ring::hold`].
    pub fn encode_held<S: Sink>(
        &mut self,
        hold: &Hold<'_>,
        header: &SnapshotHeader<'_>,
        sink: S,
    ) -> Result<Totals, EncodeError<S::Error>> {
        let ring = &hold.ring();
        let newest = Newest::of(ring, header);
        let held = Some(Held::new(hold));
        self.write(header.run_id, sink, |blocks, totals| {
            encode_ring(blocks, ring, header, newest, held, totals)
        })
    }

    /// Writes the content of a region: its ring, with the descriptions of callsites in the region
    /// instead of those of this program. Use it for a ring that another run has left behind. It takes
    /// 500 bytes of stack more than [`encode`](Self::encode).
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode). A block must hold the longest description of the dictionary: that
    /// takes [`SCRATCH_MIN_BYTES`] of scratch if blocks are stored, and 1,037 bytes if they are
    /// compressed.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{SnapshotHeader, region::Region, snapshot::{ByteSink, Encoder}};
    /// # use ttlog_core::{Geometry, Memory, region::RegionConfig, ring::Run};
    /// # const CONFIG: RegionConfig<'static> = RegionConfig {
    /// #     geometry: Geometry { page_words: 128 },
    /// #     dictionary_words: 256,
    /// #     service: "pump",
    /// #     target: "thumbv7m",
    /// #     build_id: "1.0.3",
    /// # };
    /// # static MEMORY: Memory<{ CONFIG.memory_words(4) }> = Memory::new();
    /// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
    /// # let ring = Region::new(&MEMORY, &CONFIG, run, 1)?.ring();
    /// # let event = ttlog_core::RecordHeader::new(1, ttlog_core::Level::Info);
    /// # ttlog_core::Writer::new().write(&ring, 17, event, &|_: &[ttlog_core::Word]| {})?;
    ///
    /// // `MEMORY` holds the region of a program that recorded one event.
    /// let region = Region::read(&MEMORY)?;
    /// let header = SnapshotHeader { service: "pump", ..SnapshotHeader::of(&region.ring(), 0) };
    /// let mut file = Vec::new();
    /// let sink = ByteSink(|byte| file.push(byte));
    /// let totals = Encoder::stored(&mut [0; 512]).encode_region(&region, &header, sink)?;
    /// assert_eq!(totals.kept.iter().sum::<u64>(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode_region<S: Sink>(
        &mut self,
        region: &Region<'_>,
        header: &SnapshotHeader<'_>,
        sink: S,
    ) -> Result<Totals, EncodeError<S::Error>> {
        let newest = Newest::of(&region.ring(), header);
        self.write(header.run_id, sink, |blocks, totals| {
            encode_region(blocks, region, header, newest, totals)
        })
    }

    fn write<S: Sink>(
        &mut self,
        run_id: u64,
        sink: S,
        encode: impl FnOnce(&mut Blocks<'_>, &mut Totals) -> Result<(), Incomplete>,
    ) -> Result<Totals, EncodeError<S::Error>> {
        let bytes = self.scratch.len();
        if bytes < SCRATCH_MIN_BYTES {
            let needed = Some(SCRATCH_MIN_BYTES);
            return Err(EncodeError::Scratch { bytes, needed });
        }
        let mut totals = Totals::default();
        let mut sink = ErrorKeeper { sink, error: None };
        let done = Blocks::begin(run_id, self.scratch, &mut self.codec, &mut sink)
            .map_err(|Incomplete| 0)
            .and_then(|mut blocks| {
                encode(&mut blocks, &mut totals).map_err(|Incomplete| blocks.content_bytes())
            });
        match (done, sink.error) {
            (Ok(()), _) => Ok(totals),
            (Err(_), Some(error)) => Err(EncodeError::Sink(error)),
            (Err(content_bytes), None) => Err(EncodeError::Scratch {
                bytes,
                needed: self.scratch_bytes_for(content_bytes),
            }),
        }
    }

    /// Returns the minimum length of a scratch buffer for a block with this content.
    fn scratch_bytes_for(&self, content_bytes: usize) -> Option<usize> {
        /// Codecs need up to a little more than twice the content. A block is not longer.
        const FACTOR: usize = 3;
        let may_fit = content_bytes..=content_bytes.min(BLOCK_MAX_BYTES) * FACTOR;
        may_fit
            .into_iter()
            .find(|bytes| self.codec.content_bytes(*bytes) >= content_bytes)
    }
}

/// A sink that keeps its error, so that all sinks have one type.
struct ErrorKeeper<S: Sink> {
    sink: S,
    error: Option<S::Error>,
}

impl<S: Sink> Sink for ErrorKeeper<S> {
    type Error = Incomplete;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Incomplete> {
        self.sink.write(bytes).map_err(|error| {
            self.error = Some(error);
            Incomplete
        })
    }
}

#[inline(never)]
fn encode_ring(
    blocks: &mut Blocks<'_>,
    ring: &Ring<'_>,
    header: &SnapshotHeader<'_>,
    newest: Option<Newest>,
    held: Option<Held<'_>>,
    totals: &mut Totals,
) -> Result<(), Incomplete> {
    blocks.write(BlockKind::Header, header)?;
    // First, because spans are left meanwhile.
    open_spans::write(blocks, header)?;
    let complete = blocks.callsites(true)?;
    pages::write(blocks, ring, newest, held, totals)?;
    if blocks.callsites(false)? != complete {
        // Some callsites were used for the first time meanwhile. Describe all of them again.
        blocks.callsites(true)?;
    }
    end(blocks, totals)
}

#[inline(never)]
fn encode_region(
    blocks: &mut Blocks<'_>,
    region: &Region<'_>,
    header: &SnapshotHeader<'_>,
    newest: Option<Newest>,
    totals: &mut Totals,
) -> Result<(), Incomplete> {
    blocks.check_description(DICTIONARY_ENTRY_MAX_BYTES)?;
    blocks.write(BlockKind::Header, header)?;
    let mut buffer = [0; DICTIONARY_ENTRY_MAX_BYTES];
    let mut entries = region.dictionary().entries();
    while let Some(packed) = entries.next_packed(&mut buffer) {
        blocks.describe_packed(packed)?;
    }
    blocks.flush(BlockKind::Callsites)?;
    pages::write(blocks, &region.ring(), newest, None, totals)?;
    end(blocks, totals)
}

fn end(blocks: &mut Blocks<'_>, totals: &mut Totals) -> Result<(), Incomplete> {
    (totals.blocks, totals.blocks_checksum) = blocks.written();
    blocks.write(BlockKind::End, totals)
}

/// Why a snapshot is incomplete.
///
/// # Examples
///
/// ```
/// use ttlog_core::{SnapshotHeader, snapshot::{ByteSink, EncodeError, Encoder}};
/// # use ttlog_core::{Memory, Ring, ring::{Geometry, Run}};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
///
/// let header = SnapshotHeader::of(&ring, 17);
/// let result = Encoder::stored(&mut [0; 100]).encode(&ring, &header, ByteSink(|_| {}));
/// assert_eq!(result, Err(EncodeError::Scratch { bytes: 100, needed: Some(512) }));
/// # Ok::<(), ttlog_core::ring::GeometryError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EncodeError<E> {
    /// The scratch buffer is too small for the header, or for a description in a region.
    Scratch {
        /// Length of the scratch buffer.
        bytes: usize,
        /// Minimum length for what did not fit. `None` if it fits no block: the texts of the header are
        /// too long.
        needed: Option<usize>,
    },
    /// The sink returned an error.
    Sink(E),
}

impl<E: fmt::Display> fmt::Display for EncodeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scratch {
                bytes,
                needed: Some(needed),
            } => write!(
                f,
                "a scratch buffer of {bytes} bytes is too small for the snapshot: provide at least \
                 {needed}"
            ),
            Self::Scratch { needed: None, .. } => {
                f.write_str("the snapshot's header fits no block: shorten its texts")
            }
            Self::Sink(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for EncodeError<E> {}
