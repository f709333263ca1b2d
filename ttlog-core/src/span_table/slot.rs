//! A slot of the table: one open span.
//!
//! ```text
//! word 0   turn (30 bits) | phase (2)
//! word 1   epoch
//! …        the entry, see FORMAT.md
//! ```
//!
//! The state is a sequence lock. A context claims a free slot by an exchange, writes it, and publishes it. A
//! reader copies the slot and uses the copy if the state was the same before and after.

use super::NewSpan;
use crate::{
    argument::{AtMost, Room},
    context::Context,
    record::Form,
    recording::arguments::text_limit,
    sync::{
        Ordering::{Acquire, Relaxed, Release},
        Word, fence,
    },
    thread_name::ThreadName,
};

/// Number of words of a slot.
pub(super) const WORDS: usize = 48;
/// Maximum number of words of an entry.
pub(crate) const ENTRY_MAX_WORDS: usize = WORDS - 2;

/// The phases of a slot, in the lowest bits of its state. A slot of zeros is free.
mod phase {
    pub(super) const FREE: u32 = 0;
    /// A context writes the slot.
    pub(super) const WRITING: u32 = 1;
    /// The span is open.
    pub(super) const OPEN: u32 = 2;
    pub(super) const MASK: u32 = 3;
}

/// Number of words of an entry before the name of the thread.
pub(crate) const LEAD_WORDS: usize = 13;

/// The bit of the word with the length of the thread's name that is set if arguments are cut.
pub(crate) const IS_CUT: u32 = 1 << 31;

/// Number of attempts to copy a slot.
const COPY_ATTEMPTS: u32 = 4;

pub(super) struct Slot<'a>(pub(super) &'a [Word; WORDS]);

impl Slot<'_> {
    fn state(&self) -> &Word {
        &self.0[0]
    }

    /// Claims the slot if it is free, or if a span of another epoch is in it. Returns its state once the
    /// span is open.
    pub(super) fn claim(&self, epoch: u32) -> Option<u32> {
        let state = self.state().load(Acquire);
        let is_free = match state & phase::MASK {
            phase::FREE => true,
            // If the slot changes meanwhile, the exchange fails.
            phase::OPEN => self.0[1].load(Relaxed) != epoch,
            _ => false,
        };
        if !is_free {
            return None;
        }
        let turn = (state | phase::MASK).wrapping_add(1);
        self.state()
            .compare_exchange(state, turn | phase::WRITING, Acquire, Relaxed)
            .ok()?;
        // A reader that sees what is written from here on also sees that the state has changed.
        fence(Release);
        Some(turn | phase::OPEN)
    }

    /// Writes the entry of a span.
    pub(super) fn fill(&self, epoch: u32, span: &NewSpan<'_>) {
        let Some((_, [epoch_word, entry @ ..])) = self.0.split_first() else {
            return;
        };
        epoch_word.store(epoch, Relaxed);
        let [number, name_bytes, name @ ..] = span.thread;
        let name = name.iter().take((name_bytes.get() as usize).div_ceil(4));
        // No kind is 0, so the words end where the list does.
        let kinds = span
            .arguments
            .kinds()
            .iter()
            .take_while(|&&kinds| kinds != 0);
        let lead = LEAD_WORDS + name.len() + kinds.clone().count();
        let limit = text_limit(span.arguments, ENTRY_MAX_WORDS - lead);
        let argument_words = limit.map_or(0, |limit| span.arguments.words(limit));
        let is_cut = limit.is_none_or(|limit| limit.0 != usize::MAX);
        let words = lead + argument_words;

        let [t0, t1, t2, t3, s0, s1] = span.context.to_words();
        let mut room = Room::new(entry);
        room.put_all([
            span.header.with(Form::Enter, words).to_bits(),
            span.ticks as u32,
            (span.ticks >> 32) as u32,
            t0,
            t1,
            t2,
            t3,
            s0,
            s1,
            span.parent as u32,
            (span.parent >> 32) as u32,
            number.get(),
            name_bytes.get() | if is_cut { IS_CUT } else { 0 },
        ]);
        name.for_each(|word| room.put(word.get()));
        kinds.for_each(|word| room.put(*word));
        let room = entry.get(lead..words).unwrap_or_default();
        match limit {
            Some(AtMost(usize::MAX)) => span.arguments.fill(room),
            Some(limit) => span.arguments.fill_cut(room, limit),
            None => {}
        }
    }

    /// Makes the span visible.
    pub(super) fn publish(&self, state: u32) {
        self.state().store(state, Release);
    }

    /// Frees the slot, unless another run has taken it.
    pub(super) fn free(&self, state: u32) {
        let free = state & !phase::MASK | phase::FREE;
        // After the slot is free, another context may claim it: its writes stay behind this.
        let _ = self.state().compare_exchange(state, free, Release, Relaxed);
    }

    /// Copies the first words of the entry, and returns `true`, if a span of this epoch is open.
    pub(super) fn copy(&self, epoch: u32, words: &mut [u32]) -> bool {
        let Some((_, [epoch_word, entry @ ..])) = self.0.split_first() else {
            return false;
        };
        for _ in 0..COPY_ATTEMPTS {
            let before = self.state().load(Acquire);
            if before & phase::MASK != phase::OPEN {
                return false;
            }
            let of_epoch = epoch_word.load(Relaxed);
            for (to, word) in words.iter_mut().zip(entry) {
                *to = word.load(Relaxed);
            }
            fence(Acquire);
            if self.state().load(Relaxed) == before {
                return of_epoch == epoch;
            }
        }
        false
    }
}

/// The words that an entry must hold besides the arguments.
const _: () = assert!(LEAD_WORDS + ThreadName::MAX_BYTES / 4 + 8 < ENTRY_MAX_WORDS);
const _: () = assert!(LEAD_WORDS == 7 + Context::WORDS);
