//! The mark that states the context.

use core::cell::Cell;

use super::write_mark;
use crate::{
    context::Context,
    record::{Header, mark},
    sync::Word,
};

/// The current context, and whether the page states it.
#[derive(Debug)]
pub(super) struct ContextMark {
    context: Cell<Option<Context>>,
    /// How many words a new page takes to state it; 0 where there is none.
    new_page_words: Cell<usize>,
    /// How many words the mark takes that is due; 0 where the page states the context.
    due_words: Cell<usize>,
    /// The context that the page states.
    stated: Cell<Option<Context>>,
}

impl ContextMark {
    /// Of no context.
    pub(super) const fn new() -> Self {
        Self {
            context: Cell::new(None),
            new_page_words: Cell::new(0),
            due_words: Cell::new(0),
            stated: Cell::new(None),
        }
    }

    pub(super) fn get(&self) -> Option<Context> {
        self.context.get()
    }

    pub(super) fn set(&self, context: Option<Context>) {
        self.context.set(context);
        let words = context.map_or(0, |_| Header::WORDS + Context::WORDS);
        self.new_page_words.set(words);
        let is_stated = context == self.stated.get();
        self.due_words.set(if is_stated {
            0
        } else {
            words.max(Header::WORDS)
        });
    }

    /// A new page states nothing yet.
    pub(super) fn begin_page(&self) {
        self.stated.set(None);
        self.due_words.set(self.new_page_words.get());
    }

    pub(super) fn due_words(&self) -> usize {
        self.due_words.get()
    }

    /// Writes the mark, if it is due, and answers what room is left.
    pub(super) fn write<'a>(&self, room: &'a [Word]) -> &'a [Word] {
        let words = self.due_words.replace(0);
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
