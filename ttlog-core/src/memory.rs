//! Memory for a ring in a static.

use core::ops::Deref;

use crate::sync::Word;

/// Memory for a ring in a `static`: `WORDS` words of 4 bytes.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Memory, lane::critical_section::{self, Clock}, ring::Geometry};
///
/// static MEMORY: Memory<1024> = Memory::new();
///
/// let clock = Clock { ticks: || 0, hz: 1_000_000 };
/// critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
/// ttlog_core::info!("boot");
/// # Ok::<(), critical_section::InstallError>(())
/// ```
#[derive(Debug)]
pub struct Memory<const WORDS: usize>([Word; WORDS]);

impl<const WORDS: usize> Memory<WORDS> {
    /// Creates memory of zeros.
    #[must_use]
    pub const fn new() -> Self {
        Self([const { Word::new(0) }; WORDS])
    }

    /// Returns the memory. In a `const` context, `&MEMORY` does not become a slice.
    #[must_use]
    pub const fn words(&self) -> &[Word] {
        &self.0
    }

    /// Returns the memory in two equal parts, for [`region::recover`](crate::region::recover).
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Memory;
    ///
    /// static MEMORY: Memory<1024> = Memory::new();
    /// let [first, second] = MEMORY.halves();
    /// assert_eq!((first.len(), second.len()), (512, 512));
    /// ```
    #[must_use]
    pub fn halves(&self) -> [&[Word]; 2] {
        let (first, second) = self.0.split_at(WORDS / 2);
        [first, second]
    }
}

impl<const WORDS: usize> Default for Memory<WORDS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const WORDS: usize> Deref for Memory<WORDS> {
    type Target = [Word];

    fn deref(&self) -> &[Word] {
        &self.0
    }
}
