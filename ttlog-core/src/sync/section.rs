//! Several changes of words in a row, on cores with compare-and-swap.

use super::{Ordering, Word};

/// On cores without compare-and-swap, a critical section around all of the changes. Here, nothing.
#[derive(Clone, Copy)]
pub(crate) struct Section;

impl Section {
    /// Runs `act`.
    #[inline(always)]
    pub(crate) fn with<R>(act: impl FnOnce(Self) -> R) -> R {
        act(Self)
    }

    /// Loads a word. What was written before its exchange is seen.
    #[inline(always)]
    pub(crate) fn load(self, word: &Word) -> u32 {
        word.load(Ordering::Acquire)
    }

    /// Returns whether a word has changed since its value was loaded.
    #[inline(always)]
    pub(crate) fn is_changed(self, word: &Word, value: u32) -> bool {
        word.load(Ordering::Relaxed) != value
    }

    /// Replaces the value of a word if it is `before`. Returns whether it was. Publishes what was written
    /// before.
    #[inline(always)]
    pub(crate) fn exchange(self, word: &Word, before: u32, after: u32) -> bool {
        word.compare_exchange(before, after, Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }

    /// As [`exchange`](Self::exchange), but publishes nothing. What was written before the exchange that
    /// stored `before` is seen.
    #[inline(always)]
    pub(crate) fn take(self, word: &Word, before: u32, after: u32) -> bool {
        word.compare_exchange(before, after, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }
}
