//! Holding pages, so that a snapshot finds them as they were at its moment.
//!
//! A snapshot takes milliseconds, and writers that never pause reuse a whole ring in that time. A hold
//! keeps the pages that hold events from before the moment, without stopping the writers:
//!
//! - Pages that are free are claimed up to a limit, the spare ones. The limit is a turn, so the pages
//!   that are released later lie behind it as well.
//! - A writer whose page began before the moment releases it when it is full, and claims a spare page.
//! - A writer whose page began after the moment does so too, as long as more spare pages are left than
//!   are in reserve. Then it empties its page and goes on in it. So a fast writer takes no page of the
//!   reserve but its first.
//!
//! Whether there is a hold is one bit of the word that each claim loads and exchanges. So no claim that
//! was under way passes the limit, and a program without a hold pays nothing. What a claim does under a
//! hold is behind a pointer that the first hold sets. A program that never holds does not link it.
//!
//! A word of its own has the state and the number of the hold. One context wins it before anything else
//! is written, and one context ends the hold, so no release ends a later hold.

use once_cell::race::OnceRef;

use super::{
    OWNED, Page, Ring,
    claim::{self, exchange},
    place,
    turn::TURN_MASK,
};
use crate::{
    page::{self, Claim, PageHeader},
    sync::{Ordering, fence},
};

/// In the word of the next claim: there is a hold.
pub(super) const HELD: u32 = TURN_MASK + 1;

/// The states of a hold, in the lowest bits of its word. The number of the hold is above.
const STATE_MASK: u32 = 3;
const FREE: u32 = 0;
/// A context has won the hold, and is writing the moment and the limit.
const SETTING: u32 = 1;
const ACTIVE: u32 = 2;
/// A context has won the end of the hold. Writers do not regard it any more.
const ENDING: u32 = 3;
/// The bits of a hold's word. Bit 31 is set in the table.
const WORD_MASK: u32 = OWNED - 1;

/// The part of the pages that are in reserve for writers that have claimed none since the moment.
const RESERVE_PART: usize = 16;

/// Maximum number of attempts to set or clear the bit of the hold. Each attempt fails because another
/// context has claimed a page meanwhile.
const ATTEMPTS: usize = 1 << 16;

/// The functions that writers call under a hold.
struct Rules {
    stops: fn(&Ring<'_>, u32, &Claim) -> bool,
    reuses: fn(&Ring<'_>, &Page<'_>, u64, &Claim) -> bool,
}

/// Set by the first hold, so that only a program that holds links them.
static RULES: OnceRef<'static, Rules> = OnceRef::new();
static HOLD_RULES: Rules = Rules {
    stops: is_held,
    reuses: reuse,
};

/// Returns whether a word of the table is that of a page that was emptied under a hold.
pub(super) fn is_mark(state: u32) -> bool {
    state & OWNED != 0 && state & STATE_MASK == ACTIVE
}

/// Returns whether the page of a turn must not be claimed, if there is a hold.
#[cold]
pub(super) fn stops(ring: &Ring<'_>, turn: u32, claim: &Claim) -> bool {
    // Without rules, the hold is that of a program before, or the bit is damaged.
    RULES
        .get()
        .is_some_and(|rules| (rules.stops)(ring, turn, claim))
}

impl Ring<'_> {
    /// Empties a full page whose last record is at `end_ticks`, so that its writer continues in it. Does so
    /// if there is a hold, and the page began after its moment. Returns whether it did.
    pub(crate) fn reuse_under_hold(&self, page: &Page<'_>, end_ticks: u64, claim: &Claim) -> bool {
        // If this misses a hold that has just begun, the claim of another page finds it.
        self.header_word(place::NEXT).load(Ordering::Relaxed) & HELD != 0
            && RULES
                .get()
                .is_some_and(|rules| (rules.reuses)(self, page, end_ticks, claim))
    }
}

/// Keeps the pages of a ring that hold events from before a moment. Ends when it is dropped.
///
/// See [`Ring::hold`].
#[derive(Debug)]
#[must_use = "the hold ends when it is dropped"]
pub struct Hold<'a> {
    ring: Ring<'a>,
    /// The word of the hold while it is in force.
    word: u32,
    moment_ticks: u64,
}

impl<'a> Ring<'a> {
    /// Holds the pages that have events from before `moment_ticks`, until the [`Hold`] is dropped. No
    /// writer reuses them meanwhile, so a snapshot of that moment finds what the ring held then. Returns
    /// `None` if another hold is in force.
    ///
    /// The `spare_pages` pages that were released longest ago are not held. Each writer that records
    /// during the hold takes one of them, and more while more are left than a sixteenth of the ring. At
    /// least one page is spare.
    ///
    /// The hold ends by itself when a writer claims a page after `until_ticks`, or when another context
    /// holds at a moment after it. So a holder that is stuck or killed holds no pages for ever.
    ///
    /// Any context may call this, a signal handler, a panic hook or an interrupt handler included.
    ///
    /// # Cost
    ///
    /// Constant time, about a microsecond. Writers pay nothing for each event. A full page costs them a
    /// few loads more during the hold.
    ///
    /// # When full
    ///
    /// A writer that finds no spare page drops its events, and counts them with
    /// [`DropCause::NoPage`](crate::DropCause::NoPage). Events that are recorded after the moment are
    /// overwritten by later ones.
    ///
    /// # Examples
    ///
    /// The events before the moment stay, whatever is recorded during the snapshot:
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, SnapshotHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Ring, Run};
    /// use ttlog_core::snapshot::{ByteSink, Encoder};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// let (writer, event) = (Writer::new(), RecordHeader::new(1, Level::Info));
    /// for ticks in 0..100 {
    ///     writer.write(&ring, ticks, event, &|_: &[Word]| {})?;
    /// }
    ///
    /// let hold = ring.hold(99, 1_000_000, 1).expect("no other hold is in force");
    /// for ticks in 100..10_000 {
    ///     writer.write(&ring, ticks, event, &|_: &[Word]| {})?;
    /// }
    /// let header = SnapshotHeader::of(&ring, hold.moment_ticks());
    /// let totals = Encoder::stored(&mut [0; 512]).encode_held(&hold, &header, ByteSink(|_| {}))?;
    /// drop(hold);
    /// assert!(totals.kept[Level::Info as usize] >= 100);
    /// assert_eq!(totals.complete_since_ticks, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hold(
        &self,
        moment_ticks: u64,
        until_ticks: u64,
        spare_pages: usize,
    ) -> Option<Hold<'a>> {
        // Fails if the rules are set.
        let _ = RULES.set(&HOLD_RULES);
        let state = self.header_word(place::HOLD);
        let mut before = state.load(Ordering::Acquire);
        if before & STATE_MASK == ACTIVE && moment_ticks > self.header_u64(place::HOLD_UNTIL) {
            self.end_hold(before);
            before = state.load(Ordering::Acquire);
        }
        let number = (before & !STATE_MASK).wrapping_add(STATE_MASK + 1) & WORD_MASK;
        if before & STATE_MASK != FREE || !exchange(state, before, number | SETTING) {
            return None;
        }
        // A writer that reads a word below sees that the hold before has ended.
        fence(Ordering::Release);
        self.store_header_u64(place::HOLD_MOMENT, moment_ticks);
        self.store_header_u64(place::HOLD_UNTIL, until_ticks);
        let hold = Hold {
            ring: *self,
            word: number | ACTIVE,
            moment_ticks,
        };
        let next = self.header_word(place::NEXT);
        for _ in 0..ATTEMPTS {
            let word = next.load(Ordering::Acquire);
            let limit = self.hold_limit(word & TURN_MASK, spare_pages);
            self.header_word(place::HOLD_LIMIT)
                .store(limit, Ordering::Relaxed);
            state.store(hold.word, Ordering::Release);
            if exchange(next, word, word | HELD) {
                return Some(hold);
            }
        }
        // Dropping it ends the hold.
        None
    }

    /// Returns the first turn whose page is held. `next` is the turn of the next claim. The limit is behind
    /// it, so that a claim that was under way when an earlier hold ended takes no held page.
    fn hold_limit(&self, next: u32, spare_pages: usize) -> u32 {
        let first = self.turns.after(next);
        let closed = self.header_word(place::CLOSED).load(Ordering::Acquire) & TURN_MASK;
        // Pages that are released from here on are held.
        let last = if closed == next { first } else { closed };
        let limit = self.turns.later(first, spare_pages.saturating_sub(1));
        if self.turns.distance(first, limit) < self.turns.distance(first, last) {
            limit
        } else {
            last
        }
    }

    /// Returns the hold with this word and this moment.
    #[cfg(all(test, loom))]
    pub(super) fn held_by(&self, word: u32, moment_ticks: u64) -> Hold<'a> {
        Hold {
            ring: *self,
            word,
            moment_ticks,
        }
    }

    /// Ends the hold with this word, if it is in force.
    pub(super) fn end_hold(&self, word: u32) {
        let state = self.header_word(place::HOLD);
        if !exchange(state, word, word | ENDING) {
            return;
        }
        let next = self.header_word(place::NEXT);
        for _ in 0..ATTEMPTS {
            let turn = next.load(Ordering::Relaxed);
            if exchange(next, turn, turn & TURN_MASK) {
                break;
            }
        }
        state.store(word & !STATE_MASK, Ordering::Release);
    }
}

impl<'a> Hold<'a> {
    /// Returns the ring whose pages are held.
    #[must_use]
    pub fn ring(&self) -> Ring<'a> {
        self.ring
    }

    /// Returns the moment of the hold, in ticks.
    #[must_use]
    pub fn moment_ticks(&self) -> u64 {
        self.moment_ticks
    }

    /// Returns whether the hold is still in force. It may have ended by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Memory, ring::{Geometry, Ring, Run}};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// let first = ring.hold(17, 100, 1).expect("no other hold is in force");
    /// assert!(first.is_in_force());
    /// assert!(ring.hold(99, 200, 1).is_none());
    ///
    /// // The first hold was until 100.
    /// let second = ring.hold(101, 200, 1).expect("the first hold has ended");
    /// assert!(!first.is_in_force());
    /// drop(first);
    /// assert!(second.is_in_force());
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        self.ring.header_word(place::HOLD).load(Ordering::Acquire) == self.word
    }

    /// Returns the word of the hold, so that a model can leave it to another context.
    #[cfg(all(test, loom))]
    pub(super) fn word(&self) -> u32 {
        self.word
    }

    /// Returns the time of the last event that was overwritten in a page. What began after the moment
    /// and was overwritten during this hold does not count.
    pub(crate) fn lost_until_ticks(&self, index: usize, header: &PageHeader) -> u64 {
        let lost_until = header.lost_until_ticks();
        if lost_until <= self.moment_ticks {
            return lost_until;
        }
        let state = self.ring.table.get(index);
        let is_emptied_here = || {
            let state = state.map(|state| state.load(Ordering::Acquire));
            state == Some(OWNED | self.word)
        };
        // The header is read before the table.
        fence(Ordering::Acquire);
        if is_emptied_here() {
            let before = self
                .ring
                .page(index)
                .first_chunk()
                .map_or(lost_until, page::end_ticks);
            fence(Ordering::Acquire);
            if is_emptied_here() {
                return before;
            }
        }
        lost_until
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.ring.end_hold(self.word);
    }
}

/// The words of the hold that is in force.
struct InForce {
    word: u32,
    limit: u32,
    moment_ticks: u64,
}

impl InForce {
    /// Returns the hold if it is in force at `now_ticks`. Ends it if it is later than its time.
    fn at(ring: &Ring<'_>, now_ticks: u64) -> Option<Self> {
        let state = ring.header_word(place::HOLD);
        let word = state.load(Ordering::Acquire);
        let hold = Self {
            word,
            limit: ring.header_word(place::HOLD_LIMIT).load(Ordering::Relaxed),
            moment_ticks: ring.header_u64(place::HOLD_MOMENT),
        };
        let until_ticks = ring.header_u64(place::HOLD_UNTIL);
        // A later hold changes its word before the others.
        fence(Ordering::Acquire);
        if word & STATE_MASK != ACTIVE || state.load(Ordering::Relaxed) != word {
            return None;
        }
        if now_ticks > until_ticks {
            ring.end_hold(word);
            return None;
        }
        Some(hold)
    }

    /// Returns whether writers may still claim more than one spare page each: whether more are left than
    /// are in reserve for writers that have none yet.
    fn has_spare_pages(&self, ring: &Ring<'_>) -> bool {
        let next = ring.header_word(place::NEXT).load(Ordering::Relaxed) & TURN_MASK;
        let reserve = (ring.page_count() / RESERVE_PART).max(1);
        let last = ring.turns.later(next, reserve);
        ring.turns.distance(next, last) < ring.turns.distance(next, self.limit)
    }
}

/// See [`stops`]. If a hold ends or begins meanwhile, the claim is the one before: the limit of a hold is
/// behind each turn whose page was free when the hold began.
fn is_held(ring: &Ring<'_>, turn: u32, claim: &Claim) -> bool {
    InForce::at(ring, claim.base_ticks).is_some_and(|hold| hold.limit == turn)
}

/// See [`Ring::reuse_under_hold`].
fn reuse(ring: &Ring<'_>, page: &Page<'_>, end_ticks: u64, claim: &Claim) -> bool {
    let hold = InForce::at(ring, claim.base_ticks);
    let Some(hold) = hold.filter(|hold| page::base_ticks(page.head) > hold.moment_ticks) else {
        return false;
    };
    if hold.has_spare_pages(ring) {
        return false;
    }
    // The page's word in the table from here on.
    let mark = OWNED | hold.word;
    if let Some(state) = ring.table.get(page.index)
        && state.load(Ordering::Relaxed) != mark
    {
        // While a page is owned, its end is not in use. It keeps what was lost before this hold.
        page::set_end_ticks(page.head, page::lost_until_ticks(page.head));
        state.store(mark, Ordering::Release);
    }
    // No store below may be seen before the mark.
    fence(Ordering::Release);
    if !page::is_empty(page.head) {
        page::set_lost_until_ticks(page.head, end_ticks);
    }
    claim::reuse(page.head, |head| page::begin(head, claim));
    true
}
