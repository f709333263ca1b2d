//! Finding snapshots in bytes that hold other things too: what came over a serial line, the content of
//! a flash.

use core::ops::Range;

use super::search::Search;
use crate::snapshot::{BlockKind, FILE_MAGIC};

/// Finds snapshots, one after the other, anywhere in bytes.
///
/// A snapshot is returned as the range of its bytes: from its preamble, or from its first whole block if
/// the preamble is lost, to its last whole block. Blocks belong together if they are of the same run and
/// their numbers rise. Bytes may be missing or damaged within;
/// [`Snapshot`](super::Snapshot) reports that.
///
/// # Examples
///
/// ```
/// use ttlog_core::decode::Scan;
///
/// # use ttlog_core::{Memory, Ring, SnapshotHeader, ring::{Geometry, Run}};
/// # use ttlog_core::snapshot::{ByteSink, Encoder};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
/// # let header = SnapshotHeader { service: "pump", ..SnapshotHeader::of(&ring, 0) };
/// # let mut file = Vec::new();
/// # Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(|byte| file.push(byte)))?;
/// // `file` holds a snapshot, which is sent between lines of text.
/// let received = [b"boot\n", &file[..], b"ready\n"].concat();
/// let found: Vec<_> = Scan::new(&received).collect();
/// assert_eq!(found, [5..5 + file.len()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    search: Search<'a>,
    at: usize,
}

impl<'a> Scan<'a> {
    /// Starts a scan at the beginning of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            search: Search::new(bytes, bytes.len()),
            at: 0,
        }
    }

    /// Returns where the last preamble in a range begins.
    fn preamble(&self, range: Range<usize>) -> Option<usize> {
        let bytes = self.search.bytes().get(range.clone())?;
        let found = bytes
            .windows(FILE_MAGIC.len())
            .rposition(|window| *window == FILE_MAGIC)?;
        Some(range.start + found)
    }
}

impl Iterator for Scan<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let end = self.search.bytes().len();
        let mut place = self.search.next_block(self.at..end)?;
        let start = self.preamble(self.at..place).unwrap_or(place);
        while let Ok(whole) = self.search.block_at(place) {
            self.at = whole.end;
            if whole.frame.kind == BlockKind::End as u8 {
                break;
            }
            // Usually the next byte.
            let Some(next) = self.search.next_block(whole.end..end) else {
                break;
            };
            let follows = self.search.block_at(next).is_ok_and(|next| {
                let expected = whole.frame.sequence.wrapping_add(1);
                next.frame.run_id == whole.frame.run_id
                    && next.frame.sequence.wrapping_sub(expected) < 0x8000
            });
            if !follows || self.preamble(whole.end..next).is_some() {
                break;
            }
            place = next;
        }
        Some(start..self.at)
    }
}
