//! The arguments of an event, on their way into a record.
//!
//! An argument expression is looked at by type, at compile time ([`select`]): the scalars, text,
//! bytes and options of these are kept as they are ([`Argument`]); anything else is formatted at
//! once into a bounded buffer ([`Formatted`]). What is to be written is then a list of [`Store`]s,
//! which [`Fields`] measures and writes.

mod fields;
mod formatted;
mod scalar;
pub mod select;

pub(crate) use self::scalar::LENGTH_CUT;
pub use self::{
    fields::{FIELDS_MAX, Fields, Kinds},
    formatted::{FORMATTED_MAX_BYTES, Formatted},
};
use crate::{
    kind::{Kind, Scalar},
    sync::{Ordering, Word},
};

/// A type whose values are recorded raw, without being formatted.
///
/// Implement it for a type of your own by handing on to a field:
///
/// ```
/// use ttlog_core::Argument;
///
/// struct OrderId(u64);
///
/// impl Argument for OrderId {
///     type Stored<'a> = u64;
///
///     fn stored(&self) -> u64 {
///         self.0
///     }
/// }
/// ```
pub trait Argument {
    /// What is written for it.
    type Stored<'a>: Store
    where
        Self: 'a;

    /// The value as it is written.
    fn stored(&self) -> Self::Stored<'_>;
}

/// A value in the form in which a record holds it.
///
/// Sealed: what a kind means is fixed by the format.
pub trait Store: sealed::Sealed {
    /// Its kind.
    const KIND: Kind;
    /// The fewest words that a value of it can take.
    const LEAST_WORDS: usize;
    /// Whether it is text or bytes, which can be cut.
    const HAS_TEXT: bool;

    /// How many words it takes where text and bytes are cut to `limit`.
    fn words(&self, limit: impl Limit) -> usize;

    /// Writes exactly [`words`](Self::words) words.
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L);
}

/// To how many bytes each text is cut. A type, so that what every event goes through is compiled
/// without the question.
pub trait Limit: Copy {
    /// Whether there is none.
    const IS_NONE: bool;

    /// The most bytes of one text.
    fn max_bytes(self) -> usize;
}

/// Texts are not cut.
#[derive(Clone, Copy, Debug)]
pub struct Whole;

impl Limit for Whole {
    const IS_NONE: bool = true;

    #[inline]
    fn max_bytes(self) -> usize {
        usize::MAX
    }
}

/// Texts are cut to so many bytes.
#[derive(Clone, Copy, Debug)]
pub struct AtMost(pub usize);

impl Limit for AtMost {
    const IS_NONE: bool = false;

    #[inline]
    fn max_bytes(self) -> usize {
        self.0
    }
}

/// A [`Store`] that may stand in an `Option`.
pub trait ScalarStore: sealed::Sealed {
    /// Its type.
    const SCALAR: Scalar;
    /// As [`Store::LEAST_WORDS`].
    const LEAST_WORDS: usize = 1;
    /// As [`Store::HAS_TEXT`].
    const HAS_TEXT: bool;

    /// As [`Store::words`].
    fn words(&self, limit: impl Limit) -> usize;

    /// As [`Store::store`].
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L);
}

mod sealed {
    /// Keeps the set of recordable shapes to what the format knows.
    pub trait Sealed {}

    impl<S: super::ScalarStore> Sealed for Option<S> {}
}

impl<S: ScalarStore> Store for S {
    const KIND: Kind = Kind {
        scalar: S::SCALAR,
        optional: false,
    };
    const LEAST_WORDS: usize = S::LEAST_WORDS;
    const HAS_TEXT: bool = S::HAS_TEXT;

    #[inline]
    fn words(&self, limit: impl Limit) -> usize {
        ScalarStore::words(self, limit)
    }

    #[inline]
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L) {
        ScalarStore::store(self, room, limit);
    }
}

impl<S: ScalarStore> Store for Option<S> {
    const KIND: Kind = Kind {
        scalar: S::SCALAR,
        optional: true,
    };
    const LEAST_WORDS: usize = 1;
    const HAS_TEXT: bool = S::HAS_TEXT;

    #[inline]
    fn words(&self, limit: impl Limit) -> usize {
        1 + self.as_ref().map_or(0, |value| value.words(limit))
    }

    #[inline]
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L) {
        room.put(u32::from(self.is_some()));
        if let Some(value) = self {
            value.store(room, limit);
        }
    }
}

/// The words of a record that are still to be written, front first.
#[derive(Debug)]
pub struct Room<'a>(&'a [Word]);

impl<'a> Room<'a> {
    #[inline]
    pub(crate) fn new(words: &'a [Word]) -> Self {
        Self(words)
    }

    /// Writes the next words, all or none. What does not fit is not written: the writer took the
    /// room by [`Fields::words`], so this does not happen, and it must not panic.
    #[inline]
    pub(crate) fn put_all<const N: usize>(&mut self, words: [u32; N]) {
        if let Some((room, rest)) = self.0.split_first_chunk::<N>() {
            for (to, word) in room.iter().zip(words) {
                to.store(word, Ordering::Relaxed);
            }
            self.0 = rest;
        }
    }

    /// Writes the next word.
    #[inline]
    pub(crate) fn put(&mut self, word: u32) {
        self.put_all([word]);
    }
}
