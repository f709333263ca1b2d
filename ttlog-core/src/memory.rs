//! Memory for a ring in a static.

use core::ops::Deref;

use crate::sync::Word;

/// Room for a ring, `WORDS` words of 4 bytes, for a `static`.
///
/// ```
/// use ttlog_core::{Memory, lane::critical_section::{self, Clock}, ring::Geometry};
///
/// static MEMORY: Memory<1024> = Memory::new();
///
/// let clock = Clock { ticks: || 0, hz: 1_000_000 };
/// critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock)?;
/// ttlog_core::info!("boot");
/// # Ok::<(), critical_section::InstallError>(())
/// ```
#[derive(Debug)]
pub struct Memory<const WORDS: usize>([Word; WORDS]);

impl<const WORDS: usize> Memory<WORDS> {
    /// Empty memory.
    #[must_use]
    pub const fn new() -> Self {
        Self([const { Word::new(0) }; WORDS])
    }

    /// The memory in two equal parts, for [`region::start`](crate::region::start).
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
