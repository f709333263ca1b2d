//! The state of a ring that a run has left behind.

use core::fmt;

use super::{Region, RegionError};
use crate::{
    level::Level,
    level_counts::LevelCounts,
    page::{HEADER_WORDS, PageHeader},
    record::RecordHeader,
    sync::{Ordering, Word},
};

/// The state of the ring that the run before has left behind.
///
/// # Examples
///
/// ```
/// use ttlog_core::region::{Corruption, RecoveryState};
///
/// let state = RecoveryState::Corrupt(Corruption::Pages { damaged: 2 });
/// assert_eq!(state.name(), "corrupt");
/// assert_eq!(state.to_string(), "corrupt: 2 pages hold what no writer leaves");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecoveryState {
    /// There was no run before, it left nothing behind, or it was acknowledged.
    Fresh,
    /// The ring is whole.
    Recovered,
    /// The run ended while it claimed a page or wrote a record. That page or record is missing; all
    /// others are whole.
    Torn,
    /// The memory looks like a ring, but not as a run leaves it.
    Corrupt(Corruption),
}

/// The corruption of a ring that a run has left behind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Corruption {
    /// The header is damaged. Nothing of the ring can be read.
    Header(RegionError),
    /// The region is of another build, or has another configuration. Nothing of it is read.
    Foreign,
    /// Some pages hold what no writer leaves. What is whole in them, and all other pages, can be read.
    Pages {
        /// Number of such pages.
        damaged: u32,
    },
}

impl RecoveryState {
    /// Returns the state as `dump` prints it, `recovered` for example.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Recovered => "recovered",
            Self::Torn => "torn",
            Self::Corrupt(_) => "corrupt",
        }
    }
}

impl fmt::Display for RecoveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Corrupt(corrupt) => write!(f, ": {corrupt}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(error) => error.fmt(f),
            Self::Foreign => f.write_str("a region of another build or with another configuration"),
            Self::Pages { damaged } => write!(f, "{damaged} pages hold what no writer leaves"),
        }
    }
}

impl Region<'_> {
    /// Checks that the pages are as a writer leaves them. Never returns [`RecoveryState::Fresh`]. While
    /// a program still records, [`RecoveryState::Torn`] means nothing.
    ///
    /// The arguments of records are not checked: a bit that has changed there is not noticed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ttlog_core::{Geometry, Memory, ring::Run};
    /// use ttlog_core::region::{RecoveryState, Region, RegionConfig};
    /// use ttlog_core::{Level, RecordHeader, Word, Writer};
    ///
    /// # const CONFIG: RegionConfig<'static> = RegionConfig {
    /// #     geometry: Geometry { page_words: 128 }, dictionary_words: 256,
    /// #     service: "pump", target: "thumbv7m", build_id: "1.0.3",
    /// # };
    /// # let memory = Memory::<{ CONFIG.memory_words(4) }>::new();
    /// let region = Region::new(&memory, &CONFIG, Run::default(), 1)?;
    /// let header = RecordHeader::new(1, Level::Info);
    /// Writer::new().write(&region.ring(), 17, header, &|_: &[Word]| {})?;
    /// assert_eq!(region.check(), RecoveryState::Recovered);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn check(&self) -> RecoveryState {
        let ring = self.ring();
        let (mut damaged, mut is_torn) = (0, false);
        for index in 0..ring.page_count() {
            match page(ring.page(index), ring.is_owned(index)) {
                Ok(PageState::Whole) => {}
                Ok(PageState::Torn) => is_torn = true,
                Err(Damaged) => damaged += 1,
            }
        }
        match (damaged, is_torn) {
            (0, false) => RecoveryState::Recovered,
            (0, true) => RecoveryState::Torn,
            (damaged, _) => RecoveryState::Corrupt(Corruption::Pages { damaged }),
        }
    }
}

/// The state of a page.
enum PageState {
    Whole,
    Torn,
}

/// No writer leaves a page like this.
struct Damaged;

/// Checks a page. `is_owned` is `None` if the table has a word that no writer leaves.
fn page(words: &[Word], is_owned: Option<bool>) -> Result<PageState, Damaged> {
    let is_owned = is_owned.ok_or(Damaged)?;
    let mut header = PageHeader([0; HEADER_WORDS]);
    for (to, word) in header.0.iter_mut().zip(words) {
        *to = word.load(Ordering::Relaxed);
    }
    if header.is_being_claimed() {
        return if is_owned {
            Ok(PageState::Torn)
        } else {
            Err(Damaged)
        };
    }
    let records = words.get(HEADER_WORDS..header.length()).ok_or(Damaged)?;
    let found = events(records).ok_or(Damaged)?;
    let counted = header.counts();
    if counted == found {
        return Ok(PageState::Whole);
    }
    // An event is counted before it is published, and so are the events that interrupt it.
    let ahead = counted
        .iter()
        .zip(found)
        .try_fold(0_u64, |sum, (&counted, found)| {
            Some(sum + counted.checked_sub(found)?)
        });
    let room_words = words.len() - header.length();
    match ahead {
        Some(ahead) if is_owned && ahead as usize <= room_words / RecordHeader::WORDS => {
            Ok(PageState::Torn)
        }
        _ => Err(Damaged),
    }
}

/// Counts the events in a page, by level. Returns `None` if a word that should lead a record does not,
/// or if the last record exceeds the page.
fn events(mut records: &[Word]) -> Option<LevelCounts> {
    let mut found = LevelCounts::default();
    while let Some(first) = records.first() {
        let header = RecordHeader::from_bits(first.load(Ordering::Relaxed));
        if header.words() < RecordHeader::WORDS {
            return None;
        }
        records = records.get(header.words()..)?;
        if header.id() != 0 {
            let level = Level::from_number(header.level_number())?;
            *found.get_mut(level as usize)? += 1;
        }
    }
    Some(found)
}
