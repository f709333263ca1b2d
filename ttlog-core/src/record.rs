//! The record: one event's words in the ring.
//!
//! ```text
//! word 0   id (17 bits) | level (3) | form (2) | length in words, this one included (10)
//! word 1   ticks since the record before it in the page
//! …        the arguments, see FORMAT.md
//! ```

pub(crate) mod cursor;
pub(crate) mod walk;

use crate::level::Level;

/// The first word of a record.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Form, Level, RecordHeader};
///
/// let header = RecordHeader::new(7, Level::Warn).with_words(5);
/// assert_eq!((header.id(), header.words()), (7, 5));
/// assert_eq!(Level::from_number(header.level_number()), Some(Level::Warn));
/// assert_eq!(header.form(), Form::Plain);
/// assert_eq!(RecordHeader::from_bits(header.to_bits()), header);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordHeader(u32);

/// The meaning of the words behind the leading two.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Form {
    /// Arguments of the kinds that the callsite states.
    Plain = 0,
    /// The kinds, four to a word, then the arguments.
    OwnKinds = 1,
    /// The beginning of a span: its id and its parent's (two words each), the kinds, the arguments.
    Enter = 2,
    /// The end of a span: its id and the time of its enter record in ticks (two words each).
    Exit = 3,
}

impl RecordHeader {
    /// Number of words of a record without arguments.
    pub const WORDS: usize = 2;
    /// Maximum number of words of a record, the leading two included.
    pub const RECORD_MAX_WORDS: usize = (1 << Self::LENGTH_BITS) - 1;
    /// The highest id of a callsite.
    pub const ID_MAX: u32 = u32::MAX >> Self::ID_SHIFT;

    const LENGTH_BITS: u32 = 10;
    const FORM_SHIFT: u32 = Self::LENGTH_BITS;
    const LEVEL_SHIFT: u32 = Self::FORM_SHIFT + 2;
    const ID_SHIFT: u32 = Self::LEVEL_SHIFT + 3;

    /// Creates the header of a record without arguments.
    #[must_use]
    pub const fn new(id: u32, level: Level) -> Self {
        let length = Self::WORDS as u32;
        Self(id << Self::ID_SHIFT | (level as u32) << Self::LEVEL_SHIFT | length)
    }

    /// Creates the header of a mark, a record that is not an event. Its number stands in the place
    /// of the level.
    #[must_use]
    pub(crate) const fn mark(mark: u32, words: usize) -> Self {
        Self(mark << Self::LEVEL_SHIFT | words as u32)
    }

    /// Returns the header in a word.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Returns the word.
    #[inline]
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }

    /// Adds the length of the arguments to the header of a record without arguments.
    #[inline]
    #[must_use]
    pub(crate) const fn with_arguments(self, words: usize) -> Self {
        // One addition instead of clearing bits and setting others: every event does this.
        Self(self.0.wrapping_add(words as u32))
    }

    /// Returns the same header without a length.
    #[inline]
    #[must_use]
    pub(crate) const fn without_length(self) -> Self {
        Self(self.0 & !(Self::RECORD_MAX_WORDS as u32))
    }

    /// Returns the same header with this length and form.
    #[inline]
    #[must_use]
    pub(crate) const fn with(self, form: Form, words: usize) -> Self {
        let without = self.0 & u32::MAX << Self::LEVEL_SHIFT;
        Self(without | (form as u32) << Self::FORM_SHIFT | words as u32)
    }

    /// Returns the header of a plain record of this length.
    #[must_use]
    pub const fn with_words(self, words: usize) -> Self {
        self.with(Form::Plain, words)
    }

    /// Returns the id of the callsite; 0 for a mark.
    #[inline]
    #[must_use]
    pub const fn id(self) -> u32 {
        self.0 >> Self::ID_SHIFT
    }

    /// Returns the number of the level, or of the mark.
    #[inline]
    #[must_use]
    pub const fn level_number(self) -> u32 {
        self.0 >> Self::LEVEL_SHIFT & 7
    }

    /// Returns the form of the record.
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

    /// Returns the length in words.
    #[inline]
    #[must_use]
    pub const fn words(self) -> usize {
        self.0 as usize & Self::RECORD_MAX_WORDS
    }
}

/// Numbers of the marks: records that are not events. Their id is 0, and the number stands in the
/// place of the level.
pub(crate) mod mark {
    /// The time in full: two words of ticks, low word first. Later deltas count from it.
    pub(crate) const TIME: u32 = 0;
    /// The context from here on: trace id (four words), span id (two); no words if there is none.
    pub(crate) const CONTEXT: u32 = 1;
    /// The thread from here on: its number (one word), its name as text.
    pub(crate) const THREAD: u32 = 2;
}
