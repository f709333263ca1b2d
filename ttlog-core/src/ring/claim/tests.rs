//! Random claims and releases beside a queue that is obviously right, and damaged words.

extern crate std;

use std::{collections::VecDeque, vec::Vec};

use super::*;
use crate::{
    Geometry, SplitMix64,
    ring::{Run, turn::TURN_MASK},
};

const GEOMETRY: Geometry = Geometry {
    page_words: Geometry::PAGE_MIN_WORDS,
};
const CLAIM: Claim = Claim {
    writer: 1,
    base_ticks: 0,
    first_seq: 0,
};

fn memory(pages: usize) -> Vec<Word> {
    let words = GEOMETRY.memory_words(pages);
    (0..words).map(|_| Word::new(0)).collect()
}

/// Makes a ring in which `turn` is the next turn at which a page is released. All pages are free.
fn ring(memory: &[Word], turn: u32) -> Ring<'_> {
    let ring = Ring::new(memory, GEOMETRY, Run::default()).unwrap();
    let mut next = ring.turns.lap_before(turn);
    ring.header_word(place::NEXT).store(next, Ordering::Relaxed);
    ring.header_word(place::CLOSED)
        .store(turn, Ordering::Relaxed);
    for page in 0..ring.page_count() {
        ring.table[page].store(next, Ordering::Relaxed);
        ring.queue[ring.turns.place(next)]
            .store(ring.turns.with_place(next, page), Ordering::Relaxed);
        next = ring.turns.after(next);
    }
    ring
}

/// The pages of a ring: free ones in the order of their releases, and owned ones.
struct Model<'a> {
    free: VecDeque<usize>,
    owned: Vec<Page<'a>>,
}

impl<'a> Model<'a> {
    fn new(ring: &Ring<'a>) -> Self {
        Self {
            free: (0..ring.page_count()).collect(),
            owned: Vec::new(),
        }
    }

    /// Releases or claims a page. Returns the page that was claimed, and the one that should be.
    fn step(&mut self, ring: &Ring<'a>, random: &SplitMix64) -> Option<[Option<usize>; 2]> {
        let chance = |of: usize| random.next() as usize % of;
        if chance(2) == 0 && !self.owned.is_empty() {
            let page = self.owned.swap_remove(chance(self.owned.len()));
            ring.release(&page, 0);
            self.free.push_back(page.index);
            return None;
        }
        let claimed = ring.claim(&CLAIM);
        self.owned.extend(claimed);
        Some([claimed.map(|page| page.index), self.free.pop_front()])
    }
}

#[test]
fn the_page_that_was_released_longest_ago_is_claimed() {
    let random = SplitMix64::new();
    for pages in [2, 3, 4, 5, 8] {
        let memory = memory(pages);
        let turns = ring(&memory, 0).turns;
        // Far from where laps wrap, and at several places before it.
        for turn in [
            turns.with_place(1 << 20, 0),
            0,
            TURN_MASK & !15,
            TURN_MASK & !63,
        ] {
            let ring = ring(&memory, turn);
            let mut model = Model::new(&ring);
            for step in 0..1000 {
                if let Some([claimed, expected]) = model.step(&ring, &random) {
                    assert_eq!(claimed, expected, "{pages} pages, from {turn}, step {step}");
                }
            }
        }
    }
}

#[test]
fn one_writer_takes_one_page_after_the_other() {
    const PAGES: usize = 5;
    let memory = memory(PAGES);
    let ring = ring(&memory, TURN_MASK & !7);
    for turn in 0..4 * PAGES {
        let page = ring.claim(&CLAIM).unwrap();
        assert_eq!(page.index, turn % PAGES);
        ring.release(&page, 0);
    }
}

#[test]
fn a_release_that_was_stopped_before_the_header_is_completed_by_the_next_release() {
    let memory = memory(3);
    let ring = ring(&memory, 4);
    let pages = [0; 3].map(|_| ring.claim(&CLAIM).unwrap());
    ring.release(&pages[2], 0);
    let closed = ring.header_word(place::CLOSED);
    closed.store(4, Ordering::Relaxed);
    assert!(ring.claim(&CLAIM).is_none());
    ring.release(&pages[1], 0);
    assert_eq!(ring.claim(&CLAIM).unwrap().index, 2);
    assert_eq!(ring.claim(&CLAIM).unwrap().index, 1);
    assert!(ring.claim(&CLAIM).is_none());
}

#[test]
fn a_release_that_was_stopped_before_the_queue_does_not_stop_others() {
    let memory = memory(3);
    let ring = ring(&memory, 4);
    let pages = [0; 3].map(|_| ring.claim(&CLAIM).unwrap());
    // Page 0: the table has the turn, the queue does not.
    ring.table[0].store(4, Ordering::Relaxed);
    ring.release(&pages[2], 0);
    ring.release(&pages[1], 0);
    assert_eq!(ring.claim(&CLAIM).unwrap().index, 2);
    assert_eq!(ring.claim(&CLAIM).unwrap().index, 1);
    assert!(ring.claim(&CLAIM).is_none());
}

/// Changes a word at some moment of a random history. Then writers turn their pages, and release them.
/// Returns the number of pages that are still used.
fn pages_used_after_damage(
    pages: usize,
    random: &SplitMix64,
    damage: impl FnOnce(&Ring<'_>),
) -> usize {
    let memory = memory(pages);
    let ring = ring(&memory, random.next() as u32 & TURN_MASK & !15);
    let mut model = Model::new(&ring);
    for _ in 0..random.next() % 50 {
        model.step(&ring, random);
    }
    // A program that records owns a page.
    while model.owned.is_empty() {
        model.step(&ring, random);
    }
    damage(&ring);
    for _ in 0..100 {
        let owned = &mut model.owned;
        let full = owned.swap_remove(random.next() as usize % owned.len());
        let claimed = ring.claim(&CLAIM);
        ring.release(&full, 0);
        owned.extend(claimed.or_else(|| ring.claim(&CLAIM)));
        assert!(!owned.is_empty(), "the writer has lost its page");
        let mut indices: Vec<_> = owned.iter().map(|page| page.index).collect();
        indices.sort_unstable();
        indices.dedup();
        assert_eq!(indices.len(), owned.len(), "a page is owned twice");
    }
    for page in model.owned.drain(..) {
        ring.release(&page, 0);
    }
    core::iter::from_fn(|| ring.claim(&CLAIM)).count()
}

#[test]
fn no_value_of_a_turn_in_the_header_stops_the_ring() {
    let random = SplitMix64::new();
    for pages in [2, 5, 8] {
        for at in [place::NEXT, place::CLOSED] {
            for _ in 0..100 {
                let value = random.next() as u32;
                let bit = value % 31;
                // A changed bit, and any value.
                for is_bit in [true, false] {
                    let used = pages_used_after_damage(pages, &random, |ring| {
                        let word = ring.header_word(at);
                        let before = word.load(Ordering::Relaxed);
                        let after = if is_bit { before ^ 1 << bit } else { value };
                        word.store(after, Ordering::Relaxed);
                    });
                    assert!(used > 0, "{pages} pages, word {at}, value {value:x}");
                }
            }
        }
    }
}

#[test]
fn a_damaged_word_of_table_or_queue_costs_one_page() {
    let random = SplitMix64::new();
    for pages in [3, 5, 8] {
        for _ in 0..500 {
            let place = random.next() as usize % pages;
            let value = random.next() as u32;
            for is_table in [true, false] {
                let used = pages_used_after_damage(pages, &random, |ring| {
                    let words = if is_table { ring.table } else { ring.queue };
                    words[place].store(value, Ordering::Relaxed);
                });
                assert!(used >= pages - 1, "{used} of {pages} pages, {value:x}");
            }
        }
    }
}
