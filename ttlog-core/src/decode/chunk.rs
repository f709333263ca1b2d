//! The chunks of a pages block.

use super::v1;
use crate::{
    record::cursor::{Cursor, Place, Record},
    snapshot::CHUNK_HEADER_BYTES,
};

/// Consecutive records of one page.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Level, RecordHeader, decode::Chunk};
///
/// // A record of callsite 1 without arguments, 5 ticks after the chunk's base.
/// let words = [RecordHeader::new(1, Level::Info).to_bits(), 5];
/// let chunk = Chunk {
///     page: 0,
///     generation: 1,
///     writer: 1,
///     base_ticks: 100,
///     from: 26,
///     first_seq: Some(40),
///     records: &words.map(u32::to_le_bytes).concat(),
/// };
/// let record = chunk.records().next().expect("a record");
/// assert_eq!((record.callsite, record.ticks, record.seq), (1, 105, Some(40)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Number of the page in its ring.
    pub page: u32,
    /// Generation of the page: the same number with another generation is another page.
    pub generation: u32,
    /// Number of the writer that owned the page.
    pub writer: u32,
    /// Ticks that the first record's delta counts from.
    pub base_ticks: u64,
    /// Place of the first record in the page, in words, the page's header included. Context and thread
    /// are those at the end of the chunk that ends here, if there is one.
    pub from: u32,
    /// Sequence number of the first event in its writer. `None` in format version 1.
    pub first_seq: Option<u64>,
    /// The records.
    pub records: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Returns where reading the chunk starts. `before` is where reading the chunk before it ended; it
    /// is used only if that is the same place of the same page.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Context, decode::Chunk};
    ///
    /// # use ttlog_core::{Level, RecordHeader};
    /// # let header = RecordHeader::new(1, Level::Info).with_words(3);
    /// # let records = [header.to_bits(), 5, 7].map(u32::to_le_bytes).concat();
    /// # let chunk = Chunk {
    /// #     page: 0,
    /// #     generation: 1,
    /// #     writer: 1,
    /// #     base_ticks: 100,
    /// #     from: 26,
    /// #     first_seq: Some(40),
    /// #     records: &records,
    /// # };
    /// // `chunk` holds one record, which has three words.
    /// let mut cursor = chunk.cursor(None);
    /// assert!(cursor.next(&mut &chunk.records[..]).is_some());
    /// cursor.context = Some(Context::root());
    ///
    /// // The chunk that follows in the same page continues with the context.
    /// let next = Chunk { from: chunk.from + 3, ..chunk };
    /// assert_eq!(next.cursor(Some(cursor)).context, cursor.context);
    /// // A chunk of another page does not.
    /// let other = Chunk { page: 1, ..next };
    /// assert_eq!(other.cursor(Some(cursor)).context, None);
    /// ```
    #[must_use]
    pub fn cursor(&self, before: Option<Cursor>) -> Cursor {
        let place = Place {
            page: self.page,
            generation: self.generation,
            word: self.from,
        };
        match before {
            Some(before) if before.place == Some(place) => Cursor {
                ticks: self.base_ticks,
                seq: self.first_seq,
                skipped: 0,
                ..before
            },
            _ => Cursor {
                place: Some(place),
                ..Cursor::start(self.writer, self.base_ticks, self.first_seq)
            },
        }
    }

    /// Returns the records, read from the start of the chunk.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ttlog_core::{Level, RecordHeader, decode::Chunk};
    /// # let header = RecordHeader::new(1, Level::Info).with_words(3);
    /// # let records = [header.to_bits(), 5, 7].map(u32::to_le_bytes).concat();
    /// # let chunk = Chunk {
    /// #     page: 0,
    /// #     generation: 1,
    /// #     writer: 1,
    /// #     base_ticks: 100,
    /// #     from: 26,
    /// #     first_seq: Some(40),
    /// #     records: &records,
    /// # };
    /// // `chunk` starts at tick 100 and holds one record, 5 ticks later.
    /// let ticks: Vec<u64> = chunk.records().map(|record| record.ticks).collect();
    /// assert_eq!(ticks, [105]);
    /// ```
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let mut cursor = self.cursor(None);
        let mut rest = self.records;
        core::iter::from_fn(move || cursor.next(&mut rest))
    }
}

/// The chunks of a pages block.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Level, RecordHeader, Word, Writer};
/// use ttlog_core::{decode::{Content, Snapshot}, snapshot::BLOCK_MAX_BYTES};
///
/// # use ttlog_core::{Memory, Ring, ring::{Geometry, Run}};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
/// Writer::new().write(&ring, 17, RecordHeader::new(1, Level::Info), &|_: &[Word]| {})?;
/// # use ttlog_core::{SnapshotHeader, snapshot::{ByteSink, Encoder}};
/// # let mut file = Vec::new();
/// # let header = SnapshotHeader::of(&ring, 0);
/// # Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(|byte| file.push(byte)))?;
/// // `file` holds a snapshot of the ring.
/// let mut blocks = Snapshot::new(&file)?.blocks();
/// let mut buffer = [0; BLOCK_MAX_BYTES];
/// let mut ticks = Vec::new();
/// while let Some(block) = blocks.next(&mut buffer) {
///     if let Content::Pages(mut chunks) = block?.content {
///         ticks.extend(chunks.by_ref().flat_map(|chunk| chunk.records()).map(|record| record.ticks));
///         assert!(!chunks.is_damaged());
///     }
/// }
/// assert_eq!(ticks, [17]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    rest: &'a [u8],
    /// True if the chunks state sequence numbers. Those of format version 1 do not.
    has_seq: bool,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(rest: &'a [u8], has_seq: bool) -> Self {
        Self { rest, has_seq }
    }

    /// Returns whether bytes are left that are not a chunk. Call it after the last chunk.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        !self.rest.is_empty()
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let lead_bytes = if self.has_seq {
            CHUNK_HEADER_BYTES
        } else {
            v1::CHUNK_HEADER_BYTES
        };
        let (lead, rest) = self.rest.split_at_checked(lead_bytes)?;
        let mut words = lead
            .as_chunks::<4>()
            .0
            .iter()
            .map(|word| u32::from_le_bytes(*word));
        let mut word = || words.next();
        let (page, generation, writer) = (word()?, word()?, word()?);
        let base_ticks = join(word()?, word()?);
        let extent = word()?;
        let first_seq = if self.has_seq {
            Some(join(word()?, word()?))
        } else {
            None
        };
        let bytes = (extent & 0xFFFF) as usize * 4;
        let (records, rest) = rest.split_at_checked(bytes)?;
        self.rest = rest;
        Some(Chunk {
            page,
            generation,
            writer,
            base_ticks,
            from: extent >> 16,
            first_seq,
            records,
        })
    }
}

fn join(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}
