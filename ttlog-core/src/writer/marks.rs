//! The marks that say whose the records behind them are.

mod context_mark;
mod name_mark;

use core::cell::Cell;

use self::{context_mark::ContextMark, name_mark::NameMark};
use crate::{
    context::Context,
    name::Name,
    record::Header,
    sync::{Ordering::Relaxed, Word},
};

/// The writer's name and context, and whether its page states them.
#[derive(Debug)]
pub(super) struct Marks {
    name: NameMark,
    context: ContextMark,
}

impl Marks {
    pub(super) const fn new() -> Self {
        Self {
            name: NameMark::new(),
            context: ContextMark::new(),
        }
    }

    pub(super) fn name(&self) -> Name {
        self.name.get()
    }

    /// The number in the name.
    pub(super) fn number(&self) -> u32 {
        self.name.number()
    }

    pub(super) fn set_name(&self, name: Name) {
        self.name.set(name);
    }

    pub(super) fn context(&self) -> Option<Context> {
        self.context.get()
    }

    pub(super) fn set_context(&self, context: Option<Context>) {
        self.context.set(context);
    }

    /// A new page states nothing yet.
    pub(super) fn begin_page(&self) {
        self.name.begin_page();
        self.context.begin_page();
    }

    /// How many words the marks take that are due before the next record.
    pub(super) fn due_words(&self) -> usize {
        self.name.due_words() + self.context.due_words()
    }

    /// Writes the marks that are due, and answers what room is left.
    pub(super) fn write<'a>(&self, room: &'a [Word]) -> &'a [Word] {
        self.context.write(self.name.write(room))
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
