//! The record: one event's words in the ring.
//!
//! ```text
//! word 0   id (17 bits) | level (3) | form (2) | length in words, this one included (10)
//! word 1   ticks since the record before it in the page
//! …        the arguments; FORMAT.md has them all
//! ```

mod plain;
mod unusual;

pub use self::plain::record;
pub(crate) use self::unusual::{record_enter, record_exit};
use crate::level::Level;

/// The first word of a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header(u32);

/// How the words behind the two leading ones are to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Form {
    /// Arguments of the kinds that the callsite states.
    Plain = 0,
    /// The kinds, four to a word, then the arguments.
    OwnKinds = 1,
    /// A span is entered: its id and its parent's (two words each), the kinds, the arguments.
    Enter = 2,
    /// A span is left: its id (two words).
    Exit = 3,
}

impl Header {
    /// How many words a record without arguments has.
    pub const WORDS: usize = 2;
    /// The most words of a record, header included.
    pub const RECORD_MAX_WORDS: usize = (1 << Self::LENGTH_BITS) - 1;
    /// The highest id of a callsite.
    pub const ID_MAX: u32 = u32::MAX >> Self::ID_SHIFT;

    const LENGTH_BITS: u32 = 10;
    const FORM_SHIFT: u32 = Self::LENGTH_BITS;
    const LEVEL_SHIFT: u32 = Self::FORM_SHIFT + 2;
    const ID_SHIFT: u32 = Self::LEVEL_SHIFT + 3;

    /// The header of a record without arguments.
    #[must_use]
    pub const fn new(id: u32, level: Level) -> Self {
        let length = Self::WORDS as u32;
        Self(id << Self::ID_SHIFT | (level as u32) << Self::LEVEL_SHIFT | length)
    }

    /// The header of a mark, a record that is not an event. Its number stands in the level's place.
    #[must_use]
    pub(crate) const fn mark(mark: u32, words: usize) -> Self {
        Self(mark << Self::LEVEL_SHIFT | words as u32)
    }

    /// The header in a word.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The word.
    #[inline]
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// The header of a record with arguments of so many words, where this is one of a record without.
    #[inline]
    #[must_use]
    pub(crate) const fn with_arguments(self, words: usize) -> Self {
        // Instead of clearing bits and setting others: every event comes through here.
        Self(self.0.wrapping_add(words as u32))
    }

    /// The same header without a length.
    #[inline]
    #[must_use]
    pub(crate) const fn without_length(self) -> Self {
        Self(self.0 & !(Self::RECORD_MAX_WORDS as u32))
    }

    /// The same header with this length and form, whatever stood there.
    #[inline]
    #[must_use]
    pub(crate) const fn with(self, form: Form, words: usize) -> Self {
        let without = self.0 & u32::MAX << Self::LEVEL_SHIFT;
        Self(without | (form as u32) << Self::FORM_SHIFT | words as u32)
    }

    /// The same header with a length, of a plain record.
    #[must_use]
    pub const fn with_words(self, words: usize) -> Self {
        self.with(Form::Plain, words)
    }

    /// The id of the callsite; 0 for a mark.
    #[inline]
    #[must_use]
    pub const fn id(self) -> u32 {
        self.0 >> Self::ID_SHIFT
    }

    /// The number of the level, or of the mark.
    #[inline]
    #[must_use]
    pub const fn level_number(self) -> u32 {
        self.0 >> Self::LEVEL_SHIFT & 7
    }

    /// How the record is to be read.
    #[inline]
    #[must_use]
    pub const fn form(self) -> Form {
        match self.0 >> Self::FORM_SHIFT & 3 {
            0 => Form::Plain,
            1 => Form::OwnKinds,
            2 => Form::Enter,
            _ => Form::Exit,
        }
    }

    /// The length in words.
    #[inline]
    #[must_use]
    pub const fn words(self) -> usize {
        self.0 as usize & Self::RECORD_MAX_WORDS
    }
}

/// The records that are not events: their id is 0, their number stands in the level's place.
pub(crate) mod mark {
    /// The time, in full: two words of ticks, low word first. Later deltas count from it.
    pub(crate) const TIME: u32 = 0;
    /// The context from here on: trace id (four words), span id (two); without words, none.
    pub(crate) const CONTEXT: u32 = 1;
    /// The thread from here on: its number (one word), its name as text.
    pub(crate) const THREAD: u32 = 2;
}
