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

/// The place of a context in the stack: the number of its entry, or 0 if the stack was full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnteredContext(u32);

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
    // By reference: a copy of what has just been stored waits for the stores.
    #[inline]
    pub(super) fn enter(&self, context: &Context, previous: &Option<Context>) -> EnteredContext {
        let used = self.used.get();
        let Some(entry) = self.entries.get(used).filter(|_| self.surplus.get() == 0) else {
            self.surplus.set(self.surplus.get().wrapping_add(1));
            return EnteredContext(0);
        };
        let number = self.last_number.get().wrapping_add(1).max(1);
        self.last_number.set(number);
        entry.number.set(number);
        entry.context.set(*context);
        if used == 0 {
            self.base.set(*previous);
        }
        self.used.set(used + 1);
        EnteredContext(number)
    }

    /// Removes a context that is left. Returns the context that is current from then on, if that changes.
    /// `is_current` and `previous` state whether the context is the current one, and the one before it.
    #[inline]
    pub(super) fn leave(
        &self,
        left: EnteredContext,
        is_current: impl FnOnce() -> bool,
        previous: &Option<Context>,
    ) -> Option<Option<Context>> {
        if left.0 == 0 {
            let surplus = self.surplus.get().saturating_sub(1);
            self.surplus.set(surplus);
            return match (surplus, is_current()) {
                (0, _) => Some(self.innermost()),
                (_, true) => Some(*previous),
                (_, false) => None,
            };
        }
        let above = self.used.get().wrapping_sub(1);
        match self.entries.get(above) {
            Some(entry) if entry.number.get() == left.0 => self.used.set(above),
            _ => {
                self.remove(left);
                return None;
            }
        }
        (self.surplus.get() == 0).then(|| self.innermost())
    }

    /// Removes a context below the innermost one.
    #[cold]
    #[inline(never)]
    fn remove(&self, left: EnteredContext) {
        let open = self.entries.get(..self.used.get()).unwrap_or_default();
        let at = open.iter().rposition(|entry| entry.number.get() == left.0);
        debug_assert!(
            at.is_some(),
            "a context that has been entered is in the stack"
        );
        let Some(above) = at.and_then(|at| open.get(at..)) else {
            return;
        };
        for (to, from) in above.iter().zip(above.iter().skip(1)) {
            to.number.set(from.number.get());
            to.context.set(from.context.get());
        }
        self.used.set(open.len() - 1);
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
        open: Vec<(EnteredContext, Context, Option<Context>)>,
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
            let entered = self.contexts.enter(&context, &before);
            self.open.push((entered, context, before));
        }

        fn enter_new(&mut self) {
            self.next += 1;
            self.enter(context(self.next));
        }

        fn leave(&mut self, at: usize) {
            let (entered, context, before) = self.open.remove(at);
            let is_current = || self.current == Some(context);
            if let Some(current) = self.contexts.leave(entered, is_current, &before) {
                self.current = current;
            }
        }

        fn innermost(&self) -> Option<Context> {
            self.open.last().map(|&(_, context, _)| context)
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
