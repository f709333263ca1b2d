//! The chunks of a pages block.

use super::{Cursor, Record, record::Place};
use crate::snapshot::CHUNK_HEADER_BYTES;

/// Some records of one page, in order.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The page's number in its ring.
    pub page: u32,
    /// The page's generation: the same number, when the page has been reused, is another page.
    pub generation: u32,
    /// The number of the writer that owned the page.
    pub writer: u32,
    /// Ticks that the first record's delta counts from.
    pub base_ticks: u64,
    /// Where in the page the first record stands, in words, the page's header included. Context
    /// and thread are those at the end of the chunk that ends here, if that is there.
    pub from: u32,
    /// The records.
    pub records: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Where reading the chunk starts. `before` is where reading the chunk before it ended; it
    /// counts only if that is the same place of the same page.
    #[must_use]
    pub fn cursor(&self, before: Option<Cursor>) -> Cursor {
        let place = Place {
            page: self.page,
            generation: self.generation,
            word: self.from,
        };
        match before {
            Some(before) if before.place == Some(place) => before.at(self.base_ticks),
            _ => Cursor {
                place: Some(place),
                ..Cursor::new(self.writer, self.base_ticks)
            },
        }
    }

    /// The chunk's records, from its start.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let mut cursor = self.cursor(None);
        let mut rest = self.records;
        core::iter::from_fn(move || cursor.next(&mut rest))
    }
}

/// The chunks of a pages block.
#[derive(Clone, Debug)]
pub struct Chunks<'a>(&'a [u8]);

impl<'a> Chunks<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let (lead, rest) = self.0.split_at_checked(CHUNK_HEADER_BYTES)?;
        let mut words = lead
            .as_chunks::<4>()
            .0
            .iter()
            .map(|word| u32::from_le_bytes(*word));
        let mut word = || words.next();
        let (page, generation, writer) = (word()?, word()?, word()?);
        let (low, high, extent) = (word()?, word()?, word()?);
        let bytes = (extent & 0xFFFF) as usize * 4;
        let (records, rest) = rest.split_at_checked(bytes)?;
        self.0 = rest;
        Some(Chunk {
            page,
            generation,
            writer,
            base_ticks: u64::from(high) << 32 | u64::from(low),
            from: extent >> 16,
            records,
        })
    }
}
