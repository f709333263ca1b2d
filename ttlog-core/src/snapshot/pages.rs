//! Pages on their way into blocks: cut between records where they do not fit whole.
//!
//! A chunk is led by six words: the page's number, its generation, its writer, the base ticks (low
//! word first), and where in the page its first record stands (high half) and how many words of
//! records follow (low half).

use super::{
    block::BlockKind,
    blocks::{Blocks, Failed},
    newest::Newest,
    totals::Totals,
};
use crate::{
    decode::walk::{Step, Walked},
    level::Level,
    page::{HEADER_WORDS, PageHeader},
    ring::Ring,
};

/// How many bytes lead a chunk.
pub(crate) const CHUNK_HEADER_BYTES: usize = 24;

/// How often a page that is reused under the copying hand is tried anew. A writer has to fill all
/// other pages in between, so the second try is already rare.
const ATTEMPTS: usize = 8;

/// Sends all pages, and counts what is in them, what was in them, and what never came so far.
pub(super) fn send(
    blocks: &mut Blocks<'_>,
    ring: &Ring<'_>,
    newest: Option<Newest>,
    totals: &mut Totals,
) -> Result<(), Failed> {
    totals.complete_since(ring.start_ticks());
    for index in 0..ring.page_count() {
        let is_left_out = newest.is_some_and(|newest| newest.leaves_out(ring, index, totals));
        if !is_left_out && !send_page(blocks, ring, index, totals)? {
            totals.torn_pages += 1;
        }
    }
    blocks.flush(BlockKind::Pages)?;
    ring.read_dropped(&mut totals.dropped);
    totals.shared = ring.shared();
    Ok(())
}

/// Sends a page. Answers `false` where it could not be read whole.
fn send_page(
    blocks: &mut Blocks<'_>,
    ring: &Ring<'_>,
    index: usize,
    totals: &mut Totals,
) -> Result<bool, Failed> {
    for _ in 0..ATTEMPTS {
        let mut page = PageCopy::default();
        if !page.begin(ring, index) {
            break;
        }
        // A page that fits a block whole is not divided between two.
        if page.has_more() && blocks.rest().len() < ring.page_words() * 4 {
            blocks.flush(BlockKind::Pages)?;
        }
        let mut ended = page.send(blocks, ring, totals)?;
        if let Ended::Reused = ended {
            if page.sent.words == HEADER_WORDS {
                // Nothing of the page has gone out: its new content goes instead.
                continue;
            }
            if ring.read_page_header(index, &mut page.header).is_err() {
                ended = Ended::Unreadable;
            }
        }
        page.count(&ended, totals);
        return Ok(!matches!(ended, Ended::Unreadable));
    }
    Ok(false)
}

/// What ended the copying of a page.
enum Ended {
    /// All of it went out.
    Whole,
    /// The page was claimed anew.
    Reused,
    /// There is something in it that no writer leaves behind, or it is being claimed for ever.
    Unreadable,
}

/// How far a page has been copied.
#[derive(Default)]
struct PageCopy {
    index: usize,
    header: PageHeader,
    /// What went out or was stepped over, the page's header included.
    sent: Walked,
    /// What was stepped over.
    too_long: Walked,
}

impl PageCopy {
    /// Begins with what is in the page now, if it can be read.
    fn begin(&mut self, ring: &Ring<'_>, index: usize) -> bool {
        let read = ring.read_page_header(index, &mut self.header);
        self.index = index;
        self.sent.words = HEADER_WORDS;
        self.sent.ticks = self.header.base_ticks();
        read.is_ok()
    }

    fn has_more(&self) -> bool {
        self.sent.words < self.header.length()
    }

    /// Sends as many chunks as it takes.
    fn send(
        &mut self,
        blocks: &mut Blocks<'_>,
        ring: &Ring<'_>,
        totals: &mut Totals,
    ) -> Result<Ended, Failed> {
        while self.has_more() {
            let is_whole_block = blocks.is_empty();
            let (lead, body) = blocks
                .rest()
                .split_at_mut_checked(CHUNK_HEADER_BYTES)
                .unwrap_or_default();
            let from = self.sent.words;
            let Ok(copied) = ring.copy_page(self.index, &self.header, from, body) else {
                return Ok(Ended::Reused);
            };
            let ticks = self.sent.ticks;
            let records = body.get(..copied).unwrap_or_default();
            self.sent.whole_records(records);
            let words = self.sent.words - from;
            if words != 0 {
                let leading = [
                    self.index as u32,
                    self.header.generation(),
                    self.header.writer(),
                    ticks as u32,
                    (ticks >> 32) as u32,
                    ((from - self.too_long.words) as u32) << 16 | words as u32,
                ];
                for (to, word) in lead.as_chunks_mut::<4>().0.iter_mut().zip(&leading) {
                    *to = word.to_le_bytes();
                }
                blocks.take(CHUNK_HEADER_BYTES + words * 4);
                if !self.has_more() {
                    break;
                }
            } else if is_whole_block && !self.step_over(records, totals) {
                return Ok(Ended::Unreadable);
            }
            blocks.flush(BlockKind::Pages)?;
        }
        Ok(Ended::Whole)
    }

    /// Steps over the next record, of which `start` is the start, because it does not fit the scratch
    /// buffer: it is lost to this snapshot, but nothing else. Answers whether there is such a record.
    fn step_over(&mut self, start: &[u8], totals: &mut Totals) -> bool {
        let Some(record) = Step::start_of(start) else {
            return false;
        };
        self.sent.pass(&record);
        self.too_long.pass(&record);
        if record.header.id() != 0 {
            totals.complete_since(self.sent.ticks);
        }
        self.sent.words <= self.header.length()
    }

    /// Counts the page's events. Where it was reused, `header` is the new one: what its place has
    /// overwritten by now, less what went out, is lost to this snapshot; what has come since is not
    /// in it.
    fn count(&self, ended: &Ended, totals: &mut Totals) {
        totals.complete_since(self.header.lost_until_ticks());
        for level in 0..Level::COUNT {
            let (Some(kept), Some(overwritten), Some(sent), Some(too_long)) = (
                totals.kept.get_mut(level),
                totals.overwritten.get_mut(level),
                self.sent.events.get(level),
                self.too_long.events.get(level),
            ) else {
                break;
            };
            *kept += sent - too_long;
            *overwritten += self.header.overwritten_at(level) + too_long;
            if let Ended::Reused = ended {
                *overwritten = overwritten.saturating_sub(*sent);
            }
        }
    }
}
