//! What a page states before the records that it holds for.

use core::cell::Cell;

use crate::{
    record::Header,
    sync::{Ordering::Relaxed, Word},
};

/// A mark, its words ready to be written: they are made where what they say is set, so that only who
/// sets it links how.
#[derive(Debug)]
pub(super) struct Statement<const MAX_WORDS: usize> {
    words: [Cell<u32>; MAX_WORDS],
    /// How many words a new page takes to state it; 0 where it is nothing.
    new_page_words: Cell<usize>,
    /// How many words the mark takes that is due; 0 where the page states it.
    due_words: Cell<usize>,
}

impl<const MAX_WORDS: usize> Statement<MAX_WORDS> {
    /// Of nothing.
    pub(super) const fn new() -> Self {
        Self {
            words: [const { Cell::new(0) }; MAX_WORDS],
            new_page_words: Cell::new(0),
            due_words: Cell::new(0),
        }
    }

    /// Changes it to the first `length` of these words; to nothing where that is 0.
    pub(super) fn set(&self, words: [u32; MAX_WORDS], length: usize) {
        for (to, word) in self.words.iter().zip(words) {
            to.set(word);
        }
        self.new_page_words.set(match length {
            0 => 0,
            _ => Header::WORDS + length,
        });
    }

    /// The words as they are now, also those behind the length.
    pub(super) fn get(&self) -> [u32; MAX_WORDS] {
        self.words.each_ref().map(Cell::get)
    }

    /// The first word.
    pub(super) fn first(&self) -> u32 {
        self.words.first().map_or(0, Cell::get)
    }

    /// Whether it is nothing.
    pub(super) fn is_nothing(&self) -> bool {
        self.new_page_words.get() == 0
    }

    /// How many words the mark takes that is due.
    pub(super) fn due_words(&self) -> usize {
        self.due_words.get()
    }

    /// Says whether the page has yet to state it.
    pub(super) fn set_due(&self, is_due: bool) {
        self.due_words.set(match is_due {
            true => self.new_page_words.get().max(Header::WORDS),
            false => 0,
        });
    }

    /// A new page states nothing yet.
    pub(super) fn begin_page(&self) {
        self.due_words.set(self.new_page_words.get());
    }

    /// Writes the mark with this number, if it is due, and answers what room is left.
    pub(super) fn write<'a>(&self, number: u32, room: &'a [Word]) -> &'a [Word] {
        let rest = match self.due_words.get() {
            0 => room,
            words => write_mark(number, words, &self.words, room),
        };
        self.due_words.set(0);
        rest
    }
}

/// Writes a mark that takes so many words, and answers what room is left. It is published with the
/// next record.
pub(super) fn write_mark<'a>(
    number: u32,
    words: usize,
    content: &[Cell<u32>],
    room: &'a [Word],
) -> &'a [Word] {
    let (mark, rest) = room.split_at_checked(words).unwrap_or_default();
    if let [first, second, room @ ..] = mark {
        first.store(Header::mark(number, words).to_bits(), Relaxed);
        second.store(0, Relaxed);
        for (to, word) in room.iter().zip(content) {
            to.store(word.get(), Relaxed);
        }
    }
    rest
}
