//! The page: what its words mean.
//!
//! ```text
//! word  0      generation: odd while the page is being claimed
//!       1      length: words in use, header included; the one word that publishes records
//!       2      number of the writer
//!       3–4    base: ticks that the first record's delta counts from, low word first
//!       5–6    end: ticks of the last record, written when the page is given back
//!       7–8    lost until: end of what was overwritten here last
//!       9–14   events recorded here since the ring was made, by level, TRACE first, modulo 2³²
//!      15–20   the same when the page was claimed: so many of them are overwritten
//!      21–23   the high 16 bits of these six numbers, two to a word, TRACE lowest
//!      24…     records
//! ```
//!
//! The recorded events are never set back, so a page can be accounted for even while it is being
//! claimed: all that was recorded here is then overwritten.

use crate::{
    level::Level,
    sync::{Ordering, Word},
};

pub(crate) const GENERATION: usize = 0;
pub(crate) const LENGTH: usize = 1;
const WRITER: usize = 2;
const BASE: usize = 3;
pub(crate) const END: usize = 5;
const LOST_UNTIL: usize = 7;
const RECORDED: usize = 9;
const OVERWRITTEN: usize = RECORDED + Level::COUNT;
const OVERWRITTEN_HIGH: usize = OVERWRITTEN + Level::COUNT;

/// How many words lead a page.
pub(crate) const HEADER_WORDS: usize = OVERWRITTEN_HIGH + Level::COUNT / 2;

/// A number of events for each level, TRACE first.
pub type PerLevel = [u64; Level::COUNT];

/// Where the recorded events of a level are counted.
#[inline]
pub(crate) const fn recorded_place(level: u32) -> usize {
    RECORDED + level as usize
}

/// Makes a page that is being claimed an empty one of `writer`: its events are now overwritten.
pub(crate) fn empty(header: &[Word; HEADER_WORDS], writer: u32, base_ticks: u64) {
    let load = |at: usize| header[at].load(Ordering::Relaxed);
    let store = |at: usize, value| header[at].store(value, Ordering::Relaxed);
    let (recorded, overwritten) = header[RECORDED..OVERWRITTEN_HIGH].split_at(Level::COUNT);
    let mut had_events = false;
    for (level, (recorded, overwritten)) in recorded.iter().zip(overwritten).enumerate() {
        // What is overwritten once the page is empty is all that was ever recorded here.
        let sum = recorded.load(Ordering::Relaxed);
        let before = overwritten.load(Ordering::Relaxed);
        if sum != before {
            had_events = true;
            overwritten.store(sum, Ordering::Relaxed);
            if sum < before {
                carry(header, level);
            }
        }
    }
    if had_events {
        store(LOST_UNTIL, load(END));
        store(LOST_UNTIL + 1, load(END + 1));
    }
    store(LENGTH, HEADER_WORDS as u32);
    store(WRITER, writer);
    store(BASE, base_ticks as u32);
    store(BASE + 1, (base_ticks >> 32) as u32);
}

/// Adds one to the high bits of a level's overwritten events.
#[cold]
#[inline(never)]
fn carry(header: &[Word; HEADER_WORDS], level: usize) {
    if let Some(word) = header.get(OVERWRITTEN_HIGH + level / 2) {
        let shift = level % 2 * 16;
        let before = word.load(Ordering::Relaxed);
        let mask = 0xFFFF << shift;
        let sum = (before & mask).wrapping_add(1 << shift) & mask;
        word.store(before & !mask | sum, Ordering::Relaxed);
    }
}

/// The leading words of a page, read at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PageHeader(pub(crate) [u32; HEADER_WORDS]);

impl PageHeader {
    pub(crate) fn generation(&self) -> u32 {
        self.0[GENERATION]
    }

    /// Whether the page was being claimed: what was in it is overwritten, and nothing is in it yet.
    pub(crate) fn is_being_claimed(&self) -> bool {
        self.generation() % 2 == 1
    }

    /// Words in use, header included.
    pub(crate) fn length(&self) -> usize {
        if self.is_being_claimed() {
            HEADER_WORDS
        } else {
            self.0[LENGTH] as usize
        }
    }

    pub(crate) fn writer(&self) -> u32 {
        self.0[WRITER]
    }

    pub(crate) fn base_ticks(&self) -> u64 {
        self.ticks(BASE)
    }

    pub(crate) fn end_ticks(&self) -> u64 {
        self.ticks(END)
    }

    /// The time of the last event that was overwritten here.
    pub(crate) fn lost_until_ticks(&self) -> u64 {
        self.ticks(if self.is_being_claimed() {
            END
        } else {
            LOST_UNTIL
        })
    }

    fn ticks(&self, at: usize) -> u64 {
        u64::from(self.0[at + 1]) << 32 | u64::from(self.0[at])
    }

    /// A word, for where the compiler does not see that there is one: it must not panic.
    fn word(&self, at: usize) -> u32 {
        self.0.get(at).copied().unwrap_or_default()
    }

    /// Events in the page. Exact once the page is given back; while it is being written, up to
    /// one record ahead of the length.
    pub(crate) fn counts(&self) -> PerLevel {
        if self.is_being_claimed() {
            return PerLevel::default();
        }
        core::array::from_fn(|level| self.count(level).into())
    }

    fn count(&self, level: usize) -> u32 {
        self.word(RECORDED + level)
            .wrapping_sub(self.word(OVERWRITTEN + level))
    }

    /// Events overwritten in this place before the page's present content.
    pub(crate) fn overwritten(&self) -> PerLevel {
        core::array::from_fn(|level| self.overwritten_at(level))
    }

    /// The same of one level.
    pub(crate) fn overwritten_at(&self, level: usize) -> u64 {
        let high = self.word(OVERWRITTEN_HIGH + level / 2) >> (level % 2 * 16) & 0xFFFF;
        let before = u64::from(high) << 32 | u64::from(self.word(OVERWRITTEN + level));
        let also = if self.is_being_claimed() {
            self.count(level)
        } else {
            0
        };
        before + u64::from(also)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn reuse_makes_what_was_recorded_overwritten_and_carries() {
        let mut header = PageHeader([0; HEADER_WORDS]);
        // Level 0 has wrapped: it recorded three since it stood one below 2³².
        header.0[OVERWRITTEN] = u32::MAX;
        header.0[RECORDED] = 2;
        header.0[RECORDED + 5] = 7;
        header.0[END] = 9;
        assert_eq!(header.counts(), [3, 0, 0, 0, 0, 7]);
        let words = header.0.map(Word::new);
        empty(&words, 4, 1 << 40);
        let next = PageHeader(words.map(Word::into_inner));
        assert_eq!(next.overwritten(), [(1 << 32) + 2, 0, 0, 0, 0, 7]);
        assert_eq!(next.counts(), [0; 6]);
        assert_eq!(
            (next.writer(), next.base_ticks(), next.lost_until_ticks()),
            (4, 1 << 40, 9)
        );
    }

    #[test]
    fn while_a_page_is_claimed_all_that_was_recorded_in_it_is_overwritten() {
        let mut header = PageHeader([0; HEADER_WORDS]);
        header.0[GENERATION] = 3;
        header.0[LENGTH] = 1000;
        header.0[RECORDED + 2] = 50;
        header.0[OVERWRITTEN + 2] = 20;
        header.0[END] = 8;
        assert_eq!(header.overwritten(), [0, 0, 50, 0, 0, 0]);
        assert_eq!((header.counts(), header.length()), ([0; 6], HEADER_WORDS));
        assert_eq!(header.lost_until_ticks(), 8);
        // Half-way through the stores of the claim, it is the same number.
        header.0[OVERWRITTEN + 2] = 50;
        assert_eq!(header.overwritten(), [0, 0, 50, 0, 0, 0]);
    }
}
