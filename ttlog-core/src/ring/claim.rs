//! Claiming and releasing pages.

use super::{OWNED, RELEASE_MASK, Ring, place};
use crate::{
    page::{self, Claim, HEADER_WORDS},
    sync::{Ordering, Word, fence},
};

/// A page that a writer owns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    /// The leading words.
    pub(crate) head: &'a [Word; HEADER_WORDS],
    /// All words, the leading ones included.
    pub(crate) words: &'a [Word],
    index: usize,
}

impl Page<'_> {
    /// Returns the index behind this page. If the ring has one writer, that is the oldest page.
    pub(crate) fn next(&self) -> usize {
        self.index + 1
    }

    /// Returns the number of events that this writer has recorded in the page.
    pub(crate) fn events(&self) -> u32 {
        page::events(self.head)
    }
}

impl<'a> Ring<'a> {
    /// Claims the page that was released longest ago. Returns `None` if all pages are owned. Checks
    /// the page `guess` first, or the first page if there is none with this index.
    pub(crate) fn claim(&self, guess: usize, claim: Claim) -> Option<Page<'a>> {
        loop {
            let (index, state) = self.oldest(guess)?;
            // Acquire: what the last owner wrote is seen before it is overwritten.
            let claimed = self.table.get(index).is_some_and(|word| {
                word.compare_exchange(state, OWNED, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            });
            if claimed {
                let words = self.page(index);
                let head = words.first_chunk()?;
                reuse(head, claim);
                return Some(Page { head, words, index });
            }
        }
    }

    /// Returns the free page that was released longest ago, and its word in the table.
    fn oldest(&self, guess: usize) -> Option<(usize, u32)> {
        // Pages are claimed oldest first, so no free page can have a release number below
        // `released - page_count`. If the guessed page has that number, it is the oldest and no scan
        // is needed.
        let released = self.header_word(place::RELEASED).load(Ordering::Relaxed);
        let first = released.wrapping_sub(self.table.len() as u32) & RELEASE_MASK;
        let guess = if guess < self.table.len() { guess } else { 0 };
        if self.table.get(guess)?.load(Ordering::Relaxed) == first {
            return Some((guess, first));
        }
        let mut oldest = None;
        for (index, state) in self.table.iter().enumerate() {
            let state = state.load(Ordering::Relaxed);
            if state & OWNED == 0 && oldest.is_none_or(|(_, oldest)| is_older(state, oldest)) {
                oldest = Some((index, state));
            }
        }
        oldest
    }

    /// Releases a page whose last record is at `end_ticks`.
    pub(crate) fn release(&self, page: &Page<'a>, end_ticks: u64) {
        page.head[page::END].store(end_ticks as u32, Ordering::Relaxed);
        page.head[page::END + 1].store((end_ticks >> 32) as u32, Ordering::Relaxed);
        let number = self
            .header_word(place::RELEASED)
            .fetch_add(1, Ordering::Relaxed);
        if let Some(state) = self.table.get(page.index) {
            state.store(number & RELEASE_MASK, Ordering::Release);
        }
    }
}

/// Returns whether the page with release number `number` was released before the one with `other`.
/// The numbers wrap, but are never half their range apart.
fn is_older(number: u32, other: u32) -> bool {
    number.wrapping_sub(other) & RELEASE_MASK > RELEASE_MASK / 2
}

/// Empties a claimed page. What was in it counts as overwritten.
fn reuse(head: &[Word; HEADER_WORDS], claim: Claim) {
    let generation = head[page::GENERATION].load(Ordering::Relaxed);
    // Release: a reader that sees it sees the last owner's numbers, and can account for the page.
    head[page::GENERATION].store(generation.wrapping_add(1), Ordering::Release);
    // No store below may be seen before the generation is odd.
    fence(Ordering::Release);
    page::empty(head, claim);
    head[page::GENERATION].store(generation.wrapping_add(2), Ordering::Release);
    // Nor a record before it is even again.
    fence(Ordering::Release);
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;

    use std::{collections::VecDeque, vec::Vec};

    use super::*;
    use crate::{Geometry, SplitMix64, ring::Run};

    const GEOMETRY: Geometry = Geometry {
        page_words: Geometry::PAGE_MIN_WORDS,
    };
    const PAGES: usize = 5;
    const CLAIM: Claim = Claim {
        writer: 1,
        base_ticks: 0,
        first_seq: 0,
    };

    /// Makes a ring in which `released` pages have been released.
    fn ring(memory: &[Word], released: u32) -> Ring<'_> {
        let ring = Ring::new(memory, GEOMETRY, Run::default()).unwrap();
        ring.header_word(place::RELEASED)
            .store(released, Ordering::Relaxed);
        let first = released.wrapping_sub(PAGES as u32);
        for (state, number) in ring.table.iter().zip(0..) {
            let number = first.wrapping_add(number) & RELEASE_MASK;
            state.store(number, Ordering::Relaxed);
        }
        ring
    }

    fn memory() -> Vec<Word> {
        let words = GEOMETRY.memory_words(PAGES);
        (0..words).map(|_| Word::new(0)).collect()
    }

    #[test]
    fn the_page_that_was_released_longest_ago_is_claimed_for_any_guess() {
        let random = SplitMix64::new();
        let chance = |of: usize| random.next() as usize % of;
        // Far from where numbers wrap, and where 31 bits and 32 bits do.
        for released in [PAGES as u32, RELEASE_MASK - 7, OWNED + 2, u32::MAX - 7] {
            let memory = memory();
            let ring = ring(&memory, released);
            let mut free: VecDeque<usize> = (0..PAGES).collect();
            let mut owned: Vec<Page<'_>> = Vec::new();
            for step in 0..1000 {
                if chance(2) == 0 && !owned.is_empty() {
                    let page = owned.swap_remove(chance(owned.len()));
                    ring.release(&page, 0);
                    free.push_back(page.index);
                } else {
                    let guess = match owned.last() {
                        Some(page) if chance(2) == 0 => page.next(),
                        _ => chance(PAGES + 2),
                    };
                    let claimed = ring.claim(guess, CLAIM);
                    let expected = free.pop_front();
                    let index = claimed.map(|page| page.index);
                    assert_eq!(index, expected, "{released} {step}");
                    owned.extend(claimed);
                }
            }
        }
    }

    #[test]
    fn one_writer_takes_one_page_after_the_other() {
        let memory = memory();
        let ring = ring(&memory, RELEASE_MASK - 3);
        let mut guess = 0;
        for turn in 0..4 * PAGES {
            let page = ring.claim(guess, CLAIM).unwrap();
            assert_eq!((page.index, turn % PAGES), (turn % PAGES, guess % PAGES));
            guess = page.next();
            ring.release(&page, 0);
        }
    }
}
