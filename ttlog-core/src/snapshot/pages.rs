//! Pages on their way into blocks: cut between records where they do not fit whole.
//!
//! A chunk is led by six words: the page's number, its generation, its writer, the base ticks (low
//! word first), and how many words of records follow, bit 31 set on a page's first chunk.

use crate::{
    decode::walk,
    lane::Dropped,
    page::{HEADER_WORDS, PageHeader, PerLevel},
    ring::{Reused, Ring},
    snapshot::totals::{Totals, add},
};

/// How many bytes lead a chunk.
pub(crate) const CHUNK_HEADER_BYTES: usize = 24;
/// Bit of a chunk's length word: the page begins here.
pub(crate) const CHUNK_FIRST: u32 = 1 << 31;

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
    /// it is in the totals then. `oldest_age` says which pages are too old.
    pub(super) fn begin(
        ring: &Ring<'_>,
        index: usize,
        closed: u32,
        oldest_age: u32,
        totals: &mut Totals,
    ) -> Option<Self> {
        let Ok(header) = ring.page_header(index) else {
            totals.torn_pages += 1;
            return None;
        };
        let since = header.lost_until_ticks();
        totals.complete_since_ticks = totals.complete_since_ticks.max(since);
        if ring.page_age(index, closed).is_some_and(|age| age > oldest_age) {
            add(&mut totals.overwritten, &header.overwritten());
            add(&mut totals.overwritten, &header.counts());
            if header.counts() != PerLevel::default() {
                let end = header.end_ticks();
                totals.complete_since_ticks = totals.complete_since_ticks.max(end);
            }
            return None;
        }
        if header.length() <= HEADER_WORDS {
            add(&mut totals.overwritten, &header.overwritten());
            return None;
        }
        let ticks = header.base_ticks();
        Some(Self { index, header, from: HEADER_WORDS, ticks, kept: PerLevel::default() })
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
                Ok(copied) => return self.take(body.get(..copied).unwrap_or_default(), lead, totals),
                Err(Reused) if self.from == HEADER_WORDS => {
                    // Nothing of the page has gone out: its new content goes instead.
                    let Ok(header) = ring.page_header(self.index) else { break };
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
        let first = if self.from == HEADER_WORDS { CHUNK_FIRST } else { 0 };
        if walked.words == 0 {
            // Between HEADER_WORDS and the length there is at least one record.
            return if self.from < self.header.length() { Chunk::NoRoom } else { self.end(totals) };
        }
        let words = [
            self.index as u32,
            self.header.generation(),
            self.header.writer(),
            self.ticks as u32,
            (self.ticks >> 32) as u32,
            walked.words as u32 | first,
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

    /// Counts what is left of the page as lost, because it does not fit the scratch buffer.
    pub(super) fn give_up(&self, totals: &mut Totals) {
        add(&mut totals.kept, &self.kept);
        add(&mut totals.overwritten, &self.header.overwritten());
        totals.torn_pages += 1;
    }
}

/// How old, in pages given back since, the oldest page may be for the snapshot to hold at least
/// `events_max` events, if the ring does.
pub(super) fn oldest_age(ring: &Ring<'_>, closed: u32, events_max: u64) -> u32 {
    if events_max == 0 {
        return u32::MAX;
    }
    let enough = |age: u32| {
        let events = (0..ring.page_count())
            .filter(|&index| ring.page_age(index, closed).is_none_or(|its| its <= age))
            .filter_map(|index| ring.page_header(index).ok())
            .map(|header| header.counts().iter().sum::<u64>());
        events.sum::<u64>() >= events_max
    };
    let (mut low, mut high) = (0, ring.page_count() as u32 * 2);
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
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
