//! What a program wants a region to be.

use super::{REGION_HEADER_WORDS, identity::IdentityWords};
use crate::ring::{Geometry, GeometryError};

/// How a region's memory is divided, and whose it is.
///
/// A region of another plan that is found in the memory is not this program's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Plan<'p> {
    /// The ring's pages. What the region has left after all else is divided into them.
    pub geometry: Geometry,
    /// Words for the descriptions of callsites: one takes about 20 to 40 words. With 0 there are
    /// none, and a reader who does not have this run of the program sees events without text.
    pub dictionary_words: usize,
    /// The service's name; what is beyond [`IDENTITY_MAX_BYTES`](super::IDENTITY_MAX_BYTES) of this
    /// and the next two is cut off.
    pub service: &'p str,
    /// The target, `thumbv7m-none-eabi` for example.
    pub target: &'p str,
    /// Names the program's build. Another build's region is not trusted.
    pub build_id: &'p str,
}

impl<'p> Plan<'p> {
    /// How many words of memory a region with `pages` pages takes. For memory of two banks, twice
    /// as many.
    #[must_use]
    pub const fn memory_words(&self, pages: usize) -> usize {
        self.lead_words() + self.geometry.memory_words(pages)
    }

    /// Whether memory of so many words can be made such a region.
    ///
    /// # Errors
    ///
    /// [`GeometryError`] where it cannot.
    pub fn check(&self, memory_words: usize) -> Result<(), GeometryError> {
        self.region_words(memory_words).map(drop)
    }

    /// How many words stand before the ring.
    pub(super) const fn lead_words(&self) -> usize {
        let identity = IdentityWords::new(self.service, self.target, self.build_id).words();
        REGION_HEADER_WORDS + identity + self.dictionary_words
    }

    /// How many words of memory with so many words the region takes.
    pub(super) fn region_words(&self, memory_words: usize) -> Result<usize, GeometryError> {
        let ring_words = memory_words
            .checked_sub(self.lead_words())
            .filter(|_| u32::try_from(memory_words).is_ok())
            .ok_or(GeometryError::TooSmall {
                words: memory_words,
            })?;
        let pages = self.geometry.page_count(ring_words)?;
        Ok(self.memory_words(pages))
    }

    pub(super) fn identity(&self) -> IdentityWords<'p> {
        IdentityWords::new(self.service, self.target, self.build_id)
    }
}
