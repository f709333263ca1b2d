//! The record: one event's words in the ring.
//!
//! ```text
//! word 0   id (17 bits) | level (3) | form (2) | length in words, this one included (10)
//! word 1   ticks since the record before it in the page
//! …        the arguments; FORMAT.md has them all
//! ```

use crate::{
    argument::{AtMost, Fields, Room, Whole},
    callsite::Callsite,
    lane::{self, Dropped, Fill},
    level::Level,
    sync::Word,
};

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

/// Records an event of a callsite that is enabled.
///
/// All arguments have been evaluated and formatted by now: nothing of the user's runs in here.
#[inline]
pub fn record<F: Fields>(callsite: &'static Callsite, header: Header, fields: F) {
    // Not moved again from here on: a copy of what has just been stored waits for the stores.
    record_arguments(callsite, header, &Arguments(fields));
}

/// In line on a host, where that saves time; on a board once for each list of argument types, so
/// that a log statement takes little flash.
#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
fn record_arguments<F: Fields>(
    callsite: &'static Callsite,
    header: Header,
    arguments: &Arguments<F>,
) {
    let argument_words = arguments.0.words(Whole);
    let words = Header::WORDS + argument_words;
    if words > Header::RECORD_MAX_WORDS || !callsite.is_known_for::<F>() {
        return record_unusual(callsite, header, &arguments.0);
    }
    let header = header.with_arguments(argument_words);
    let written = lane::write_event(header, words, arguments);
    if let Err(lane::TooLong { .. }) = written {
        record_unusual(callsite, header, &arguments.0);
    }
}

/// The arguments of a plain record. A closure would hold them by reference, which costs every event
/// one store more.
struct Arguments<F>(F);

impl<F: Fields> Fill for Arguments<F> {
    fn fill(&self, room: &[Word]) {
        // Asked once, it need not be asked for each argument.
        if room.len() >= F::LEAST_WORDS {
            self.0.store(&mut Room::new(room), Whole);
        }
    }
}

/// Records what does not fit as it stands, or has other kinds than its callsite, or is the first of
/// its callsite, whose kinds are then known.
#[cold]
#[inline(never)]
fn record_unusual<F: Fields>(callsite: &'static Callsite, header: Header, fields: &F) {
    let (form, lead) = if callsite.has_kinds::<F>() {
        (Form::Plain, Header::WORDS)
    } else {
        (Form::OwnKinds, Header::WORDS + F::COUNT.div_ceil(4))
    };
    write_cut::<F>(header, form, lead, fields, &[]);
}

/// Records the entering of a span; answers whether it was recorded.
pub(crate) fn record_enter<F: Fields>(header: Header, span: u64, parent: u64, fields: &F) {
    let ids = [
        span as u32,
        (span >> 32) as u32,
        parent as u32,
        (parent >> 32) as u32,
    ];
    let lead = Header::WORDS + ids.len() + F::COUNT.div_ceil(4);
    write_cut::<F>(header, Form::Enter, lead, fields, &ids);
}

/// Records the leaving of a span.
pub(crate) fn record_exit(header: Header, span: u64) {
    let words = Header::WORDS + 2;
    let written = lane::write(header.with(Form::Exit, words), &|room: &[Word]| {
        let mut room = Room::new(room);
        room.put(span as u32);
        room.put((span >> 32) as u32);
    });
    if written.is_err() {
        drop_too_long(header);
    }
}

/// Writes a record whose text is cut as far as it must be: `lead` words that cannot be cut, of
/// which `first` and the kinds follow the header.
fn write_cut<F: Fields>(header: Header, form: Form, lead: usize, fields: &F, first: &[u32]) {
    let kinds = match form {
        Form::Plain => 0,
        _ => F::COUNT.div_ceil(4),
    };
    let mut limit = Header::RECORD_MAX_WORDS;
    // The second round knows the lane's limit; the third, how much of it the marks take that stand
    // before the record. A fourth would learn nothing new.
    for _ in 0..3 {
        let Some(text) = text_limit(fields, limit.saturating_sub(lead)) else {
            break;
        };
        let words = lead + fields.words(text);
        let written = lane::write(header.with(form, words), &|room: &[Word]| {
            let mut room = Room::new(room);
            for &word in first.iter().chain(F::KINDS.iter().take(kinds)) {
                room.put(word);
            }
            fields.store(&mut room, text);
        });
        match written {
            Ok(()) => return,
            Err(lane::TooLong { max_words }) => limit = max_words,
        }
    }
    drop_too_long(header);
}

/// How long each text may be so that the arguments take `max_words` at most: the longest are cut,
/// and the shorter ones stay as they are. `None` where they do not fit even without any text.
fn text_limit<F: Fields>(fields: &F, max_words: usize) -> Option<AtMost> {
    let fit = |max_bytes| fields.words(AtMost(max_bytes)) <= max_words;
    if fit(usize::MAX) {
        return Some(AtMost(usize::MAX));
    }
    // However long the texts are, they fit with the one and do not with the other.
    let (mut fits, mut too_long) = (0, 4 * max_words + 4);
    if !fit(fits) {
        return None;
    }
    while too_long - fits > 1 {
        let middle = fits.midpoint(too_long);
        if fit(middle) {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    Some(AtMost(fits))
}

fn drop_too_long(header: Header) {
    if let Some(level) = Level::from_number(header.level_number()) {
        lane::count_dropped(level, Dropped::TooLong);
    }
}
