//! Pages on their way into blocks: cut between records where they do not fit whole.
//!
//! A chunk is led by six words: the page's number, its generation, its writer, the base ticks (low
//! word first), and where in the page its first record stands (high half) and how many words of
//! records follow (low half).

use crate::{
    decode::walk,
    lane::Dropped,
    level::Level,
    page::{HEADER_WORDS, PageHeader, PerLevel},
    record::Header,
    ring::{Reused, Ring},
    snapshot::totals::{Totals, add},
};

/// How many bytes lead a chunk.
pub(crate) const CHUNK_HEADER_BYTES: usize = 24;

/// How often a page that is reused under the copying hand is tried anew. A writer has to fill all
/// other pages in between, so the second try is already rare.
const ATTEMPTS: usize = 8;

/// How far a page has been copied.
pub(super) struct PageCopy {
    index: usize,
    header: PageHeader,
    /// The next word to copy.
    from: usize,
    ticks: u64,
    kept: PerLevel,
    /// Words and events of the records that no block holds.
    too_long_words: usize,
    too_long: PerLevel,
}

/// What came of copying a chunk.
pub(super) enum Chunk {
    /// It was written, so many bytes, and more is to come.
    More(usize),
    /// It was written, so many bytes, and was the last.
    Last(usize),
    /// The room does not hold a record, or none at all.
    NoRoom,
}

impl PageCopy {
    /// Begins to copy a page. `None` where there is nothing in it that belongs into the snapshot;
    /// it is in the totals then. Pages whose last event was before `oldest_ticks` do not.
    pub(super) fn begin(
        ring: &Ring<'_>,
        index: usize,
        oldest_ticks: u64,
        totals: &mut Totals,
    ) -> Option<Self> {
        let Ok((header, end_ticks)) = ring.page_header_and_end(index) else {
            totals.torn_pages += 1;
            return None;
        };
        let since = header.lost_until_ticks();
        totals.complete_since_ticks = totals.complete_since_ticks.max(since);
        if let Some(end_ticks) = end_ticks.filter(|end_ticks| *end_ticks < oldest_ticks) {
            add(&mut totals.overwritten, &header.overwritten());
            add(&mut totals.overwritten, &header.counts());
            if header.counts() != PerLevel::default() {
                totals.complete_since_ticks = totals.complete_since_ticks.max(end_ticks);
            }
            return None;
        }
        if header.length() <= HEADER_WORDS {
            add(&mut totals.overwritten, &header.overwritten());
            return None;
        }
        let ticks = header.base_ticks();
        let (kept, too_long) = (PerLevel::default(), PerLevel::default());
        Some(Self {
            index,
            header,
            from: HEADER_WORDS,
            ticks,
            kept,
            too_long_words: 0,
            too_long,
        })
    }

    /// Copies as many whole records as `room` holds, with a chunk's header before them.
    pub(super) fn copy_chunk(
        &mut self,
        ring: &Ring<'_>,
        room: &mut [u8],
        totals: &mut Totals,
    ) -> Chunk {
        let Some((lead, body)) = room.split_at_mut_checked(CHUNK_HEADER_BYTES) else {
            return Chunk::NoRoom;
        };
        for _ in 0..ATTEMPTS {
            match ring.copy_page(self.index, &self.header, self.from, body) {
                Ok(copied) => {
                    return self.take(body.get(..copied).unwrap_or_default(), lead, totals);
                }
                Err(Reused) if self.from == HEADER_WORDS => {
                    // Nothing of the page has gone out: its new content goes instead.
                    let Ok(header) = ring.page_header(self.index) else {
                        break;
                    };
                    let since = header.lost_until_ticks();
                    totals.complete_since_ticks = totals.complete_since_ticks.max(since);
                    self.ticks = header.base_ticks();
                    self.header = header;
                }
                Err(Reused) => {
                    self.rest_was_overwritten(ring, totals);
                    return Chunk::Last(0);
                }
            }
        }
        totals.torn_pages += 1;
        Chunk::Last(0)
    }

    fn take(&mut self, copied: &[u8], lead: &mut [u8], totals: &mut Totals) -> Chunk {
        let walked = walk::whole_records(copied, self.ticks);
        if walked.words == 0 {
            // Between HEADER_WORDS and the length there is at least one record.
            return if self.from < self.header.length() {
                Chunk::NoRoom
            } else {
                self.end(totals)
            };
        }
        let words = [
            self.index as u32,
            self.header.generation(),
            self.header.writer(),
            self.ticks as u32,
            (self.ticks >> 32) as u32,
            ((self.from - self.too_long_words) as u32) << 16 | walked.words as u32,
        ];
        for (to, word) in lead.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *to = word.to_le_bytes();
        }
        add(&mut self.kept, &walked.events);
        self.from += walked.words;
        self.ticks = walked.ticks;
        let bytes = CHUNK_HEADER_BYTES + walked.words * 4;
        if self.from < self.header.length() {
            return Chunk::More(bytes);
        }
        self.end(totals);
        Chunk::Last(bytes)
    }

    fn end(&self, totals: &mut Totals) -> Chunk {
        add(&mut totals.kept, &self.kept);
        add(&mut totals.overwritten, &self.header.overwritten());
        add(&mut totals.overwritten, &self.too_long);
        Chunk::Last(0)
    }

    /// The page was reused after some of it had gone out. What its place has overwritten by now,
    /// less what went out, is lost to this snapshot; what has come since is not in it.
    fn rest_was_overwritten(&self, ring: &Ring<'_>, totals: &mut Totals) {
        add(&mut totals.kept, &self.kept);
        let Ok(now) = ring.page_header(self.index) else {
            totals.torn_pages += 1;
            return;
        };
        let mut lost = now.overwritten();
        for (lost, kept) in lost.iter_mut().zip(self.kept) {
            *lost = lost.saturating_sub(kept);
        }
        add(&mut totals.overwritten, &lost);
        let since = now.lost_until_ticks();
        totals.complete_since_ticks = totals.complete_since_ticks.max(since);
    }

    /// Steps over the next record, because it does not fit the scratch buffer: it is lost to this
    /// snapshot, but nothing else. Answers whether there may be more.
    pub(super) fn step_over(&mut self, ring: &Ring<'_>, totals: &mut Totals) -> bool {
        let mut lead = [0; Header::WORDS * 4];
        let copied = ring.copy_page(self.index, &self.header, self.from, &mut lead);
        let [header, delta] = *lead.as_chunks::<4>().0 else {
            return false;
        };
        if copied.is_err() {
            // The page was reused, which the next copy finds too.
            return true;
        }
        let header = Header::from_bits(u32::from_le_bytes(header));
        if header.words() < Header::WORDS || self.from + header.words() > self.header.length() {
            // No writer leaves this behind.
            self.end(totals);
            totals.torn_pages += 1;
            return false;
        }
        self.from += header.words();
        self.too_long_words += header.words();
        self.ticks = self.ticks.saturating_add(u32::from_le_bytes(delta).into());
        if header.id() != 0
            && let Some(level) = Level::from_number(header.level_number())
            && let Some(count) = self.too_long.get_mut(level as usize)
        {
            *count += 1;
            totals.complete_since_ticks = totals.complete_since_ticks.max(self.ticks);
        }
        true
    }
}

/// The latest moment that so many pages begin after as hold at least `events_max` events; 0 where
/// the ring does not hold as many. Events from before it need not be in the snapshot.
///
/// With a `taken_ticks`, only pages count whose events all were until then.
pub(super) fn oldest_ticks(ring: &Ring<'_>, events_max: u64, taken_ticks: u64) -> u64 {
    if events_max == 0 {
        return 0;
    }
    let pages = || {
        (0..ring.page_count())
            .filter_map(|index| ring.page_header_and_end(index).ok())
            .filter(|(_, end)| taken_ticks == 0 || end.is_some_and(|end| end <= taken_ticks))
            .map(|(header, _)| header)
    };
    let enough = |since_ticks: u64| {
        let events = pages()
            .filter(|header| header.base_ticks() >= since_ticks)
            .map(|header| header.counts().iter().sum::<u64>());
        events.sum::<u64>() >= events_max
    };
    let (mut low, mut high) = (
        0,
        pages().map(|header| header.base_ticks()).max().unwrap_or(0),
    );
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if enough(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// What was dropped before it came into a page.
pub(super) fn count_dropped(ring: &Ring<'_>, totals: &mut Totals) {
    for (count, cause) in totals.dropped.iter_mut().zip(Dropped::ALL) {
        *count = ring.dropped(cause);
    }
    totals.shared = ring.shared();
}
