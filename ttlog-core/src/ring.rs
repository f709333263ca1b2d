//! The ring: a fixed array of pages, of which the page released longest ago is reused.
//!
//! A writer claims a page, appends records to it, and releases it when it is full. A record belongs
//! to one page and is never moved. So a ring of a few megabytes holds the last hundred thousand
//! events of a program, and an event costs a few stores into memory that the writer owns.
//!
//! ```text
//! header   magic, layout, geometry, run, turns, counters
//! table    a word for each page: owned, or the turn at which it was released
//! queue    a word for each page: the order in which pages are claimed
//! pages    see FORMAT.md, section 8
//! ```
//!
//! All of it is one slice of atomic words that the caller provides, so it may lie in a static, on the
//! heap or in a mapped file. Claiming a page takes constant time, once for the hundreds of events that
//! follow. Readers take no lock: a page's generation, read before and after, shows whether a copy is
//! whole (a seqlock; see H.-J. Boehm, "Can seqlocks get along with programming language memory
//! models?", MSPC 2012).
//!
//! # Examples
//!
//! A ring, a writer and one record:
//!
//! ```
//! use ttlog_core::{Callsite, CallsiteKind, Level, Memory, Metadata, Ring, Writer};
//! use ttlog_core::ring::{Geometry, Run};
//!
//! static MEMORY: Memory<1024> = Memory::new();
//! static METADATA: Metadata = Metadata {
//!     kind: CallsiteKind::Event,
//!     level: Level::Info,
//!     target: "pump",
//!     file: file!(),
//!     line: line!(),
//!     text: "started",
//!     names: &[],
//!     more_kinds: &[],
//! };
//! static CALLSITE: Callsite = Callsite::new(&METADATA);
//!
//! let run = Run { id: 0x5eed, clock_hz: 1_000_000, start_ticks: 0 };
//! let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
//! let writer = Writer::new();
//! let header = CALLSITE.enabled().expect("no filter is set");
//! writer.write(&ring, 17, header, &|_: &[ttlog_core::Word]| {})?;
//!
//! assert_eq!(ring.count().kept[Level::Info as usize], 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The macros do this through a [`lane`](crate::lane).

mod claim;
mod count;
mod follow;
mod geometry;
mod hold;
#[cfg(all(test, loom))]
mod model;
mod place;
mod read;
mod run;
mod turn;
mod written;

use self::turn::Turns;
pub(crate) use self::{claim::Page, read::PageReused};
pub use self::{
    count::Counts,
    follow::{News, Position},
    geometry::{Geometry, GeometryError},
    hold::Hold,
    run::Run,
};
use crate::{
    drop_cause::DropCause,
    level::Level,
    level_counts::LevelCounts,
    page::{self, HEADER_WORDS},
    record::RecordHeader,
    sync::{Ordering, Word},
};

/// The first word of a ring, `TTLR` in memory on a little-endian machine.
pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"TTLR");
/// The version of the layout.
pub(crate) const LAYOUT: u32 = 3;

/// In the table: the page is owned. If its writer emptied it under a hold, the other bits are the word of
/// that hold. Otherwise the word is the turn at which the page was released.
const OWNED: u32 = 1 << 31;

/// A ring in memory that the caller provides. Copies are the same ring.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Memory, ring::{Geometry, Ring, Run}};
///
/// let memory = Memory::<1024>::new();
/// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
/// let copy = ring;
/// copy.count_shared();
/// assert_eq!(ring.shared(), 1);
/// # Ok::<(), ttlog_core::ring::GeometryError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ring<'a> {
    header: &'a [Word; place::TABLE],
    table: &'a [Word],
    queue: &'a [Word],
    pages: &'a [Word],
    page_words: usize,
    turns: Turns,
}

impl<'a> Ring<'a> {
    /// Makes an empty ring of all of `memory`.
    ///
    /// # Errors
    ///
    /// - [`GeometryError::PageWords`] if the page size is out of range.
    /// - [`GeometryError::TooSmall`] if the memory does not hold two pages.
    /// - [`GeometryError::TooManyPages`] if the table cannot number that many pages.
    ///
    /// # Cost
    ///
    /// One store for each word of memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Memory, ring::{Geometry, GeometryError, Ring, Run}};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// assert_eq!((ring.page_count(), ring.page_words()), (7, 128));
    ///
    /// let error = Ring::new(&memory, Geometry { page_words: 8 }, Run::default()).unwrap_err();
    /// assert_eq!(error, GeometryError::PageWords { page_words: 8 });
    /// # Ok::<(), GeometryError>(())
    /// ```
    pub fn new(memory: &'a [Word], geometry: Geometry, run: Run) -> Result<Self, GeometryError> {
        let page_count = geometry.page_count(memory.len())?;
        for word in memory {
            word.store(0, Ordering::Relaxed);
        }
        let ring =
            Self::over(memory, geometry.page_words, page_count).ok_or(GeometryError::TooSmall {
                words: memory.len(),
                min_words: geometry.memory_words(page_count),
            })?;
        // In the order of their places, the magic left out. The last is the turn of the next release.
        let constants = [
            LAYOUT,
            geometry.page_words as u32,
            page_count as u32,
            run.clock_hz as u32,
            (run.clock_hz >> 32) as u32,
            run.start_ticks as u32,
            (run.start_ticks >> 32) as u32,
            run.id as u32,
            (run.id >> 32) as u32,
            ring.turns.after(page_count as u32 - 1),
        ];
        for (word, value) in ring.header.iter().skip(place::LAYOUT).zip(constants) {
            word.store(value, Ordering::Relaxed);
        }
        // Each page was released at the turn with its number.
        for (number, (state, entry)) in ring.table.iter().zip(ring.queue).enumerate() {
            state.store(number as u32, Ordering::Relaxed);
            entry.store(number as u32, Ordering::Relaxed);
        }
        for index in 0..page_count {
            if let Some(length) = ring.page(index).get(page::LENGTH) {
                length.store(HEADER_WORDS as u32, Ordering::Relaxed);
            }
        }
        // Last: a reader that finds the magic finds a whole ring.
        ring.header_word(place::MAGIC)
            .store(MAGIC, Ordering::Release);
        Ok(ring)
    }

    /// Opens the ring that takes all of `memory`. Returns `None` if the header is not that of a ring of
    /// this size.
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

    /// Returns the words of the header that never change once the ring is made.
    pub(crate) fn constant_words(&self) -> &'a [Word] {
        self.header.get(..place::CLOSED).unwrap_or_default()
    }

    /// Returns whether a page is owned. Returns `None` if no writer leaves such a word in the table.
    pub(crate) fn is_owned(&self, index: usize) -> Option<bool> {
        match self.table.get(index)?.load(Ordering::Relaxed) {
            OWNED => Some(true),
            state if state & OWNED == 0 => Some(false),
            state => hold::is_mark(state).then_some(true),
        }
    }

    fn over(memory: &'a [Word], page_words: usize, page_count: usize) -> Option<Self> {
        let (header, rest) = memory.split_first_chunk()?;
        let (table, rest) = rest.split_at_checked(page_count)?;
        let (queue, pages) = rest.split_at_checked(page_count)?;
        let pages = pages.get(..page_count * page_words)?;
        Some(Self {
            header,
            table,
            queue,
            pages,
            page_words,
            turns: Turns::new(page_count),
        })
    }

    /// Returns a word of the header. In line, so that the compiler sees that the index is in range.
    #[inline(always)]
    fn header_word(&self, at: usize) -> &'a Word {
        &self.header[at]
    }

    /// Returns the number of pages.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.table.len()
    }

    /// Returns the number of words of a page, its header included.
    #[must_use]
    pub fn page_words(&self) -> usize {
        self.page_words
    }

    /// Returns the maximum number of words of a record in this ring, in an empty page without marks.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, WriteError, Writer};
    /// use ttlog_core::ring::{Geometry, Ring, Run};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// let max_words = ring.record_max_words();
    /// let too_long = RecordHeader::new(1, Level::Info).with_words(max_words + 1);
    /// let result = Writer::new().write(&ring, 0, too_long, &|_: &[Word]| {});
    /// assert_eq!(result, Err(WriteError::TooLong { max_words }));
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    #[must_use]
    pub fn record_max_words(&self) -> usize {
        (self.page_words - HEADER_WORDS).min(RecordHeader::RECORD_MAX_WORDS)
    }

    /// Returns the run that records into this ring.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Memory, ring::{Geometry, Ring, Run}};
    ///
    /// let memory = Memory::<1024>::new();
    /// let run = Run { id: 0x5eed, clock_hz: 1_000_000, start_ticks: 17 };
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, run)?;
    /// assert_eq!(ring.run(), run);
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    #[must_use]
    pub fn run(&self) -> Run {
        Run {
            id: self.header_u64(place::RUN_ID),
            clock_hz: self.header_u64(place::CLOCK_HZ),
            start_ticks: self.header_u64(place::START),
        }
    }

    fn header_u64(&self, at: usize) -> u64 {
        let word = |at| u64::from(self.header_word(at).load(Ordering::Relaxed));
        word(at + 1) << 32 | word(at)
    }

    fn store_header_u64(&self, at: usize, value: u64) {
        self.header_word(at).store(value as u32, Ordering::Relaxed);
        self.header_word(at + 1)
            .store((value >> 32) as u32, Ordering::Relaxed);
    }

    /// Returns a number for a new writer, from 1.
    ///
    /// # Examples
    ///
    /// Each writer of a ring needs a number of its own:
    ///
    /// ```
    /// use ttlog_core::{Memory, Writer, ring::{Geometry, Ring, Run}};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// let (first, second) = (Writer::new(), Writer::new());
    /// first.set_number(ring.next_writer());
    /// second.set_number(ring.next_writer());
    /// assert_eq!(ring.next_writer(), 3);
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    pub fn next_writer(&self) -> u32 {
        self.header_word(place::WRITERS)
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_add(1)
    }

    /// Counts an event that went into a page that several threads share.
    pub fn count_shared(&self) {
        self.header_word(place::SHARED)
            .fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the number of events that went into a page that several threads share.
    #[must_use]
    pub fn shared(&self) -> u32 {
        self.header_word(place::SHARED).load(Ordering::Relaxed)
    }

    /// Counts an event that could not be recorded. A counter stays at its maximum.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{DropCause, Level, Memory, ring::{Geometry, Ring, Run}};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// ring.count_dropped(Level::Warn, DropCause::NoPage);
    /// assert_eq!(ring.dropped(DropCause::NoPage)[Level::Warn as usize], 1);
    /// assert_eq!(ring.count().dropped[Level::Warn as usize], 1);
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    pub fn count_dropped(&self, level: Level, cause: DropCause) {
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

    /// Returns the number of events dropped for a cause, by level.
    #[must_use]
    pub fn dropped(&self, cause: DropCause) -> LevelCounts {
        let first = place::DROPPED + cause as usize * Level::COUNT;
        core::array::from_fn(|level| {
            u64::from(self.header_word(first + level).load(Ordering::Relaxed))
        })
    }

    pub(crate) fn page(&self, index: usize) -> &'a [Word] {
        self.page_at(index).unwrap_or_default()
    }

    /// As [`page`](Self::page), in line.
    #[inline(always)]
    fn page_at(&self, index: usize) -> Option<&'a [Word]> {
        // Every page in the table is inside the memory, so this does not wrap.
        let first = index.wrapping_mul(self.page_words);
        self.pages.get(first..)?.get(..self.page_words)
    }
}
