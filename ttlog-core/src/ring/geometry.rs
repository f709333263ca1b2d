//! How memory is divided into pages.

use core::{error::Error, fmt};

use super::place;
use crate::page::HEADER_WORDS;

/// How a ring's memory is divided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Geometry {
    /// Words of a page, its header included. Fewer and larger pages waste less at their ends and
    /// are claimed less often; more and smaller ones lose less at once when one is reused, and
    /// serve more writers.
    pub page_words: usize,
}

impl Geometry {
    /// The most words of a page: what one block of a snapshot holds.
    pub const PAGE_MAX_WORDS: usize = 15_000;
    /// The fewest words of a page.
    pub const PAGE_MIN_WORDS: usize = HEADER_WORDS + 16;
    /// The fewest pages: while one is written, another holds what was before.
    pub const PAGES_MIN: usize = 2;

    /// How many words of memory `pages` pages take.
    #[must_use]
    pub const fn memory_words(self, pages: usize) -> usize {
        place::TABLE + pages * (1 + self.page_words)
    }

    /// How many bytes of a page are for records.
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
        let pages = memory_words.saturating_sub(place::TABLE) / (1 + self.page_words);
        if pages < Self::PAGES_MIN || pages > super::CLOSED_MASK as usize / 2 {
            return Err(GeometryError::TooSmall {
                words: memory_words,
            });
        }
        Ok(pages)
    }
}

/// Why memory cannot be made a ring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum GeometryError {
    /// The page size is out of its range.
    PageWords {
        /// The page size asked for.
        page_words: usize,
    },
    /// The memory does not hold two pages of this size.
    TooSmall {
        /// The memory's words.
        words: usize,
    },
}

impl fmt::Display for GeometryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PageWords { page_words } => write!(
                f,
                "a page of {page_words} words: it must have {} to {}",
                Geometry::PAGE_MIN_WORDS,
                Geometry::PAGE_MAX_WORDS
            ),
            Self::TooSmall { words } => write!(
                f,
                "{words} words of memory do not hold {} pages: give more, or make pages smaller",
                Geometry::PAGES_MIN
            ),
        }
    }
}

impl Error for GeometryError {}
