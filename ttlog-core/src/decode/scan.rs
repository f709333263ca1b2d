//! Finding snapshots in bytes that hold other things too: what came over a serial line, the content
//! of a flash.

use core::ops::Range;

use super::reader::Search;
use crate::snapshot::{BlockKind, FILE_MAGIC};

/// Finds snapshots, one after the other, wherever they are in some bytes.
///
/// Each is a range of the bytes that begins with its preamble, or where that is lost with its first
/// whole block, and ends with its last whole block. Bytes may be missing or damaged within, which
/// reading it with [`Snapshot`](super::Snapshot) tells. What is between two ranges is of neither.
///
/// Of two snapshots that both were cut, the second without its beginning, the blocks may be taken
/// for one if they happen to go on where the first ended.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    search: Search<'a>,
    at: usize,
}

impl<'a> Scan<'a> {
    /// Looks through `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            search: Search::new(bytes),
            at: 0,
        }
    }

    /// Where the last preamble between two places begins.
    fn preamble(&self, places: Range<usize>) -> Option<usize> {
        let bytes = self.search.bytes().get(places.clone())?;
        let found = bytes
            .windows(FILE_MAGIC.len())
            .rposition(|window| *window == FILE_MAGIC)?;
        Some(places.start + found)
    }
}

impl Iterator for Scan<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let mut place = self.search.block(self.at)?;
        let start = self.preamble(self.at..place).unwrap_or(place);
        while let Some((header, end)) = self.search.whole_block(place) {
            self.at = end;
            if header.kind == BlockKind::End as u8 {
                break;
            }
            // Mostly it is the next byte.
            let Some(next) = self.search.block(end) else {
                break;
            };
            let follows = self.search.whole_block(next).is_some_and(|(next, _)| {
                next.sequence.wrapping_sub(header.sequence.wrapping_add(1)) < 0x8000
            });
            if !follows || self.preamble(end..next).is_some() {
                break;
            }
            place = next;
        }
        Some(start..self.at)
    }
}
