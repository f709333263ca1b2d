//! Claiming and releasing pages.
//!
//! Pages are claimed in the exact order in which they were released, in constant time. Three things
//! state the order:
//!
//! - The table has a word for each page: the page is owned, or the turn at which it was released. A
//!   page is claimed by a compare-and-swap of this word, so no page is ever owned twice.
//! - The queue has a word for each place: the lap of a turn, and the page that was released at it.
//! - Two words of the header are the turn of the next release, and the turn of the next claim.
//!
//! A context that is stopped half-way never stops another one. A release writes the table, then the
//! queue, then the header. Each context that finds the header behind the queue continues it. So a
//! ticket must not be drawn first: a release that is stopped behind it would stop all claims.
//!
//! A damaged word may cost the order, or pages that are free. It causes no loop and no panic, and no page
//! is owned twice.

use super::{
    OWNED, Ring,
    hold::{self, HELD},
    place,
    turn::TURN_MASK,
};
use crate::{
    page::{self, Claim, HEADER_WORDS},
    sync::{Ordering, Section, Word, fence},
};

/// Maximum number of attempts at a claim or a release. Each attempt fails because another context has
/// claimed or released a page meanwhile, or because a word is damaged.
const ATTEMPTS: usize = 1 << 16;

/// A page that a writer owns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    /// The leading words.
    pub(crate) head: &'a [Word; HEADER_WORDS],
    /// All words, the leading ones included.
    pub(crate) words: &'a [Word],
    pub(super) index: usize,
}

impl Page<'_> {
    /// Returns the number of events that this writer has recorded in the page.
    pub(crate) fn events(&self) -> u32 {
        page::events(self.head)
    }
}

impl<'a> Ring<'a> {
    /// Claims the page that was released longest ago. Returns `None` if all pages are owned or held.
    #[cfg(test)]
    pub(crate) fn claim(&self, claim: &Claim) -> Option<Page<'a>> {
        self.exchange(None, 0, claim)
    }

    /// Claims the page that was released longest ago.
    #[inline(always)]
    fn claim_in(&self, section: Section, claim: &Claim) -> Option<Page<'a>> {
        let next = self.header_word(place::NEXT);
        for _ in 0..ATTEMPTS {
            let word = section.load(next);
            let turn = word & TURN_MASK;
            // After `next`, so it is not behind it.
            let closed = section.load(self.header_word(place::CLOSED));
            let free = self.turns.distance(turn, closed);
            // A page whose release is not complete counts as owned.
            if free == 0 || word & HELD != 0 && hold::stops(self, turn, claim) {
                return None;
            }
            let after = if self.turns.is_a_lap(free) {
                self.turns.after(turn)
            } else {
                // Either turn is damaged. Turns whose pages have been claimed are passed, because the
                // table says so.
                self.turns.lap_before(closed)
            };
            // Without an entry, the turn is damaged.
            let index = self
                .entry(turn)
                .map_or(usize::MAX, |entry| self.turns.place(section.load(entry)));
            if !section.exchange(next, word, after | word & HELD) {
                continue;
            }
            // Acquire: what the last owner wrote is seen before it is overwritten. If this fails, a word
            // is damaged.
            let state = self.table.get(index);
            if state.is_some_and(|state| section.take(state, turn, OWNED)) {
                let words = self.page_at(index)?;
                let head = words.first_chunk()?;
                reuse(head, |head| page::empty(head, claim));
                return Some(Page { head, words, index });
            }
        }
        None
    }

    /// Claims the page that was released longest ago, and releases the full page whose last record is at
    /// `end_ticks`. Returns `None` if all pages are owned or held.
    pub(crate) fn exchange(
        &self,
        full: Option<&Page<'a>>,
        end_ticks: u64,
        claim: &Claim,
    ) -> Option<Page<'a>> {
        // One call of each, so that each is compiled in line once.
        Section::with(|section| {
            let mut full = full;
            loop {
                // First, so that the full page is not claimed while another is free.
                let claimed = self.claim_in(section, claim);
                let Some(page) = full.take() else {
                    return claimed;
                };
                self.release_in(section, page, end_ticks);
                if claimed.is_some() {
                    return claimed;
                }
            }
        })
    }

    /// Releases a page whose last record is at `end_ticks`.
    pub(crate) fn release(&self, page: &Page<'a>, end_ticks: u64) {
        Section::with(|section| self.release_in(section, page, end_ticks));
    }

    #[inline(always)]
    fn release_in(&self, section: Section, page: &Page<'a>, end_ticks: u64) {
        page::set_end_ticks(page.head, end_ticks);
        let closed = self.header_word(place::CLOSED);
        for _ in 0..ATTEMPTS {
            let word = section.load(closed);
            let turn = word & TURN_MASK;
            let after = self.turns.after(turn);
            let Some(entry) = self.entry(turn) else {
                // The turn is damaged.
                section.exchange(closed, word, after);
                continue;
            };
            let before = section.load(entry);
            // Otherwise the entry may be of a later turn.
            if section.is_changed(closed, word) {
                continue;
            }
            // At most all pages but this one are free, so the page that was released here a lap ago
            // has been claimed.
            let is_released = !self.turns.is_same_lap(before, turn) && {
                // First: once the entry is there, another writer may own the page.
                if let Some(state) = self.table.get(page.index) {
                    state.store(turn, Ordering::Release);
                }
                section.exchange(entry, before, self.turns.with_place(turn, page.index))
            };
            // This page or another one has been released at the turn.
            section.exchange(closed, word, after);
            if is_released {
                return;
            }
        }
    }

    /// Returns the word of the queue for a turn. Returns `None` if the turn is damaged.
    #[inline(always)]
    fn entry(&self, turn: u32) -> Option<&'a Word> {
        self.queue.get(self.turns.place(turn))
    }
}

/// Replaces the value of a word if it is `before`. Returns whether it was.
pub(super) fn exchange(word: &Word, before: u32, after: u32) -> bool {
    word.compare_exchange(before, after, Ordering::AcqRel, Ordering::Relaxed)
        .is_ok()
}

/// Empties a page of the calling writer by `empty`. What was in it counts as overwritten.
pub(super) fn reuse(head: &[Word; HEADER_WORDS], empty: impl FnOnce(&[Word; HEADER_WORDS])) {
    let generation = head[page::GENERATION].load(Ordering::Relaxed);
    // Release: a reader that sees it sees the last owner's numbers, and can account for the page.
    head[page::GENERATION].store(generation.wrapping_add(1), Ordering::Release);
    // No store below may be seen before the generation is odd.
    fence(Ordering::Release);
    empty(head);
    head[page::GENERATION].store(generation.wrapping_add(2), Ordering::Release);
    // Nor a record before it is even again.
    fence(Ordering::Release);
}

#[cfg(all(test, not(loom)))]
mod tests;
