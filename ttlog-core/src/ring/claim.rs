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
    hold::{self, HELD, Met},
    place,
    turn::TURN_MASK,
};
use crate::{
    page::{self, Claim, HEADER_WORDS},
    sync::{Ordering, Word, fence},
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
    /// Returns whether both are the same page of a ring.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.index == other.index
    }

    /// Returns the number of events that this writer has recorded in the page.
    pub(crate) fn events(&self) -> u32 {
        page::events(self.head)
    }
}

/// The turn of a writer from a full page to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageTurn<'a> {
    /// The full page, if the writer has one.
    pub(crate) full: Option<Page<'a>>,
    /// The time of its last record.
    pub(crate) end_ticks: u64,
    /// The claim of the next page.
    pub(crate) claim: Claim,
}

impl<'a> Ring<'a> {
    /// Claims the page that was released longest ago. Returns `None` if all pages are owned or held. If
    /// pages are held and the full page began later than the moment of the hold, empties the full page and
    /// returns it.
    pub(crate) fn claim(&self, page_turn: &PageTurn<'a>) -> Option<Page<'a>> {
        let next = self.header_word(place::NEXT);
        for _ in 0..ATTEMPTS {
            let word = next.load(Ordering::Acquire);
            let turn = word & TURN_MASK;
            // After `next`, so it is not behind it.
            let closed = self.header_word(place::CLOSED).load(Ordering::Acquire);
            if word & HELD != 0 {
                match hold::met(self, turn, page_turn) {
                    Met::Claims => {}
                    Met::LooksAgain => continue,
                    Met::Fails => return None,
                    Met::Reuses(page) => return Some(page),
                }
            }
            if closed & TURN_MASK == turn {
                if !self.pass_on(closed) && next.load(Ordering::Relaxed) == word {
                    return None;
                }
                continue;
            }
            if !self.turns.is_within_a_lap(turn, closed) {
                self.repair(word, closed);
                continue;
            }
            let index = self.page_at(turn);
            if !exchange(next, word, self.turns.after(turn) | word & HELD) {
                continue;
            }
            // Acquire: what the last owner wrote is seen before it is overwritten. If this fails, the
            // place in the queue is damaged.
            if self
                .table
                .get(index)
                .is_some_and(|state| exchange(state, turn, OWNED))
            {
                let words = self.page(index);
                let head = words.first_chunk()?;
                reuse(head, |head| page::empty(head, &page_turn.claim));
                return Some(Page { head, words, index });
            }
        }
        None
    }

    /// Releases a page whose last record is at `end_ticks`.
    pub(crate) fn release(&self, page: &Page<'a>, end_ticks: u64) {
        page::set_end_ticks(page.head, end_ticks);
        let closed = self.header_word(place::CLOSED);
        for _ in 0..ATTEMPTS {
            let word = closed.load(Ordering::Acquire);
            let turn = word & TURN_MASK;
            let entry = self.queue.get(self.turns.place(turn));
            let before = entry.map_or(turn, |entry| entry.load(Ordering::Acquire));
            // Otherwise the entry may be of a later turn.
            if closed.load(Ordering::Relaxed) != word {
                continue;
            }
            // At most all pages but this one are free, so the page that was released here a lap ago
            // has been claimed.
            let is_released = !self.turns.is_same_lap(before, turn)
                && entry.is_some_and(|entry| {
                    // First: once the entry is there, another writer may own the page.
                    if let Some(state) = self.table.get(page.index) {
                        state.store(turn, Ordering::Release);
                    }
                    exchange(entry, before, self.turns.with_place(turn, page.index))
                });
            // This page or another one has been released at the turn.
            exchange(closed, word, self.turns.after(turn));
            if is_released {
                return;
            }
        }
    }

    /// If a page has been released at the turn in `word`, makes the turn after it the next one, and returns `true`.
    /// The context that has released the page may have been stopped before it did so.
    fn pass_on(&self, word: u32) -> bool {
        let turn = word & TURN_MASK;
        let entry = self.queue.get(self.turns.place(turn));
        // A place beyond the queue is damage, and is passed.
        let is_filled =
            entry.is_none_or(|entry| self.turns.is_same_lap(entry.load(Ordering::Acquire), turn));
        if is_filled {
            let closed = self.header_word(place::CLOSED);
            exchange(closed, word, self.turns.after(turn));
        }
        is_filled
    }

    /// Returns the index of the page that was released at a turn.
    fn page_at(&self, turn: u32) -> usize {
        let entry = self.queue.get(self.turns.place(turn));
        entry.map_or(usize::MAX, |entry| {
            self.turns.place(entry.load(Ordering::Acquire))
        })
    }

    /// Repairs the turns of the next claim and the next release, which are not within a lap. Either is
    /// damaged.
    #[cold]
    fn repair(&self, next: u32, closed: u32) {
        let turn = next & TURN_MASK;
        let state = self.table.get(self.page_at(turn));
        if state.is_some_and(|state| state.load(Ordering::Relaxed) == turn) {
            let word = self.header_word(place::CLOSED);
            exchange(word, closed, self.turns.after(turn));
        } else {
            // Turns whose pages have been claimed are passed, because the table says so.
            let word = self.header_word(place::NEXT);
            exchange(word, next, self.turns.lap_before(closed) | next & HELD);
        }
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
