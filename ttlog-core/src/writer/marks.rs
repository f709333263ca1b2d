//! The marks that state which thread and which context the records behind them belong to.
//!
//! Each page states both anew, so a page can be read by itself. A mark is due when the page does not
//! state what holds; the next record then takes the slow path, which writes the mark first.

use core::cell::Cell;

use crate::{
    context::Context,
    record::{RecordHeader, mark},
    sync::{Ordering::Relaxed, Word},
    thread_name::ThreadName,
};

/// The writer's thread and context, and whether its page states them.
#[derive(Debug)]
pub(super) struct Marks {
    thread: ThreadMark,
    context: ContextMark,
}

impl Marks {
    pub(super) const fn new() -> Self {
        Self {
            thread: ThreadMark {
                words: [const { Cell::new(0) }; ThreadName::WORDS],
                length: Length::none(),
            },
            context: ContextMark {
                context: Cell::new(None),
                stated: Cell::new(None),
                length: Length::none(),
            },
        }
    }

    pub(super) fn thread(&self) -> ThreadName {
        self.thread.get()
    }

    pub(super) fn thread_words(&self) -> &[Cell<u32>; ThreadName::WORDS] {
        &self.thread.words
    }

    pub(super) fn set_thread(&self, name: ThreadName) {
        self.thread.set(name);
    }

    pub(super) fn context(&self) -> Option<Context> {
        self.context.context.get()
    }

    pub(super) fn set_context(&self, context: Option<Context>) {
        self.context.set(context);
    }

    /// Notes that a new page states nothing.
    pub(super) fn begin_page(&self) {
        self.context.stated.set(None);
        self.thread.length.begin_page();
        self.context.length.begin_page();
    }

    /// Returns the length of the marks that are due before the next record, in words.
    pub(super) fn due_words(&self) -> usize {
        self.thread.length.due_words.get() + self.context.length.due_words.get()
    }

    /// Writes the marks that are due. Returns the room that is left.
    pub(super) fn write<'a>(&self, room: &'a [Word]) -> &'a [Word] {
        self.context.write(self.thread.write(room))
    }
}

/// The length of a mark.
#[derive(Debug)]
struct Length {
    /// Number of words of the mark in a new page; 0 if a new page needs none.
    new_page_words: Cell<usize>,
    /// Number of words of the mark that is due; 0 if none is.
    due_words: Cell<usize>,
}

impl Length {
    const fn none() -> Self {
        Self {
            new_page_words: Cell::new(0),
            due_words: Cell::new(0),
        }
    }

    fn begin_page(&self) {
        self.due_words.set(self.new_page_words.get());
    }
}

/// The thread mark's words, ready to be written. They are made when a name is set, so a program that
/// sets none does not link that code.
#[derive(Debug)]
struct ThreadMark {
    words: [Cell<u32>; ThreadName::WORDS],
    length: Length,
}

impl ThreadMark {
    fn get(&self) -> ThreadName {
        ThreadName::from_words(&self.words.each_ref().map(Cell::get))
    }

    fn set(&self, name: ThreadName) {
        if self.get() == name {
            return;
        }
        let (words, length) = name.to_words();
        for (to, word) in self.words.iter().zip(words) {
            to.set(word);
        }
        self.length.new_page_words.set(RecordHeader::WORDS + length);
        self.length.due_words.set(RecordHeader::WORDS + length);
    }

    fn write<'a>(&self, room: &'a [Word]) -> &'a [Word] {
        match self.length.due_words.replace(0) {
            0 => room,
            words => write_mark(mark::THREAD, words, &self.words, room),
        }
    }
}

/// The current context, and the one that the page states.
#[derive(Debug)]
struct ContextMark {
    context: Cell<Option<Context>>,
    stated: Cell<Option<Context>>,
    length: Length,
}

impl ContextMark {
    fn set(&self, context: Option<Context>) {
        self.context.set(context);
        let words = context.map_or(0, |_| RecordHeader::WORDS + Context::WORDS);
        self.length.new_page_words.set(words);
        let is_stated = context == self.stated.get();
        self.length.due_words.set(if is_stated {
            0
        } else {
            words.max(RecordHeader::WORDS)
        });
    }

    fn write<'a>(&self, room: &'a [Word]) -> &'a [Word] {
        let words = self.length.due_words.replace(0);
        if words == 0 {
            return room;
        }
        let context = self.context.get();
        self.stated.set(context);
        match context.map(Context::to_words) {
            Some(mut content) => {
                let content = Cell::from_mut(&mut content[..]).as_slice_of_cells();
                write_mark(mark::CONTEXT, words, content, room)
            }
            None => write_mark(mark::CONTEXT, words, &[], room),
        }
    }
}

/// Writes a mark of `words` words. Returns the room that is left. The mark is published with the next
/// record.
pub(super) fn write_mark<'a>(
    number: u32,
    words: usize,
    content: &[Cell<u32>],
    room: &'a [Word],
) -> &'a [Word] {
    let (mark, rest) = room.split_at_checked(words).unwrap_or_default();
    if let [first, second, room @ ..] = mark {
        first.store(RecordHeader::mark(number, words).to_bits(), Relaxed);
        second.store(0, Relaxed);
        for (to, word) in room.iter().zip(content) {
            to.store(word.get(), Relaxed);
        }
    }
    rest
}
