//! The words that a record's arguments are written to.

use crate::sync::{Ordering, Word};

/// The words of a record that are not written yet.
#[derive(Debug)]
pub struct Room<'a>(&'a [Word]);

impl<'a> Room<'a> {
    /// Creates a room of all of `words`.
    #[inline]
    pub(crate) fn new(words: &'a [Word]) -> Self {
        Self(words)
    }

    /// Writes the next words, or none of them if fewer are left.
    ///
    /// The room was measured by [`Fields::words`](super::Fields::words), so it is never too small.
    /// The check replaces a panic that must not exist here.
    #[inline]
    pub(crate) fn put_all<const N: usize>(&mut self, words: [u32; N]) {
        if let Some((room, rest)) = self.0.split_first_chunk::<N>() {
            for (to, word) in room.iter().zip(words) {
                to.store(word, Ordering::Relaxed);
            }
            self.0 = rest;
        }
    }

    /// Writes the next word.
    #[inline]
    pub(crate) fn put(&mut self, word: u32) {
        self.put_all([word]);
    }

    /// Writes the next two words, the low word first.
    #[inline]
    pub(super) fn put_u64(&mut self, value: u64) {
        self.put_all([value as u32, (value >> 32) as u32]);
    }

    /// Returns the same words as a separate value.
    #[inline]
    pub(super) fn by_value(&self) -> Self {
        Self(self.0)
    }
}
