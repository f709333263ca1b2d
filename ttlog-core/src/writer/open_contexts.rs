//! The contexts that have been entered and not left.
//!
//! A guard restores the context before it. That context may have been left already, if guards are dropped
//! in another order than the reverse of their entering. So the writer has a stack of the open contexts,
//! from which a guard removes its own wherever it stands.

use core::cell::Cell;

use crate::{
    context::{Context, SpanId, TraceId},
    platform::IS_BOARD,
};

/// Number of contexts in the stack.
pub(crate) const STACK_MAX: usize = if IS_BOARD { 4 } else { 32 };

/// A context that has been entered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnteredContext {
    context: Context,
    /// The context before.
    previous: Option<Context>,
    /// The number of the entry in the stack; 0 if the stack was full.
    number: u32,
}

/// The stack of open contexts of one writer.
///
/// # When full
///
/// Contexts that are entered while the stack is full, and until all of these have been left, are only
/// counted. They must be left in the reverse order. If they are not, a context that has been left may be
/// current until the last of them is left.
#[derive(Debug)]
pub(super) struct OpenContexts {
    /// The context below all entries.
    base: Cell<Option<Context>>,
    used: Cell<usize>,
    entries: [Entry; STACK_MAX],
    /// The number of the last entry.
    last_number: Cell<u32>,
    /// Number of contexts that are only counted.
    surplus: Cell<u32>,
}

#[derive(Debug)]
struct Entry {
    number: Cell<u32>,
    context: Cell<Context>,
}

impl Entry {
    const fn new() -> Self {
        Self {
            number: Cell::new(0),
            context: Cell::new(Context {
                trace_id: TraceId(0),
                span_id: SpanId(0),
            }),
        }
    }
}

impl OpenContexts {
    pub(super) const fn new() -> Self {
        Self {
            base: Cell::new(None),
            used: Cell::new(0),
            entries: [const { Entry::new() }; STACK_MAX],
            last_number: Cell::new(0),
            surplus: Cell::new(0),
        }
    }

    /// Returns the number of contexts in the stack.
    pub(super) fn depth(&self) -> usize {
        self.used.get()
    }

    /// Adds a context that is entered. `previous` is the current one before it.
    pub(super) fn enter(&self, context: Context, previous: Option<Context>) -> EnteredContext {
        let used = self.used.get();
        let number = match self.entries.get(used) {
            Some(entry) if self.surplus.get() == 0 => {
                let number = self.last_number.get().wrapping_add(1).max(1);
                self.last_number.set(number);
                entry.number.set(number);
                entry.context.set(context);
                if used == 0 {
                    self.base.set(previous);
                }
                self.used.set(used + 1);
                number
            }
            _ => {
                self.surplus.set(self.surplus.get().wrapping_add(1));
                0
            }
        };
        EnteredContext {
            context,
            previous,
            number,
        }
    }

    /// Removes a context that is left. Returns the context that is current from then on.
    pub(super) fn leave(&self, left: &EnteredContext, current: Option<Context>) -> Option<Context> {
        let surplus = self.surplus.get();
        if left.number == 0 {
            self.surplus.set(surplus.saturating_sub(1));
            return match (surplus, current == Some(left.context)) {
                (..=1, _) => self.innermost(),
                (_, true) => left.previous,
                (_, false) => current,
            };
        }
        let is_left = |entry: &Entry| entry.number.get() == left.number;
        let open = self.entries.get(..self.used.get()).unwrap_or_default();
        let Some(at) = open.iter().rposition(is_left) else {
            debug_assert!(false, "a context that has been entered is in the stack");
            return current;
        };
        let above = open.get(at..).unwrap_or_default();
        for (to, from) in above.iter().zip(above.iter().skip(1)) {
            to.number.set(from.number.get());
            to.context.set(from.context.get());
        }
        self.used.set(open.len() - 1);
        if surplus == 0 && above.len() == 1 {
            self.innermost()
        } else {
            current
        }
    }

    /// Returns the context of the innermost entry, or the one below all entries.
    fn innermost(&self) -> Option<Context> {
        let at = self.used.get().checked_sub(1);
        match at.and_then(|at| self.entries.get(at)) {
            Some(entry) => Some(entry.context.get()),
            None => self.base.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::split_mix::SplitMix64;

    /// Contexts that are left in any order, beside an obviously right model: a list of those that are
    /// open.
    struct Model {
        contexts: OpenContexts,
        current: Option<Context>,
        open: Vec<EnteredContext>,
        next: u64,
    }

    impl Model {
        fn new(base: Option<Context>) -> Self {
            Self {
                contexts: OpenContexts::new(),
                current: base,
                open: Vec::new(),
                next: 1,
            }
        }

        fn enter(&mut self, context: Context) {
            let before = self.current.replace(context);
            self.open.push(self.contexts.enter(context, before));
        }

        fn enter_new(&mut self) {
            self.next += 1;
            self.enter(context(self.next));
        }

        fn leave(&mut self, at: usize) {
            self.current = self.contexts.leave(&self.open.remove(at), self.current);
        }

        fn innermost(&self) -> Option<Context> {
            self.open.last().map(|entered| entered.context)
        }
    }

    fn context(number: u64) -> Context {
        Context {
            trace_id: TraceId(1),
            span_id: SpanId(number),
        }
    }

    #[test]
    fn the_innermost_open_context_is_current_in_any_order_of_leaving() {
        let random = SplitMix64::new();
        let mut model = Model::new(None);
        for _ in 0..500_000 {
            let open = model.open.len() as u64;
            if open < STACK_MAX as u64 && random.next().is_multiple_of(2) {
                // Contexts repeat: a context may be entered twice.
                model.enter(context(random.next() % 8));
            } else if open != 0 {
                model.leave((random.next() % open) as usize);
            }
            assert_eq!(model.current, model.innermost());
        }
    }

    #[test]
    fn a_context_may_be_entered_before_the_one_before_is_left_for_ever() {
        let mut model = Model::new(Some(context(1)));
        model.enter_new();
        for _ in 0..1_000 {
            model.enter_new();
            model.leave(0);
            assert_eq!(model.current, model.innermost());
        }
        model.leave(0);
        assert_eq!(model.current, Some(context(1)));
    }

    #[test]
    fn more_contexts_than_the_stack_holds_are_left_in_the_reverse_order() {
        let mut model = Model::new(None);
        (0..3 * STACK_MAX).for_each(|_| model.enter_new());
        while let Some(last) = model.open.len().checked_sub(1) {
            model.leave(last);
            assert_eq!(model.current, model.innermost());
        }
    }

    #[test]
    fn contexts_in_a_full_stack_may_be_left_before_those_above() {
        let mut model = Model::new(None);
        (0..STACK_MAX + 3).for_each(|_| model.enter_new());
        (0..STACK_MAX).for_each(|_| model.leave(0));
        while let Some(last) = model.open.len().checked_sub(1) {
            assert_eq!(model.current, model.innermost());
            model.leave(last);
        }
        assert_eq!(model.current, None);
    }

    #[test]
    fn the_context_before_is_restored_however_many_contexts_are_left_in_any_order() {
        let random = SplitMix64::new();
        for _ in 0..2_000 {
            let base = Some(context(1));
            let mut model = Model::new(base);
            for _ in 0..4 * STACK_MAX {
                let open = model.open.len() as u64;
                if !random.next().is_multiple_of(4) {
                    model.enter_new();
                } else if open != 0 {
                    model.leave((random.next() % open) as usize);
                }
            }
            while !model.open.is_empty() {
                model.leave((random.next() % model.open.len() as u64) as usize);
            }
            assert_eq!(model.current, base);
        }
    }
}
