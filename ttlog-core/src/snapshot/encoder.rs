//! The encoder: header, callsites, pages, end.

use core::{error::Error, fmt};

use super::{
    block::BlockKind,
    blocks::{Blocks, Failed},
    codec::{Codec, CompressTable, Lz4, Stored},
    header::SnapshotHeader,
    newest::Newest,
    pages,
    sink::Sink,
    totals::Totals,
};
use crate::{
    region::{DICTIONARY_ENTRY_MAX_BYTES, Region},
    ring::Ring,
};

/// The smallest scratch buffer.
pub const SCRATCH_MIN_BYTES: usize = 512;

/// Writes snapshots. It never allocates, never blocks and never panics, so it may run in a signal
/// handler or a panic handler, and while others go on to record.
///
/// The time it takes is that of copying the pages and, where it compresses, of LZ4; the room it
/// takes is the scratch buffer, and some 1,400 bytes of stack on a 32-bit target.
#[derive(Debug)]
pub struct Encoder<'s, C> {
    scratch: &'s mut [u8],
    codec: C,
}

impl<'s> Encoder<'s, Stored> {
    /// An encoder that stores blocks as they are. Blocks get as large as the scratch buffer
    /// allows; [`SCRATCH_MIN_BYTES`] will do where records are no longer than 488 bytes, and so in
    /// any ring whose pages have no more than 146 words.
    #[must_use]
    pub fn stored(scratch: &'s mut [u8]) -> Self {
        Self {
            scratch,
            codec: Stored,
        }
    }
}

impl<'s, 't> Encoder<'s, Lz4<'t>> {
    /// An encoder that compresses; a little less than half of the scratch buffer is content, 128
    /// KiB make the largest blocks.
    #[must_use]
    pub fn lz4(scratch: &'s mut [u8], table: &'t mut CompressTable) -> Self {
        Self {
            scratch,
            codec: Lz4(table),
        }
    }
}

impl<C: Codec> Encoder<'_, C> {
    /// Writes what is in `ring` now. Nothing is taken out of it: two snapshots in a row hold the
    /// same events.
    ///
    /// # Errors
    ///
    /// [`EncodeError`]; what went into the sink before is readable as far as it goes.
    #[inline]
    pub fn encode<S: Sink>(
        &mut self,
        ring: &Ring<'_>,
        header: &SnapshotHeader<'_>,
        sink: S,
    ) -> Result<Totals, EncodeError<S::Error>> {
        // Asked here, in line, so that a program which limits no snapshot does not link the limit.
        let newest = Newest::of(ring, header);
        self.write(sink, |blocks, totals| {
            encode_ring(blocks, ring, header, newest, totals)
        })
    }

    /// Writes what is in the ring of a region, with the descriptions of callsites that stand there
    /// and not those of this program: a ring that another run of it has left behind. Takes 500 bytes of
    /// stack more than [`encode`](Self::encode).
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode). A block must have room for the longest description of the
    /// dictionary: stored, [`SCRATCH_MIN_BYTES`] do, and compressed 1,040 bytes.
    pub fn encode_region<S: Sink>(
        &mut self,
        region: &Region<'_>,
        header: &SnapshotHeader<'_>,
        sink: S,
    ) -> Result<Totals, EncodeError<S::Error>> {
        let newest = Newest::of(&region.ring(), header);
        self.write(sink, |blocks, totals| {
            encode_region(blocks, region, header, newest, totals)
        })
    }

    fn write<S: Sink>(
        &mut self,
        sink: S,
        encode: impl FnOnce(&mut Blocks<'_>, &mut Totals) -> Result<(), Failed>,
    ) -> Result<Totals, EncodeError<S::Error>> {
        let bytes = self.scratch.len();
        if bytes < SCRATCH_MIN_BYTES {
            return Err(EncodeError::Scratch { bytes });
        }
        let mut totals = Totals::default();
        let mut sink = Kept { sink, error: None };
        let done = Blocks::begin(self.scratch, &mut self.codec, &mut sink)
            .and_then(|mut blocks| encode(&mut blocks, &mut totals));
        match (done, sink.error) {
            (Ok(()), _) => Ok(totals),
            (Err(Failed), Some(error)) => Err(EncodeError::Sink(error)),
            (Err(Failed), None) => Err(EncodeError::Scratch { bytes }),
        }
    }
}

/// A sink that keeps its error, so that all sinks are of one kind.
struct Kept<S: Sink> {
    sink: S,
    error: Option<S::Error>,
}

impl<S: Sink> Sink for Kept<S> {
    type Error = Failed;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        self.sink.write(bytes).map_err(|error| {
            self.error = Some(error);
            Failed
        })
    }
}

#[inline(never)]
fn encode_ring(
    blocks: &mut Blocks<'_>,
    ring: &Ring<'_>,
    header: &SnapshotHeader<'_>,
    newest: Option<Newest>,
    totals: &mut Totals,
) -> Result<(), Failed> {
    blocks.send(BlockKind::Header, header)?;
    let complete = blocks.callsites(true)?;
    pages::send(blocks, ring, newest, totals)?;
    if blocks.callsites(false)? != complete {
        // Some were used for the first time since. Twice is better than too few.
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
) -> Result<(), Failed> {
    if blocks.description_max_bytes() < DICTIONARY_ENTRY_MAX_BYTES {
        return Err(Failed);
    }
    blocks.send(BlockKind::Header, header)?;
    let mut buffer = [0; DICTIONARY_ENTRY_MAX_BYTES];
    let mut entries = region.dictionary().entries();
    while let Some(packed) = entries.next_packed(&mut buffer) {
        blocks.describe_packed(packed)?;
    }
    blocks.flush(BlockKind::Callsites)?;
    pages::send(blocks, &region.ring(), newest, totals)?;
    end(blocks, totals)
}

fn end(blocks: &mut Blocks<'_>, totals: &mut Totals) -> Result<(), Failed> {
    totals.blocks = blocks.sent();
    blocks.send(BlockKind::End, totals)
}

/// Why a snapshot was not written to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EncodeError<E> {
    /// The scratch buffer is too small for the header, or for a description in a region.
    Scratch {
        /// The bytes there are.
        bytes: usize,
    },
    /// The sink took no more.
    Sink(E),
}

impl<E: fmt::Display> fmt::Display for EncodeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scratch { bytes } => write!(
                f,
                "the scratch buffer's {bytes} bytes do not hold the snapshot's header, or a \
                 description in the region: give at least {SCRATCH_MIN_BYTES}, 1040 to compress a \
                 region, or shorten the names"
            ),
            Self::Sink(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for EncodeError<E> {}
