//! The page: what its words mean.
//!
//! ```text
//! word  0      generation: odd while the page is being claimed
//!       1      length: words in use, header included; storing it publishes records
//!       2      number of the writer
//!       3–4    base: ticks that the first record's delta counts from, low word first
//!       5–6    end: ticks of the last record, written when the page is released; while the page is
//!              owned and was emptied under a hold, the end of what was overwritten here before the hold
//!       7–8    lost until: end of what was overwritten here last
//!       9–14   events recorded here since the ring was made, by level, TRACE first, modulo 2³²
//!      15–20   the same when the page was claimed: that many of them are overwritten
//!      21–23   the high 16 bits of these six numbers, two to a word, TRACE lowest
//!      24–25   sequence number of the page's first event in its writer, low word first
//!      26…     records
//! ```
//!
//! The recorded events are never set back, so a page can be accounted for even while it is being
//! claimed: all that was recorded here is overwritten then.

use crate::{
    level::Level,
    level_counts::LevelCounts,
    sync::{Ordering, Word},
};

pub(crate) const GENERATION: usize = 0;
pub(crate) const LENGTH: usize = 1;
const WRITER: usize = 2;
const BASE: usize = 3;
const END: usize = 5;
pub(crate) const LOST_UNTIL: usize = 7;
const RECORDED: usize = 9;
const OVERWRITTEN: usize = RECORDED + Level::COUNT;
const OVERWRITTEN_HIGH: usize = OVERWRITTEN + Level::COUNT;
const FIRST_SEQ: usize = OVERWRITTEN_HIGH + Level::COUNT / 2;

/// Number of words that lead a page.
pub(crate) const HEADER_WORDS: usize = FIRST_SEQ + 2;

/// Returns the index of the word that counts the recorded events of a level.
#[inline]
pub(crate) const fn recorded_index(level: u32) -> usize {
    RECORDED + level as usize
}

/// The claim of a page: the writer, and the values that its first record counts from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    /// Number of the writer.
    pub(crate) writer: u32,
    /// Ticks that the first record's delta counts from.
    pub(crate) base_ticks: u64,
    /// Sequence number of the page's first event in its writer.
    pub(crate) first_seq: u64,
}

/// Empties a page that is being claimed. Its events are overwritten from here on.
pub(crate) fn empty(header: &[Word; HEADER_WORDS], claim: &Claim) {
    if !is_empty(header) {
        set_lost_until_ticks(header, end_ticks(header));
    }
    begin(header, claim);
}

/// As [`empty`], for a page in which the end of its events is noted already.
pub(crate) fn begin(header: &[Word; HEADER_WORDS], claim: &Claim) {
    let store = |at: usize, value| header[at].store(value, Ordering::Relaxed);
    // Not a loop, as in `events`.
    overwrite(header, 0);
    overwrite(header, 1);
    overwrite(header, 2);
    overwrite(header, 3);
    overwrite(header, 4);
    overwrite(header, 5);
    store(LENGTH, HEADER_WORDS as u32);
    store(WRITER, claim.writer);
    store(BASE, claim.base_ticks as u32);
    store(BASE + 1, (claim.base_ticks >> 32) as u32);
    store(FIRST_SEQ, claim.first_seq as u32);
    store(FIRST_SEQ + 1, (claim.first_seq >> 32) as u32);
}

/// Returns whether a page holds no event. Marks are published with an event.
pub(crate) fn is_empty(header: &[Word; HEADER_WORDS]) -> bool {
    header[LENGTH].load(Ordering::Relaxed) == HEADER_WORDS as u32
}

#[inline(always)]
fn load_u64(words: &[Word; HEADER_WORDS], at: usize) -> u64 {
    let word = |at: usize| u64::from(words[at].load(Ordering::Relaxed));
    word(at + 1) << 32 | word(at)
}

#[inline(always)]
fn store_u64(words: &[Word; HEADER_WORDS], at: usize, value: u64) {
    words[at].store(value as u32, Ordering::Relaxed);
    words[at + 1].store((value >> 32) as u32, Ordering::Relaxed);
}

pub(crate) fn base_ticks(header: &[Word; HEADER_WORDS]) -> u64 {
    load_u64(header, BASE)
}

pub(crate) fn end_ticks(header: &[Word; HEADER_WORDS]) -> u64 {
    load_u64(header, END)
}

pub(crate) fn set_end_ticks(header: &[Word; HEADER_WORDS], ticks: u64) {
    store_u64(header, END, ticks);
}

pub(crate) fn lost_until_ticks(header: &[Word; HEADER_WORDS]) -> u64 {
    load_u64(header, LOST_UNTIL)
}

pub(crate) fn set_lost_until_ticks(header: &[Word; HEADER_WORDS], ticks: u64) {
    store_u64(header, LOST_UNTIL, ticks);
}

/// Makes the events of a level overwritten.
#[inline(always)]
fn overwrite(header: &[Word; HEADER_WORDS], level: usize) {
    // Once the page is empty, all that was ever recorded here is overwritten.
    let sum = header[RECORDED + level].load(Ordering::Relaxed);
    let before = header[OVERWRITTEN + level].load(Ordering::Relaxed);
    header[OVERWRITTEN + level].store(sum, Ordering::Relaxed);
    if sum < before {
        carry(header, level);
    }
}

/// Returns the number of events in a page. Only the page's owner may call this.
#[inline]
pub(crate) fn events(header: &[Word; HEADER_WORDS]) -> u32 {
    // Not a loop: it runs at every turn of a page, and the compiler unrolls none for size.
    let count = level_events(header, 0);
    let count = count.wrapping_add(level_events(header, 1));
    let count = count.wrapping_add(level_events(header, 2));
    let count = count.wrapping_add(level_events(header, 3));
    let count = count.wrapping_add(level_events(header, 4));
    count.wrapping_add(level_events(header, 5))
}

#[inline(always)]
fn level_events(header: &[Word; HEADER_WORDS], level: usize) -> u32 {
    let recorded = header[RECORDED + level].load(Ordering::Relaxed);
    recorded.wrapping_sub(header[OVERWRITTEN + level].load(Ordering::Relaxed))
}

const _: () = assert!(
    Level::COUNT == 6,
    "`events` and `empty` go through six levels"
);

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
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageHeader(pub(crate) [u32; HEADER_WORDS]);

impl Default for PageHeader {
    fn default() -> Self {
        Self([0; HEADER_WORDS])
    }
}

impl PageHeader {
    pub(crate) fn generation(&self) -> u32 {
        self.0[GENERATION]
    }

    /// Returns whether the page was being claimed. What was in it is overwritten then, and nothing is
    /// in it yet.
    pub(crate) fn is_being_claimed(&self) -> bool {
        self.generation() % 2 == 1
    }

    /// Returns the number of words in use, header included.
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
        self.u64_at(BASE)
    }

    pub(crate) fn end_ticks(&self) -> u64 {
        self.u64_at(END)
    }

    /// Returns the sequence number of the page's first event in its writer.
    pub(crate) fn first_seq(&self) -> u64 {
        self.u64_at(FIRST_SEQ)
    }

    /// Returns the time of the last event that was overwritten here.
    pub(crate) fn lost_until_ticks(&self) -> u64 {
        let lost_until = self.u64_at(LOST_UNTIL);
        if self.is_being_claimed() {
            // A writer that empties its page under a hold has noted the end there.
            lost_until.max(self.end_ticks())
        } else {
            lost_until
        }
    }

    /// Returns two words. In line, so that the compiler sees that the index is in range.
    #[inline(always)]
    fn u64_at(&self, at: usize) -> u64 {
        u64::from(self.0[at + 1]) << 32 | u64::from(self.0[at])
    }

    /// Returns a word whose index the compiler does not know to be in range: it must not panic.
    fn word(&self, at: usize) -> u32 {
        self.0.get(at).copied().unwrap_or_default()
    }

    /// Returns the number of events in the page. It is exact once the page is released. While the
    /// page is being written, it may be one record ahead of the length.
    pub(crate) fn counts(&self) -> LevelCounts {
        if self.is_being_claimed() {
            return LevelCounts::default();
        }
        core::array::from_fn(|level| self.count(level).into())
    }

    fn count(&self, level: usize) -> u32 {
        self.word(RECORDED + level)
            .wrapping_sub(self.word(OVERWRITTEN + level))
    }

    /// Returns the number of events overwritten here before the page's present content.
    pub(crate) fn overwritten(&self) -> LevelCounts {
        core::array::from_fn(|level| self.overwritten_at(level))
    }

    /// Returns the same number of one level.
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
        header.0[LENGTH] = 100;
        header.0[OVERWRITTEN] = u32::MAX;
        header.0[RECORDED] = 2;
        header.0[RECORDED + 5] = 7;
        header.0[END] = 9;
        assert_eq!(header.counts(), [3, 0, 0, 0, 0, 7]);

        let words = header.0.map(Word::new);
        assert_eq!(events(&words), 10);
        empty(
            &words,
            &Claim {
                writer: 4,
                base_ticks: 1 << 40,
                first_seq: 1 << 33,
            },
        );
        let next = PageHeader(words.each_ref().map(|word| word.load(Ordering::Relaxed)));
        assert_eq!(next.overwritten(), [(1 << 32) + 2, 0, 0, 0, 0, 7]);
        assert_eq!(next.counts(), [0; 6]);
        assert_eq!(
            (next.writer(), next.base_ticks(), next.lost_until_ticks()),
            (4, 1 << 40, 9)
        );
        assert_eq!(next.first_seq(), 1 << 33);
        assert_eq!(events(&words), 0);
    }

    #[test]
    fn reuse_of_an_empty_page_overwrites_nothing() {
        let mut header = PageHeader([0; HEADER_WORDS]);
        header.0[LENGTH] = HEADER_WORDS as u32;
        header.0[RECORDED + 1] = 5;
        header.0[OVERWRITTEN + 1] = 5;
        header.0[END] = 9;
        header.0[LOST_UNTIL] = 4;
        let words = header.0.map(Word::new);
        let claim = Claim {
            writer: 1,
            base_ticks: 20,
            first_seq: 3,
        };
        empty(&words, &claim);
        let next = PageHeader(words.map(Word::into_inner));
        assert_eq!(next.overwritten(), [0, 5, 0, 0, 0, 0]);
        assert_eq!((next.lost_until_ticks(), next.first_seq()), (4, 3));
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
