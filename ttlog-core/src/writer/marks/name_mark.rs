//! The mark that states who writes.

use core::cell::Cell;

use super::write_mark;
use crate::{
    name::Name,
    record::{Header, mark},
    sync::Word,
};

/// The mark's words, ready to be written: they are made where a name is set, so that a program that
/// sets none does not link how.
#[derive(Debug)]
pub(super) struct NameMark {
    words: [Cell<u32>; Name::WORDS],
    /// How many words a new page takes to state the name; 0 where there is none.
    new_page_words: Cell<usize>,
    /// How many words the mark takes that is due; 0 where the page states the name.
    due_words: Cell<usize>,
}

impl NameMark {
    /// Of no name.
    pub(super) const fn new() -> Self {
        Self {
            words: [const { Cell::new(0) }; Name::WORDS],
            new_page_words: Cell::new(0),
            due_words: Cell::new(0),
        }
    }

    pub(super) fn get(&self) -> Name {
        Name::from_words(&self.words.each_ref().map(Cell::get))
    }

    /// The number in the name.
    pub(super) fn number(&self) -> u32 {
        self.words.first().map_or(0, Cell::get)
    }

    pub(super) fn set(&self, name: Name) {
        if self.get() == name {
            return;
        }
        let (words, length) = name.to_words();
        for (to, word) in self.words.iter().zip(words) {
            to.set(word);
        }
        self.new_page_words.set(Header::WORDS + length);
        self.due_words.set(Header::WORDS + length);
    }

    /// A new page states nothing yet.
    pub(super) fn begin_page(&self) {
        self.due_words.set(self.new_page_words.get());
    }

    pub(super) fn due_words(&self) -> usize {
        self.due_words.get()
    }

    /// Writes the mark, if it is due, and answers what room is left.
    pub(super) fn write<'a>(&self, room: &'a [Word]) -> &'a [Word] {
        match self.due_words.replace(0) {
            0 => room,
            words => write_mark(mark::THREAD, words, &self.words, room),
        }
    }
}
