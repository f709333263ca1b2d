//! Counts of the events that a ring has seen.

use super::{Ring, place};
use crate::{
    drop_cause::DropCause,
    level_counts::{LevelCounts, add},
    page::HEADER_WORDS,
    sync::Ordering,
};

/// Numbers of events by what became of them, by level.
///
/// # Examples
///
/// A ring that is full overwrites its oldest page. Each event stays counted:
///
/// ```
/// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
/// use ttlog_core::ring::{Geometry, Ring, Run};
///
/// let memory = Memory::<1024>::new();
/// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
/// let writer = Writer::new();
/// for ticks in 0..1000 {
///     writer.write(&ring, ticks, RecordHeader::new(1, Level::Info), &|_: &[Word]| {})?;
/// }
/// let counts = ring.count();
/// let info = Level::Info as usize;
/// assert!(counts.overwritten[info] > 0);
/// assert_eq!(counts.kept[info] + counts.overwritten[info], 1000);
/// assert_eq!(counts.recorded()[info], 1000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Events that can be read now.
    pub kept: LevelCounts,
    /// Events whose pages were reused.
    pub overwritten: LevelCounts,
    /// Events that were not recorded, for any cause.
    pub dropped: LevelCounts,
}

impl Counts {
    /// Returns the sum of all three.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Level, ring::Counts};
    ///
    /// let mut counts = Counts::default();
    /// counts.kept[Level::Info as usize] = 5;
    /// counts.dropped[Level::Info as usize] = 1;
    /// assert_eq!(counts.recorded()[Level::Info as usize], 6);
    /// ```
    #[must_use]
    pub fn recorded(&self) -> LevelCounts {
        let mut sum = self.kept;
        add(&mut sum, &self.overwritten);
        add(&mut sum, &self.dropped);
        sum
    }
}

impl Ring<'_> {
    /// Counts the events. The numbers are exact if no context records meanwhile. Otherwise each page
    /// counts as it was when it was read.
    ///
    /// # Cost
    ///
    /// Some tens of nanoseconds for each page.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Ring, Run};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// Writer::new().write(&ring, 17, RecordHeader::new(1, Level::Warn), &|_: &[Word]| {})?;
    /// assert_eq!(ring.count().kept, [0, 0, 0, 1, 0, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn count(&self) -> Counts {
        let mut counts = Counts::default();
        for header in (0..self.page_count()).filter_map(|index| self.page_header(index).ok()) {
            add(&mut counts.kept, &header.counts());
            add(&mut counts.overwritten, &header.overwritten());
        }
        for cause in DropCause::ALL {
            add(&mut counts.dropped, &self.dropped(cause));
        }
        counts
    }

    /// Returns the earliest time at which a page in use was claimed. No event in the ring is older.
    /// Returns `None` if the ring is empty.
    ///
    /// # Cost
    ///
    /// As [`count`](Self::count).
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Ring, Run};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// assert_eq!(ring.oldest_ticks(), None);
    /// let writer = Writer::new();
    /// for ticks in [17, 20] {
    ///     writer.write(&ring, ticks, RecordHeader::new(1, Level::Info), &|_: &[Word]| {})?;
    /// }
    /// assert_eq!(ring.oldest_ticks(), Some(17));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn oldest_ticks(&self) -> Option<u64> {
        (0..self.page_count())
            .filter_map(|index| self.page_header(index).ok())
            .filter(|header| header.length() > HEADER_WORDS)
            .map(|header| header.base_ticks())
            .min()
    }

    /// Copies the numbers of dropped events, by cause (in the order of [`DropCause`]) and level.
    pub(crate) fn read_dropped(&self, dropped: &mut [LevelCounts; DropCause::COUNT]) {
        let counters = self.header.get(place::DROPPED..).unwrap_or_default();
        for (count, counter) in dropped.as_flattened_mut().iter_mut().zip(counters) {
            *count = counter.load(Ordering::Relaxed).into();
        }
    }
}
