//! The ring: a fixed array of pages, of which the oldest that nobody owns is reused.
//!
//! ```text
//! header   magic, layout, geometry, clock, counters
//! table    a word for each page: owned, or when it was given back
//! pages    see `page`
//! ```
//!
//! All of it is one slice of atomic words that the caller gives, so it may lie in a static, on the
//! heap or in a mapped file, and can be read as it lies. Claiming a page is one compare-and-swap
//! for the hundreds of events that then go into it. Readers take no lock: a page's generation,
//! read before and after, tells whether what was copied is whole (a seqlock; see H.-J. Boehm, "Can
//! seqlocks get along with programming language memory models?", MSPC 2012).

mod claim;
mod count;
mod follow;
mod geometry;
#[cfg(all(test, loom))]
mod model;
mod read;

pub(crate) use self::{claim::Page, read::Reused};
pub use self::{
    count::Counts,
    follow::{News, Position},
    geometry::{Geometry, GeometryError},
};
use crate::{
    lane::Dropped,
    level::Level,
    page::{self, HEADER_WORDS},
    sync::{Ordering, Word},
};

/// The first word of a ring, `TTLR` in memory on a little-endian machine.
pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"TTLR");
/// The version of the layout.
pub(crate) const LAYOUT: u32 = 1;

/// Where things stand in the ring's header.
mod place {
    use crate::{lane::Dropped, level::Level};

    pub(super) const MAGIC: usize = 0;
    pub(super) const LAYOUT: usize = 1;
    pub(super) const PAGE_WORDS: usize = 2;
    pub(super) const PAGE_COUNT: usize = 3;
    pub(super) const CLOCK_HZ: usize = 4;
    pub(super) const START: usize = 6;
    /// How many pages have been given back so far, the unused ones included.
    pub(super) const CLOSED: usize = 8;
    /// The number that the last new writer got.
    pub(super) const WRITERS: usize = 9;
    /// Events that were written into a page that several writers share.
    pub(super) const SHARED: usize = 10;
    /// Dropped events, by cause and level.
    pub(super) const DROPPED: usize = 11;
    pub(super) const TABLE: usize = DROPPED + Dropped::COUNT * Level::COUNT;
}

/// In the table: somebody owns the page. Else the word is the number of its giving back.
const OWNED: u32 = 1 << 31;
const CLOSED_MASK: u32 = OWNED - 1;

/// A ring in somebody's memory. Copies are the same ring.
#[derive(Clone, Copy, Debug)]
pub struct Ring<'a> {
    header: &'a [Word; place::TABLE],
    table: &'a [Word],
    pages: &'a [Word],
    page_words: usize,
}

impl<'a> Ring<'a> {
    /// Makes a ring of all of `memory`, empty, its clock starting at `start_ticks`.
    ///
    /// # Errors
    ///
    /// [`GeometryError`] where the memory and the page size do not go together.
    pub fn new(
        memory: &'a [Word],
        geometry: Geometry,
        clock_hz: u64,
        start_ticks: u64,
    ) -> Result<Self, GeometryError> {
        let page_count = geometry.page_count(memory.len())?;
        for word in memory {
            word.store(0, Ordering::Relaxed);
        }
        let ring =
            Self::over(memory, geometry.page_words, page_count).ok_or(GeometryError::TooSmall {
                words: memory.len(),
            })?;
        // In the order of their places, the magic left out.
        let constants = [
            LAYOUT,
            geometry.page_words as u32,
            page_count as u32,
            clock_hz as u32,
            (clock_hz >> 32) as u32,
            start_ticks as u32,
            (start_ticks >> 32) as u32,
            page_count as u32,
        ];
        for (word, value) in ring.header.iter().skip(place::LAYOUT).zip(constants) {
            word.store(value, Ordering::Relaxed);
        }
        for (number, state) in ring.table.iter().enumerate() {
            state.store(number as u32, Ordering::Relaxed);
        }
        for index in 0..page_count {
            if let Some(length) = ring.page(index).get(page::LENGTH) {
                length.store(HEADER_WORDS as u32, Ordering::Relaxed);
            }
        }
        // Last, and after all else: who finds the magic finds a whole ring.
        ring.header_word(place::MAGIC)
            .store(MAGIC, Ordering::Release);
        Ok(ring)
    }

    /// The ring that all of `memory` is. `None` where it is none: its header does not say what a
    /// ring's does, or not of so much memory.
    pub(crate) fn open(memory: &'a [Word]) -> Option<Self> {
        let word = |at: usize| Some(memory.get(at)?.load(Ordering::Acquire));
        if word(place::MAGIC)? != MAGIC || word(place::LAYOUT)? != LAYOUT {
            return None;
        }
        let page_words = word(place::PAGE_WORDS)? as usize;
        let page_count = Geometry { page_words }.page_count(memory.len()).ok()?;
        let is_right = word(place::PAGE_COUNT)? as usize == page_count
            && Geometry { page_words }.memory_words(page_count) == memory.len();
        is_right
            .then(|| Self::over(memory, page_words, page_count))
            .flatten()
    }

    /// The words of the header that never change once the ring is made.
    pub(crate) fn constant_words(&self) -> &'a [Word] {
        self.header.get(..place::CLOSED).unwrap_or_default()
    }

    /// Whether somebody owns a page. `None` where the table says what nobody writes into it.
    pub(crate) fn is_owned(&self, index: usize) -> Option<bool> {
        match self.table.get(index)?.load(Ordering::Relaxed) {
            OWNED => Some(true),
            state => (state & OWNED == 0).then_some(false),
        }
    }

    fn over(memory: &'a [Word], page_words: usize, page_count: usize) -> Option<Self> {
        let (header, rest) = memory.split_first_chunk()?;
        let (table, pages) = rest.split_at_checked(page_count)?;
        let pages = pages.get(..page_count * page_words)?;
        Some(Self {
            header,
            table,
            pages,
            page_words,
        })
    }

    /// A word of the header; in line, so that the compiler sees that there is one.
    #[inline(always)]
    fn header_word(&self, at: usize) -> &'a Word {
        &self.header[at]
    }

    /// How many pages there are.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.table.len()
    }

    /// How many words a page has, its header included.
    #[must_use]
    pub fn page_words(&self) -> usize {
        self.page_words
    }

    /// The most words that a record can have in this ring, were its page else empty.
    #[must_use]
    pub fn record_max_words(&self) -> usize {
        (self.page_words - HEADER_WORDS).min(crate::record::Header::RECORD_MAX_WORDS)
    }

    /// Ticks of the clock in a second; 0 where the rate is only known from anchors.
    #[must_use]
    pub fn clock_hz(&self) -> u64 {
        self.header_u64(place::CLOCK_HZ)
    }

    /// When the ring was made.
    #[must_use]
    pub fn start_ticks(&self) -> u64 {
        self.header_u64(place::START)
    }

    fn header_u64(&self, at: usize) -> u64 {
        let word = |at| u64::from(self.header_word(at).load(Ordering::Relaxed));
        word(at + 1) << 32 | word(at)
    }

    /// A number for a new writer, from 1.
    pub fn next_writer(&self) -> u32 {
        self.header_word(place::WRITERS)
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_add(1)
    }

    /// Counts an event that went into a shared page.
    pub fn count_shared(&self) {
        self.header_word(place::SHARED)
            .fetch_add(1, Ordering::Relaxed);
    }

    /// How many events went into a shared page.
    #[must_use]
    pub fn shared(&self) -> u32 {
        self.header_word(place::SHARED).load(Ordering::Relaxed)
    }

    /// Counts an event that could not be recorded. The counter stays at its maximum once there.
    pub fn count_dropped(&self, level: Level, cause: Dropped) {
        let at = place::DROPPED + cause as usize * Level::COUNT + level as usize;
        let Some(counter) = self.header.get(at) else {
            return;
        };
        let mut count = counter.load(Ordering::Relaxed);
        while count != u32::MAX {
            match counter.compare_exchange(count, count + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => count = now,
            }
        }
    }

    /// How many events were dropped for a cause, by level.
    #[must_use]
    pub fn dropped(&self, cause: Dropped) -> page::PerLevel {
        let first = place::DROPPED + cause as usize * Level::COUNT;
        core::array::from_fn(|level| {
            u64::from(self.header_word(first + level).load(Ordering::Relaxed))
        })
    }

    pub(crate) fn page(&self, index: usize) -> &'a [Word] {
        // No page that the table has is outside of the memory, so this does not wrap.
        let first = index.wrapping_mul(self.page_words);
        let rest = self.pages.get(first..).unwrap_or_default();
        rest.get(..self.page_words).unwrap_or_default()
    }
}
