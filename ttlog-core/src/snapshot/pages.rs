//! Pages on their way into blocks: cut between records where they do not fit whole.
//!
//! A chunk is led by eight words: the page's number, its generation, its writer, the base ticks (low
//! word first), the place of its first record in the page (high half) with the number of words of
//! records that follow (low half), and the sequence number of its first event (low word first).

use super::{
    block::BlockKind,
    blocks::{Blocks, Incomplete},
    held::Held,
    newest::Newest,
    totals::Totals,
};
use crate::{
    level::Level,
    page::{HEADER_WORDS, PageHeader},
    platform::IS_BOARD,
    record::walk::{Step, Walked},
    ring::Ring,
};

/// Number of bytes that lead a chunk.
pub(crate) const CHUNK_HEADER_BYTES: usize = 32;

/// Number of attempts to copy a page that is reused meanwhile. A writer has to fill all other
/// pages in between, so the second attempt is already rare.
const ATTEMPTS: usize = 8;

/// Writes all pages, and counts the events that are kept, overwritten and dropped.
pub(super) fn write(
    blocks: &mut Blocks<'_>,
    ring: &Ring<'_>,
    newest: Option<Newest>,
    held: Option<Held<'_>>,
    totals: &mut Totals,
) -> Result<(), Incomplete> {
    totals.overwritten_until(ring.run().start_ticks);
    for index in 0..ring.page_count() {
        let is_left_out = newest.is_some_and(|newest| newest.leaves_out(ring, index, totals));
        if !is_left_out && !write_page(blocks, ring, index, held, totals)? {
            totals.torn_pages += 1;
        }
    }
    blocks.flush(BlockKind::Pages)?;
    ring.read_dropped(&mut totals.dropped);
    totals.shared = ring.shared();
    Ok(())
}

/// Writes a page. Returns `false` if it could not be read whole.
fn write_page(
    blocks: &mut Blocks<'_>,
    ring: &Ring<'_>,
    index: usize,
    held: Option<Held<'_>>,
    totals: &mut Totals,
) -> Result<bool, Incomplete> {
    for _ in 0..ATTEMPTS {
        let mut page = PageCopy::default();
        if !page.begin(ring, index) {
            break;
        }
        // A page that fits a block is not divided between two.
        if page.has_more() && blocks.rest().len() < ring.page_words() * 4 {
            blocks.flush(BlockKind::Pages)?;
        }
        let mut ended = page.write(blocks, ring, held, totals)?;
        if let Ended::Reused = ended {
            if page.written.words == HEADER_WORDS {
                // Nothing of the page was written: its new content is written instead.
                continue;
            }
            if ring.read_page_header(index, &mut page.header).is_err() {
                ended = Ended::Unreadable;
            }
        }
        page.count(&ended, held, totals);
        return Ok(!matches!(ended, Ended::Unreadable));
    }
    Ok(false)
}

/// The end of a page's copy.
enum Ended {
    /// All of it is written.
    Whole,
    /// The page was claimed again.
    Reused,
    /// Its content is not what a writer leaves, or it is being claimed all the time.
    Unreadable,
}

/// The copy of a page.
#[derive(Default)]
struct PageCopy {
    index: usize,
    header: PageHeader,
    /// The words written or skipped, the page's header included.
    written: Walked,
    /// The words skipped.
    too_long: Walked,
}

impl PageCopy {
    /// Reads the page's header. Returns whether that was possible.
    fn begin(&mut self, ring: &Ring<'_>, index: usize) -> bool {
        let read = ring.read_page_header(index, &mut self.header);
        self.index = index;
        self.written.words = HEADER_WORDS;
        self.written.ticks = self.header.base_ticks();
        self.written.seq = self.header.first_seq();
        read.is_ok()
    }

    fn has_more(&self) -> bool {
        self.written.words < self.header.length()
    }

    /// Writes the page in as many chunks as necessary.
    fn write(
        &mut self,
        blocks: &mut Blocks<'_>,
        ring: &Ring<'_>,
        held: Option<Held<'_>>,
        totals: &mut Totals,
    ) -> Result<Ended, Incomplete> {
        while self.has_more() {
            let is_whole_block = blocks.is_empty();
            let (lead, body) = blocks
                .rest()
                .split_at_mut_checked(CHUNK_HEADER_BYTES)
                .unwrap_or_default();
            let from = self.written.words;
            let Ok(copied) = ring.copy_page(self.index, &self.header, from, body) else {
                return Ok(Ended::Reused);
            };
            let ticks = self.written.ticks;
            let seq = self.written.seq;
            let records = body.get(..copied).unwrap_or_default();
            self.written.whole_records(records);
            // A board does not state the number, so it does not pay for it.
            if !IS_BOARD && let Some(held) = held {
                totals.late += u64::from(held.late(ticks, self.written.ticks, records));
            }
            let words = self.written.words - from;
            if words != 0 {
                let leading = [
                    self.index as u32,
                    self.header.generation(),
                    self.header.writer(),
                    ticks as u32,
                    (ticks >> 32) as u32,
                    ((from - self.too_long.words) as u32) << 16 | words as u32,
                    seq as u32,
                    (seq >> 32) as u32,
                ];
                for (to, word) in lead.as_chunks_mut::<4>().0.iter_mut().zip(&leading) {
                    *to = word.to_le_bytes();
                }
                blocks.take(CHUNK_HEADER_BYTES + words * 4);
                if !self.has_more() {
                    break;
                }
            } else if is_whole_block && !self.skip(records, totals) {
                return Ok(Ended::Unreadable);
            }
            blocks.flush(BlockKind::Pages)?;
        }
        Ok(Ended::Whole)
    }

    /// Skips the next record, which begins with `start`, because it does not fit the scratch buffer. The
    /// record is lost to this snapshot, and nothing else is. Returns whether there is such a record.
    fn skip(&mut self, start: &[u8], totals: &mut Totals) -> bool {
        let Some(record) = Step::start_of(start) else {
            return false;
        };
        self.written.pass(&record);
        self.too_long.pass(&record);
        if record.header.id() != 0 {
            totals.overwritten_until(self.written.ticks);
        }
        self.written.words <= self.header.length()
    }

    /// Counts the page's events. If the page was reused, `header` is the new one: the events overwritten
    /// by now, less those written, are lost to this snapshot. Later events are not in it.
    fn count(&self, ended: &Ended, held: Option<Held<'_>>, totals: &mut Totals) {
        totals.overwritten_until(match held {
            Some(held) => held.lost_until_ticks(self.index, &self.header),
            None => self.header.lost_until_ticks(),
        });
        for level in 0..Level::COUNT {
            let (Some(kept), Some(overwritten), Some(written), Some(too_long)) = (
                totals.kept.get_mut(level),
                totals.overwritten.get_mut(level),
                self.written.events.get(level),
                self.too_long.events.get(level),
            ) else {
                break;
            };
            *kept += written - too_long;
            *overwritten += self.header.overwritten_at(level) + too_long;
            if let Ended::Reused = ended {
                *overwritten = overwritten.saturating_sub(*written);
            }
        }
    }
}
