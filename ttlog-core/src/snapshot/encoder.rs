//! The encoder: header, callsites, pages, end.

use core::{error::Error, fmt};

use serde::Serialize;

use super::{
    block::{
        BLOCK_HEADER_BYTES, BlockHeader, BlockKind, FILE_MAGIC, FORMAT_VERSION, PREAMBLE_BYTES,
    },
    callsites::{CALLSITE_LENGTH_BYTES, CallsiteInfo},
    codec::{Codec, Lz4, Stored},
    header::SnapshotHeader,
    pages::{self, Chunk, PageCopy},
    sink::Sink,
    totals::Totals,
};
use crate::{
    callsite::Callsite,
    region::{DICTIONARY_ENTRY_MAX_BYTES, Region},
    registry,
    ring::Ring,
    snapshot::CompressTable,
    text::cut_to_boundary,
};

/// The smallest scratch buffer.
pub const SCRATCH_MIN_BYTES: usize = 512;

/// Writes snapshots. It never allocates, never blocks and never panics, so it may run in a signal
/// handler or a panic handler, and while others go on to record.
///
/// The time it takes is that of copying the pages and, where it compresses, of LZ4; the room it
/// takes is the scratch buffer, and some 1,000 bytes of stack.
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
    pub fn encode<S: Sink>(
        &mut self,
        ring: &Ring<'_>,
        header: &SnapshotHeader<'_>,
        sink: S,
    ) -> Result<Totals, EncodeError<S::Error>> {
        let mut sink = Kept { sink, error: None };
        let totals = encode_ring(self.parts(), ring, header, &mut sink);
        sink.result(totals)
    }

    /// Writes what is in the ring of a region, with the descriptions of callsites that stand there
    /// and not those of this program: a ring that another run of it has left behind. Takes 500 bytes
    /// of stack more than [`encode`](Self::encode).
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_region<S: Sink>(
        &mut self,
        region: &Region<'_>,
        header: &SnapshotHeader<'_>,
        sink: S,
    ) -> Result<Totals, EncodeError<S::Error>> {
        let mut sink = Kept { sink, error: None };
        let totals = encode_region(self.parts(), region, header, &mut sink);
        sink.result(totals)
    }

    fn parts(&mut self) -> Parts<'_> {
        Parts {
            scratch: self.scratch,
            codec: &mut self.codec,
        }
    }
}

/// The encoder, whatever its codec. From here on nothing is generic: it is compiled once, into
/// this crate, however many kinds of sinks there are.
struct Parts<'e> {
    scratch: &'e mut [u8],
    codec: &'e mut dyn Codec,
}

#[inline(never)]
fn encode_ring<'e>(
    parts: Parts<'e>,
    ring: &Ring<'_>,
    header: &SnapshotHeader<'_>,
    sink: &'e mut dyn Sink<Error = Taken>,
) -> Result<Totals, EncodeError<Taken>> {
    let mut blocks = parts.begin(header, sink)?;
    let unsettled = blocks.callsites()?;
    let totals = blocks.pages(ring, header)?;
    // Callsites that were used for the first time since.
    blocks.settled_callsites(&unsettled)?;
    blocks.end(totals)
}

#[inline(never)]
fn encode_region<'e>(
    parts: Parts<'e>,
    region: &Region<'_>,
    header: &SnapshotHeader<'_>,
    sink: &'e mut dyn Sink<Error = Taken>,
) -> Result<Totals, EncodeError<Taken>> {
    let mut blocks = parts.begin(header, sink)?;
    let mut entry = [0; DICTIONARY_ENTRY_MAX_BYTES];
    let mut entries = region.dictionary().entries();
    while let Some(info) = entries.next(&mut entry) {
        blocks.callsite(&info)?;
    }
    blocks.flush(BlockKind::Callsites)?;
    let totals = blocks.pages(&region.ring(), header)?;
    blocks.end(totals)
}

impl<'e> Parts<'e> {
    fn begin(
        self,
        header: &SnapshotHeader<'_>,
        sink: &'e mut dyn Sink<Error = Taken>,
    ) -> Result<Blocks<'e>, EncodeError<Taken>> {
        if self.scratch.len() < SCRATCH_MIN_BYTES {
            return Err(EncodeError::Scratch {
                bytes: self.scratch.len(),
            });
        }
        // A codec of somebody else's may ask for more than there is.
        let bytes = self.scratch.len();
        let split = self.codec.content_bytes(bytes).min(bytes);
        let (content, room) = self.scratch.split_at_mut(split);
        let mut blocks = Blocks {
            content,
            used: 0,
            room,
            codec: self.codec,
            sink,
            sequence: 0,
        };
        blocks.preamble()?;
        blocks.one(BlockKind::Header, header)?;
        Ok(blocks)
    }
}

/// The sink's error, which [`Kept`] has taken.
#[derive(Debug)]
struct Taken;

/// A sink that keeps its error, so that all sinks are of one kind.
struct Kept<S: Sink> {
    sink: S,
    error: Option<S::Error>,
}

impl<S: Sink> Sink for Kept<S> {
    type Error = Taken;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Taken> {
        self.sink.write(bytes).map_err(|error| {
            self.error = Some(error);
            Taken
        })
    }
}

impl<S: Sink> Kept<S> {
    fn result(
        self,
        totals: Result<Totals, EncodeError<Taken>>,
    ) -> Result<Totals, EncodeError<S::Error>> {
        match (totals, self.error) {
            (Ok(totals), _) => Ok(totals),
            (Err(_), Some(error)) => Err(EncodeError::Sink(error)),
            (Err(EncodeError::Scratch { bytes }), None) => Err(EncodeError::Scratch { bytes }),
            // There is no such error without the sink's.
            (Err(EncodeError::Sink(Taken)), None) => Err(EncodeError::Scratch { bytes: 0 }),
        }
    }
}

/// Callsites that are to be looked at again once the pages are written.
struct Unsettled {
    /// Some that were enabled and not yet used, or not yet in the registry.
    ids: heapless::Vec<u32, 64>,
    /// All from this id on, too.
    from: u32,
}

impl Unsettled {
    fn note(&mut self, id: u32) {
        if id < self.from && self.ids.push(id).is_err() {
            // Describing some callsites twice is better than one too few.
            self.from = id;
        }
    }
}

fn described(id: u32) -> Option<(&'static Callsite, CallsiteInfo<'static>)> {
    let callsite = registry::get(id)?;
    Some((callsite, CallsiteInfo::of(callsite)?))
}

/// Fills blocks and sends them off.
struct Blocks<'b> {
    content: &'b mut [u8],
    /// Bytes of `content` in use.
    used: usize,
    /// For the compressed content.
    room: &'b mut [u8],
    codec: &'b mut dyn Codec,
    sink: &'b mut dyn Sink<Error = Taken>,
    sequence: u32,
}

impl Blocks<'_> {
    fn preamble(&mut self) -> Result<(), EncodeError<Taken>> {
        let mut preamble = [0; PREAMBLE_BYTES];
        let version = FORMAT_VERSION.to_le_bytes();
        let parts = FILE_MAGIC
            .into_iter()
            .chain(version)
            .chain((!FORMAT_VERSION).to_le_bytes());
        for (to, from) in preamble.iter_mut().zip(parts) {
            *to = from;
        }
        self.sink.write(&preamble).map_err(EncodeError::Sink)
    }

    /// Sends the block that has been filled, if it holds anything.
    fn flush(&mut self, kind: BlockKind) -> Result<(), EncodeError<Taken>> {
        if self.used == 0 {
            return Ok(());
        }
        let content = self.content.get(..self.used).unwrap_or_default();
        let (codec, stored) = self.codec.compress(content, self.room);
        let header = BlockHeader {
            kind: kind as u8,
            codec,
            sequence: self.sequence as u16,
            raw_bytes: content.len() as u16,
            stored_bytes: stored.len() as u16,
        };
        let lead: [u8; BLOCK_HEADER_BYTES] = header.to_bytes(stored);
        self.sink.write(&lead).map_err(EncodeError::Sink)?;
        self.sink.write(stored).map_err(EncodeError::Sink)?;
        self.used = 0;
        self.sequence += 1;
        Ok(())
    }

    fn rest(&mut self) -> &mut [u8] {
        self.content.get_mut(self.used..).unwrap_or_default()
    }

    /// Appends a value to the block; answers whether it found room.
    fn append(&mut self, value: &impl Serialize) -> bool {
        let length = postcard::to_slice(value, self.rest()).map(|bytes| bytes.len());
        if let Ok(length) = length {
            self.used += length;
        }
        length.is_ok()
    }

    /// Sends a block that holds one value.
    fn one(&mut self, kind: BlockKind, value: &impl Serialize) -> Result<(), EncodeError<Taken>> {
        if !self.append(value) {
            return Err(EncodeError::Scratch {
                bytes: self.content.len(),
            });
        }
        self.flush(kind)
    }

    fn end(mut self, totals: Totals) -> Result<Totals, EncodeError<Taken>> {
        let totals = Totals {
            blocks: self.sequence,
            ..totals
        };
        self.one(BlockKind::End, &totals)?;
        Ok(totals)
    }

    /// Sends all callsites. Answers which were only just being registered or used.
    fn callsites(&mut self) -> Result<Unsettled, EncodeError<Taken>> {
        let last = registry::last_id();
        let mut unsettled = Unsettled {
            ids: heapless::Vec::new(),
            from: last + 1,
        };
        for id in 1..=last {
            let Some((callsite, info)) = described(id) else {
                unsettled.note(id);
                continue;
            };
            if !info.is_complete() && callsite.enabled_now().is_some() {
                unsettled.note(id);
            }
            self.callsite(&info)?;
        }
        self.flush(BlockKind::Callsites)?;
        Ok(unsettled)
    }

    /// Sends the callsites of which more is known by now.
    fn settled_callsites(&mut self, unsettled: &Unsettled) -> Result<(), EncodeError<Taken>> {
        let later = unsettled.from..=registry::last_id();
        for id in unsettled.ids.iter().copied().chain(later) {
            if let Some((_, info)) = described(id)
                && (info.is_complete() || id >= unsettled.from)
            {
                self.callsite(&info)?;
            }
        }
        self.flush(BlockKind::Callsites)
    }

    fn callsite(&mut self, info: &CallsiteInfo<'_>) -> Result<(), EncodeError<Taken>> {
        if self.append_callsite(info) {
            return Ok(());
        }
        self.flush(BlockKind::Callsites)?;
        // Texts that no block holds: better cut than missing. With the last limits, even 32 names
        // fit the smallest block there is.
        let bytes = self.content.len();
        for (text, place, name) in [
            (usize::MAX, usize::MAX, usize::MAX),
            (bytes / 4, usize::MAX, usize::MAX),
            (bytes / 8, bytes / 8, bytes / 128),
        ] {
            let mut cut = info.clone();
            cut.names
                .iter_mut()
                .for_each(|full| *full = cut_to_boundary(full, name));
            let is_in = self.append_callsite(&CallsiteInfo {
                text: cut_to_boundary(info.text, text),
                target: cut_to_boundary(info.target, place),
                file: cut_to_boundary(info.file, place),
                ..cut
            });
            if is_in {
                break;
            }
        }
        Ok(())
    }

    /// Appends an entry with its length; answers whether it found room.
    fn append_callsite(&mut self, info: &CallsiteInfo<'_>) -> bool {
        let Some((lead, room)) = self.rest().split_first_chunk_mut() else {
            return false;
        };
        let Ok(entry) = postcard::to_slice(info, room) else {
            return false;
        };
        let length = entry.len();
        *lead = (length as u16).to_le_bytes();
        self.used += CALLSITE_LENGTH_BYTES + length;
        true
    }

    fn pages(
        &mut self,
        ring: &Ring<'_>,
        header: &SnapshotHeader<'_>,
    ) -> Result<Totals, EncodeError<Taken>> {
        let mut totals = Totals {
            complete_since_ticks: ring.start_ticks(),
            ..Totals::default()
        };
        let oldest_ticks = pages::oldest_ticks(ring, header.events_max, header.taken_ticks);
        for index in 0..ring.page_count() {
            let Some(mut page) = PageCopy::begin(ring, index, oldest_ticks, &mut totals) else {
                continue;
            };
            // A page that fits a block whole is not divided between two.
            if self.rest().len() < ring.page_words() * 4 {
                self.flush(BlockKind::Pages)?;
            }
            loop {
                match page.copy_chunk(ring, self.rest(), &mut totals) {
                    Chunk::More(bytes) => self.used += bytes,
                    Chunk::Last(bytes) => {
                        self.used += bytes;
                        break;
                    }
                    Chunk::NoRoom if self.used == 0 => {
                        if page.step_over(ring, &mut totals) {
                            continue;
                        }
                        break;
                    }
                    Chunk::NoRoom => {}
                }
                self.flush(BlockKind::Pages)?;
            }
        }
        self.flush(BlockKind::Pages)?;
        pages::count_dropped(ring, &mut totals);
        Ok(totals)
    }
}

/// Why a snapshot was not written to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EncodeError<E> {
    /// The scratch buffer is too small for the header.
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
                "the scratch buffer's {bytes} bytes do not hold the snapshot's header: give at \
                 least {SCRATCH_MIN_BYTES}, or shorten the names"
            ),
            Self::Sink(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for EncodeError<E> {}
