//! The arguments of one event as a list.

use super::{Limit, Room, Store};

/// The most arguments that one event may have.
pub const FIELDS_MAX: usize = 32;

/// The kinds of an argument list: a byte each, four to a word, first argument in the lowest byte.
pub type Kinds = [u32; FIELDS_MAX / 4];

/// A list of arguments, `(first, (second, (third, ())))`, in the form in which it is written.
pub trait Fields {
    /// How many there are.
    const COUNT: usize;
    /// What they are.
    const KINDS: Kinds;

    /// The fewest words that they can take.
    const LEAST_WORDS: usize;
    /// Whether one of them can be cut.
    const HAS_TEXT: bool;

    /// How many words they take where each text is cut to `limit`.
    fn words(&self, limit: impl Limit) -> usize;

    /// Writes exactly [`words`](Self::words) words.
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L);
}

impl Fields for () {
    const COUNT: usize = 0;
    const KINDS: Kinds = [0; FIELDS_MAX / 4];
    const LEAST_WORDS: usize = 0;
    const HAS_TEXT: bool = false;

    #[inline]
    fn words(&self, _limit: impl Limit) -> usize {
        0
    }

    #[inline]
    fn store<L: Limit>(&self, _room: &mut Room<'_>, _limit: L) {}
}

impl<S: Store, R: Fields> Fields for (S, R) {
    const COUNT: usize = {
        assert!(
            R::COUNT < FIELDS_MAX,
            "an event may have 32 arguments at most"
        );
        1 + R::COUNT
    };
    const KINDS: Kinds = prepend(S::KIND.to_byte(), R::KINDS);
    const LEAST_WORDS: usize = S::LEAST_WORDS + R::LEAST_WORDS;
    const HAS_TEXT: bool = S::HAS_TEXT || R::HAS_TEXT;

    #[inline]
    fn words(&self, limit: impl Limit) -> usize {
        self.0.words(limit) + self.1.words(limit)
    }

    #[inline]
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L) {
        self.0.store(room, limit);
        self.1.store(room, limit);
    }
}

const fn prepend(first: u8, rest: Kinds) -> Kinds {
    let mut all = rest;
    let mut carry = first as u32;
    let mut at = 0;
    while at < all.len() {
        let next = all[at] >> 24;
        all[at] = all[at] << 8 | carry;
        carry = next;
        at += 1;
    }
    all
}
