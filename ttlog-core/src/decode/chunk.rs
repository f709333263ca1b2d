//! The chunks of a pages block.

use super::{Cursor, Record};
use crate::snapshot::{CHUNK_FIRST, CHUNK_HEADER_BYTES};

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
    /// Whether the page begins here; else context and thread are those at the end of the chunk
    /// before, if that is there.
    pub first: bool,
    /// The records.
    pub records: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Where reading the chunk starts. `before` is where reading the page's chunk before it ended.
    #[must_use]
    pub fn cursor(&self, before: Option<Cursor>) -> Cursor {
        let fresh = Cursor::new(self.writer, self.base_ticks);
        match before {
            Some(before) if !self.first => before.at(self.base_ticks),
            _ => fresh,
        }
    }

    /// The chunk's records, from its start.
    pub fn records(&self) -> impl Iterator<Item = Record<'a>> {
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
        let mut words = lead.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
        let mut word = || words.next();
        let (page, generation, writer) = (word()?, word()?, word()?);
        let (low, high, length) = (word()?, word()?, word()?);
        let bytes = ((length & !CHUNK_FIRST) as usize).checked_mul(4)?;
        let (records, rest) = rest.split_at_checked(bytes)?;
        self.0 = rest;
        Some(Chunk {
            page,
            generation,
            writer,
            base_ticks: u64::from(high) << 32 | u64::from(low),
            first: length & CHUNK_FIRST != 0,
            records,
        })
    }
}
