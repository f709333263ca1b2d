//! Claiming pages and giving them back.

use super::{CLOSED_MASK, OWNED, Ring, place};
use crate::{
    page::{self, HEADER_WORDS},
    sync::{Ordering, Word, fence},
};

/// A page that a writer owns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    /// Its leading words.
    pub(crate) head: &'a [Word; HEADER_WORDS],
    /// All its words, the leading ones included.
    pub(crate) words: &'a [Word],
    index: usize,
}

impl Page<'_> {
    /// The page behind it, which is the oldest one where one writer writes into one after the other.
    pub(crate) fn next(&self) -> usize {
        self.index + 1
    }
}

impl<'a> Ring<'a> {
    /// Claims the page that was given back longest ago, for `writer`. `None` where all are owned.
    /// `guess` is looked at first, and the first page where there is no such one.
    pub(crate) fn claim(&self, guess: usize, writer: u32, base_ticks: u64) -> Option<Page<'a>> {
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
                reuse(head, writer, base_ticks);
                return Some(Page { head, words, index });
            }
        }
    }

    /// The page that nobody owns and that was given back longest ago, and what the table says of it.
    fn oldest(&self, guess: usize) -> Option<(usize, u32)> {
        // It is always the oldest that is claimed. So the last ones to be given back, as many as there
        // are pages, are all of them, and none is older than the first of these.
        let closed = self.header_word(place::CLOSED).load(Ordering::Relaxed);
        let first = closed.wrapping_sub(self.table.len() as u32) & CLOSED_MASK;
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

    /// Gives a page back, its last record at `end_ticks`.
    pub(crate) fn give_back(&self, page: &Page<'a>, end_ticks: u64) {
        page.head[page::END].store(end_ticks as u32, Ordering::Relaxed);
        page.head[page::END + 1].store((end_ticks >> 32) as u32, Ordering::Relaxed);
        let number = self
            .header_word(place::CLOSED)
            .fetch_add(1, Ordering::Relaxed);
        if let Some(state) = self.table.get(page.index) {
            state.store(number & CLOSED_MASK, Ordering::Release);
        }
    }
}

/// Whether the page with the first of these numbers was given back before the other. They wrap, but
/// are never half their range apart.
fn is_older(number: u32, other: u32) -> bool {
    number.wrapping_sub(other) & CLOSED_MASK > CLOSED_MASK / 2
}

/// Makes a claimed page empty: what was in it is counted as overwritten.
fn reuse(head: &[Word; HEADER_WORDS], writer: u32, base_ticks: u64) {
    let generation = head[page::GENERATION].load(Ordering::Relaxed);
    // Release: who sees it sees the last owner's numbers too, and can account for the page.
    head[page::GENERATION].store(generation.wrapping_add(1), Ordering::Release);
    // No store below may be seen before the generation is odd.
    fence(Ordering::Release);
    page::empty(head, writer, base_ticks);
    head[page::GENERATION].store(generation.wrapping_add(2), Ordering::Release);
    // Nor a record before it is even again.
    fence(Ordering::Release);
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;

    use std::{collections::VecDeque, vec::Vec};

    use super::*;
    use crate::{Geometry, Random};

    const GEOMETRY: Geometry = Geometry {
        page_words: Geometry::PAGE_MIN_WORDS,
    };
    const PAGES: usize = 5;

    /// A ring in which so many pages have been given back already.
    fn ring(memory: &[Word], closed: u32) -> Ring<'_> {
        let ring = Ring::new(memory, GEOMETRY, 1, 0).unwrap();
        ring.header_word(place::CLOSED)
            .store(closed, Ordering::Relaxed);
        let first = closed.wrapping_sub(PAGES as u32);
        for (state, number) in ring.table.iter().zip(0..) {
            let number = first.wrapping_add(number) & CLOSED_MASK;
            state.store(number, Ordering::Relaxed);
        }
        ring
    }

    fn memory() -> Vec<Word> {
        let words = GEOMETRY.memory_words(PAGES);
        (0..words).map(|_| Word::new(0)).collect()
    }

    #[test]
    fn the_page_that_was_given_back_longest_ago_is_claimed_whatever_was_guessed() {
        let random = Random::new();
        let chance = |of: usize| random.next() as usize % of;
        // Far from where numbers wrap, and where 31 bits and 32 bits do.
        for closed in [PAGES as u32, CLOSED_MASK - 7, OWNED + 2, u32::MAX - 7] {
            let memory = memory();
            let ring = ring(&memory, closed);
            let mut free: VecDeque<usize> = (0..PAGES).collect();
            let mut owned: Vec<Page<'_>> = Vec::new();
            for step in 0..1000 {
                if chance(2) == 0 && !owned.is_empty() {
                    let page = owned.swap_remove(chance(owned.len()));
                    ring.give_back(&page, 0);
                    free.push_back(page.index);
                } else {
                    let guess = match owned.last() {
                        Some(page) if chance(2) == 0 => page.next(),
                        _ => chance(PAGES + 2),
                    };
                    let claimed = ring.claim(guess, 1, 0);
                    let expected = free.pop_front();
                    let index = claimed.map(|page| page.index);
                    assert_eq!(index, expected, "{closed} {step}");
                    owned.extend(claimed);
                }
            }
        }
    }

    #[test]
    fn one_writer_takes_one_page_after_the_other() {
        let memory = memory();
        let ring = ring(&memory, CLOSED_MASK - 3);
        let mut guess = 0;
        for turn in 0..4 * PAGES {
            let page = ring.claim(guess, 1, 0).unwrap();
            assert_eq!((page.index, turn % PAGES), (turn % PAGES, guess % PAGES));
            guess = page.next();
            ring.give_back(&page, 0);
        }
    }
}
