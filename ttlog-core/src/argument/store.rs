//! Values in the form in which a record holds them.

use super::room::Room;
use crate::kind::{Kind, Scalar};

/// A value in the form in which a record holds it.
///
/// This trait is sealed, because the file format fixes the set of kinds.
///
/// # Examples
///
/// A text takes a length word and its bytes. An `Option` takes one word more.
///
/// ```
/// use ttlog_core::argument::{Store, Whole};
///
/// assert_eq!(Store::words(&7_u64, Whole), 2);
/// assert_eq!(Store::words(&"hello", Whole), 1 + 2);
/// assert_eq!(Store::words(&Some("hello"), Whole), 1 + 1 + 2);
/// assert_eq!(Store::words(&None::<u64>, Whole), 1);
/// ```
pub trait Store: sealed::Sealed {
    /// The kind of the value.
    const KIND: Kind;
    /// The minimum number of words that a value takes.
    const LEAST_WORDS: usize;
    /// True if the value is text or bytes, which can be cut.
    const HAS_TEXT: bool;

    /// Returns the number of words that the value takes if text and bytes are cut to `limit`.
    fn words(&self, limit: impl Limit) -> usize;

    /// Writes exactly [`words`](Self::words) words.
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L);
}

/// The limit to which each text is cut.
///
/// The limit is a type, so that the path of most events compiles without a comparison.
pub trait Limit: Copy {
    /// True if texts stay whole.
    const IS_NONE: bool;

    /// Returns the maximum size of one text.
    fn max_bytes(self) -> usize;
}

/// The limit that leaves texts whole.
#[derive(Clone, Copy, Debug)]
pub struct Whole;

impl Limit for Whole {
    const IS_NONE: bool = true;

    #[inline]
    fn max_bytes(self) -> usize {
        usize::MAX
    }
}

/// The limit that cuts each text to a number of bytes.
///
/// # Examples
///
/// ```
/// use ttlog_core::argument::{AtMost, Fields, Whole};
///
/// let fields = ttlog_core::fields![7_u32, "a long text"];
/// assert_eq!(fields.words(Whole), 1 + 1 + 3);
/// assert_eq!(fields.words(AtMost(4)), 1 + 1 + 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AtMost(pub usize);

impl Limit for AtMost {
    const IS_NONE: bool = false;

    #[inline]
    fn max_bytes(self) -> usize {
        self.0
    }
}

/// A [`Store`] that can also be recorded inside an `Option`.
pub trait ScalarStore: sealed::Sealed {
    /// The type of the value.
    const SCALAR: Scalar;
    /// See [`Store::LEAST_WORDS`].
    const LEAST_WORDS: usize = 1;
    /// See [`Store::HAS_TEXT`].
    const HAS_TEXT: bool;

    /// See [`Store::words`].
    fn words(&self, limit: impl Limit) -> usize;

    /// See [`Store::store`].
    fn store<L: Limit>(&self, room: &mut Room<'_>, limit: L);
}

pub(super) mod sealed {
    /// Limits the types that can be recorded to those of the file format.
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
