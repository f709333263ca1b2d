//! The division of memory into pages.

use core::{error::Error, fmt};

use super::place;
use crate::page::HEADER_WORDS;

/// The division of a ring's memory into pages.
///
/// # Examples
///
/// Memory for a ring of 16 pages in a static:
///
/// ```
/// use ttlog_core::{Memory, ring::{Geometry, Ring, Run}};
///
/// const GEOMETRY: Geometry = Geometry { page_words: 256 };
/// static MEMORY: Memory<{ GEOMETRY.memory_words(16) }> = Memory::new();
///
/// let ring = Ring::new(&MEMORY, GEOMETRY, Run::default())?;
/// assert_eq!(ring.page_count(), 16);
/// # Ok::<(), ttlog_core::ring::GeometryError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Geometry {
    /// Number of words of a page, its header included. Large pages waste less at their ends and are
    /// claimed less often. Small pages lose less at once when one is reused, and serve more writers.
    pub page_words: usize,
}

impl Geometry {
    /// Maximum number of words of a page: one block of a snapshot holds it.
    pub const PAGE_MAX_WORDS: usize = 15_000;
    /// Minimum number of words of a page.
    pub const PAGE_MIN_WORDS: usize = HEADER_WORDS + 16;
    /// Minimum number of pages: one keeps older events while the other is filled.
    pub const PAGES_MIN: usize = 2;
    /// Maximum number of pages, by the width of turns.
    pub const PAGES_MAX: usize = 1 << 29;
    /// Number of words that a page takes beside itself: one in the table, one in the queue.
    const PAGE_EXTRA_WORDS: usize = 2;

    /// Returns the number of words of memory that a ring of `pages` pages takes.
    #[must_use]
    pub const fn memory_words(self, pages: usize) -> usize {
        place::TABLE + pages * (Self::PAGE_EXTRA_WORDS + self.page_words)
    }

    /// Returns the number of bytes of a page that are for records.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::ring::Geometry;
    ///
    /// let geometry = Geometry { page_words: Geometry::PAGE_MIN_WORDS };
    /// assert_eq!(geometry.payload_bytes(), 16 * 4);
    /// ```
    #[must_use]
    pub const fn payload_bytes(self) -> usize {
        self.page_words.saturating_sub(HEADER_WORDS) * 4
    }

    pub(crate) fn page_count(self, memory_words: usize) -> Result<usize, GeometryError> {
        if !(Self::PAGE_MIN_WORDS..=Self::PAGE_MAX_WORDS).contains(&self.page_words) {
            return Err(GeometryError::PageWords {
                page_words: self.page_words,
            });
        }
        let pages =
            memory_words.saturating_sub(place::TABLE) / (Self::PAGE_EXTRA_WORDS + self.page_words);
        if pages < Self::PAGES_MIN {
            return Err(GeometryError::TooSmall {
                words: memory_words,
                min_words: self.memory_words(Self::PAGES_MIN),
            });
        }
        if pages > Self::PAGES_MAX {
            return Err(GeometryError::TooManyPages { pages });
        }
        Ok(pages)
    }
}

/// Why memory cannot be made a ring.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Memory, ring::{Geometry, GeometryError, Ring, Run}};
///
/// let geometry = Geometry { page_words: 128 };
/// let memory = Memory::<64>::new();
/// let error = Ring::new(&memory, geometry, Run::default()).unwrap_err();
/// let min_words = geometry.memory_words(Geometry::PAGES_MIN);
/// assert_eq!(error, GeometryError::TooSmall { words: 64, min_words });
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum GeometryError {
    /// The page size is out of range.
    PageWords {
        /// The page size asked for.
        page_words: usize,
    },
    /// The memory is too small for two pages and what stands before them.
    TooSmall {
        /// Number of words of the memory.
        words: usize,
        /// Number of words needed.
        min_words: usize,
    },
    /// The memory holds more pages than the table can number.
    TooManyPages {
        /// Number of pages.
        pages: usize,
    },
}

impl fmt::Display for GeometryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PageWords { page_words } => write!(
                f,
                "page size {page_words} is out of range: {} to {} words",
                Geometry::PAGE_MIN_WORDS,
                Geometry::PAGE_MAX_WORDS
            ),
            Self::TooSmall { words, min_words } => write!(
                f,
                "{words} words of memory are too few for {} pages: provide at least {min_words}, \
                 or make the pages smaller",
                Geometry::PAGES_MIN
            ),
            Self::TooManyPages { pages } => write!(
                f,
                "{pages} pages are too many: at most {}; provide less memory, or make the pages \
                 larger",
                Geometry::PAGES_MAX
            ),
        }
    }
}

impl Error for GeometryError {}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const SMALL: Geometry = Geometry {
        page_words: Geometry::PAGE_MIN_WORDS,
    };

    #[test]
    fn a_page_size_is_in_range_or_an_error() {
        let count = |page_words| Geometry { page_words }.page_count(1 << 20);
        for page_words in [
            0,
            Geometry::PAGE_MIN_WORDS - 1,
            Geometry::PAGE_MAX_WORDS + 1,
        ] {
            assert_eq!(
                count(page_words),
                Err(GeometryError::PageWords { page_words })
            );
        }
        assert!(count(Geometry::PAGE_MIN_WORDS).is_ok());
        assert!(count(Geometry::PAGE_MAX_WORDS).is_ok());
    }

    #[test]
    fn memory_below_two_pages_is_an_error_that_states_the_minimum() {
        let min_words = SMALL.memory_words(2);
        assert_eq!(SMALL.page_count(min_words), Ok(2));
        for words in [0, 1, min_words - 1] {
            let error = GeometryError::TooSmall { words, min_words };
            assert_eq!(SMALL.page_count(words), Err(error));
        }
    }

    #[test]
    fn more_pages_than_the_table_can_number_are_an_error() {
        let most = Geometry::PAGES_MAX;
        assert_eq!(SMALL.page_count(SMALL.memory_words(most)), Ok(most));
        let pages = most + 1;
        assert_eq!(
            SMALL.page_count(SMALL.memory_words(pages)),
            Err(GeometryError::TooManyPages { pages })
        );
    }

    #[test]
    fn words_that_make_no_whole_page_are_left_over() {
        let words = SMALL.memory_words(5);
        assert_eq!(SMALL.page_count(words + SMALL.page_words + 1), Ok(5));
        assert_eq!(SMALL.page_count(words + SMALL.page_words + 2), Ok(6));
    }

    #[test]
    fn errors_state_the_value_the_range_and_what_to_do() {
        extern crate std;
        use std::string::ToString;

        let text = GeometryError::PageWords { page_words: 9 }.to_string();
        assert_eq!(text, "page size 9 is out of range: 42 to 15000 words");
        let text = GeometryError::TooSmall {
            words: 10,
            min_words: 123,
        };
        assert!(text.to_string().contains("10 words") && text.to_string().contains("at least 123"));
        let text = GeometryError::TooManyPages { pages: 1 << 30 };
        assert!(text.to_string().contains("1073741824 pages are too many"));
    }
}
