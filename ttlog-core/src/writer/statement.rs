//! What a page states before the records that it holds for.

use core::cell::Cell;

/// The words of a mark, ready to be written: they are made where what they say is set, so that only
/// who sets it links how.
#[derive(Debug)]
pub(super) struct Statement<const MAX_WORDS: usize> {
    words: [Cell<u32>; MAX_WORDS],
    /// How many of the words there are. Without any, nothing is stated in a new page.
    length: Cell<usize>,
    /// Whether the page does not state it yet.
    is_due: Cell<bool>,
}

impl<const MAX_WORDS: usize> Statement<MAX_WORDS> {
    /// Of nothing.
    pub(super) const fn new() -> Self {
        Self {
            words: [const { Cell::new(0) }; MAX_WORDS],
            length: Cell::new(0),
            is_due: Cell::new(false),
        }
    }

    /// Changes it.
    pub(super) fn set(&self, words: [u32; MAX_WORDS], length: usize) {
        for (to, word) in self.words.iter().zip(words) {
            to.set(word);
        }
        self.length.set(length);
    }

    /// The words as they are now, also those behind the length.
    pub(super) fn get(&self) -> [u32; MAX_WORDS] {
        self.words.each_ref().map(Cell::get)
    }

    /// The words of the mark.
    pub(super) fn words(&self) -> &[Cell<u32>] {
        self.words.get(..self.length.get()).unwrap_or_default()
    }

    pub(super) fn is_due(&self) -> bool {
        self.is_due.get()
    }

    pub(super) fn set_due(&self, is_due: bool) {
        self.is_due.set(is_due);
    }

    /// What a new page has yet to state.
    pub(super) fn begin_page(&self) {
        self.is_due.set(self.length.get() != 0);
    }
}
