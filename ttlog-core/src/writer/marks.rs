//! The marks that say whose the records behind them are.

use core::cell::Cell;

use super::statement::Statement;
use crate::{context::Context, name::Name, record::mark, sync::Word};

/// The writer's name and context, and whether its page states them.
#[derive(Debug)]
pub(super) struct Marks {
    name: Statement<{ Name::WORDS }>,
    context: Statement<{ Context::WORDS }>,
    /// The context that the page states, while that is another one.
    stated_context: Cell<Option<Context>>,
}

impl Marks {
    pub(super) const fn new() -> Self {
        Self {
            name: Statement::new(),
            context: Statement::new(),
            stated_context: Cell::new(None),
        }
    }

    pub(super) fn name(&self) -> Name {
        Name::from_words(&self.name.get())
    }

    /// The number in the name.
    pub(super) fn number(&self) -> u32 {
        self.name.first()
    }

    pub(super) fn set_name(&self, name: Name) {
        let (words, length) = name.to_words();
        if self.name.get() != words {
            self.name.set(words, length);
            self.name.set_due(true);
        }
    }

    pub(super) fn context(&self) -> Option<Context> {
        (!self.context.is_nothing()).then(|| Context::from_words(self.context.get()))
    }

    pub(super) fn set_context(&self, context: Option<Context>) {
        if self.context.due_words() == 0 {
            self.stated_context.set(self.context());
        }
        match context {
            Some(context) => self.context.set(context.to_words(), Context::WORDS),
            None => self.context.set([0; Context::WORDS], 0),
        }
        self.context.set_due(context != self.stated_context.get());
    }

    /// A new page states nothing yet.
    pub(super) fn begin_page(&self) {
        self.name.begin_page();
        self.context.begin_page();
        self.stated_context.set(None);
    }

    /// How many words the marks take that are due before the next record.
    pub(super) fn due_words(&self) -> usize {
        self.name.due_words() + self.context.due_words()
    }

    /// Writes the marks that are due, and answers what room is left.
    pub(super) fn write<'a>(&self, room: &'a [Word]) -> &'a [Word] {
        let room = self.name.write(mark::THREAD, room);
        self.context.write(mark::CONTEXT, room)
    }
}
