//! All arguments of one event.

use super::{
    layout::{FIELDS_MAX, Kinds},
    room::Room,
    store::{Limit, Store},
};

/// A list of arguments, `(first, (second, (third, ())))`, in the form in which it is written.
///
/// [`fields!`](crate::fields) makes such a list of values.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Kind, Scalar, argument::{Fields, Whole}, fields};
///
/// fn first_kind<F: Fields>(_: &F) -> Option<Kind> {
///     Kind::from_byte(F::KINDS[0] as u8)
/// }
///
/// let fields = fields![7_u32, "bar"];
/// assert_eq!(fields.words(Whole), 1 + 2);
/// assert_eq!(first_kind(&fields).map(|kind| kind.scalar), Some(Scalar::U32));
/// ```
pub trait Fields {
    /// The number of arguments.
    const COUNT: usize;
    /// The kinds of the arguments.
    const KINDS: Kinds;

    /// The minimum number of words that the arguments take.
    const LEAST_WORDS: usize;
    /// True if one of the arguments can be cut.
    const HAS_TEXT: bool;

    /// Returns the number of words that the arguments take if each text is cut to `limit`.
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
        assert!(R::COUNT < FIELDS_MAX, "an event has at most 32 arguments");
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

/// Returns `rest` moved up by one byte, with `first` in the lowest byte.
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
