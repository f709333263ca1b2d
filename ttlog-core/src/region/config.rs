//! The configuration of a region.

use super::{identity::IdentityWords, place};
use crate::ring::{Geometry, GeometryError};

/// The division of a region's memory, and its identity.
///
/// A region in the memory that has another configuration is foreign, and is not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RegionConfig<'p> {
    /// The pages of the ring. They take what the other parts leave of the memory.
    pub geometry: Geometry,
    /// Number of words for the descriptions of callsites: one takes about 20 to 40. If it is 0, there
    /// are none, and a reader other than this run of the program sees events without text.
    pub dictionary_words: usize,
    /// The service's name, cut to [`IDENTITY_MAX_BYTES`](super::IDENTITY_MAX_BYTES).
    pub service: &'p str,
    /// The target, `thumbv7m-none-eabi` for example, cut to the same length.
    pub target: &'p str,
    /// The name of the program's build, cut to the same length. A region of another build is not trusted.
    pub build_id: &'p str,
}

impl<'p> RegionConfig<'p> {
    /// Returns the number of words of a region with `pages` pages. Two banks take twice as many.
    #[must_use]
    pub const fn memory_words(&self, pages: usize) -> usize {
        self.lead_words() + self.geometry.memory_words(pages)
    }

    /// Checks that memory of `memory_words` words can be made such a region.
    ///
    /// # Errors
    ///
    /// [`GeometryError`] if it cannot.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Geometry, region::RegionConfig};
    ///
    /// let config = RegionConfig {
    ///     geometry: Geometry { page_words: 128 },
    ///     dictionary_words: 256,
    ///     service: "pump",
    ///     target: "thumbv7m",
    ///     build_id: "1.0.3",
    /// };
    /// let min_words = config.memory_words(Geometry::PAGES_MIN);
    /// assert!(config.check(min_words).is_ok());
    /// assert!(config.check(min_words - 1).is_err());
    /// ```
    pub fn check(&self, memory_words: usize) -> Result<(), GeometryError> {
        self.region_words(memory_words).map(drop)
    }

    /// Returns the number of words before the ring.
    pub(super) const fn lead_words(&self) -> usize {
        let identity = IdentityWords::new(self.service, self.target, self.build_id).words();
        place::HEADER_WORDS + identity + self.dictionary_words
    }

    /// Returns the number of words that the region takes of `memory_words` words.
    pub(super) fn region_words(&self, memory_words: usize) -> Result<usize, GeometryError> {
        let ring_words = memory_words
            .checked_sub(self.lead_words())
            .filter(|_| u32::try_from(memory_words).is_ok())
            .ok_or(self.too_small(memory_words))?;
        let pages = self.geometry.page_count(ring_words)?;
        Ok(self.memory_words(pages))
    }

    pub(super) fn too_small(&self, words: usize) -> GeometryError {
        GeometryError::TooSmall {
            words,
            min_words: self.memory_words(Geometry::PAGES_MIN),
        }
    }

    pub(super) fn identity(&self) -> IdentityWords<'p> {
        IdentityWords::new(self.service, self.target, self.build_id)
    }
}
