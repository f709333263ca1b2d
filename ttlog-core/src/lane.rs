//! Whose turn is it to write?
//!
//! A lane answers with room that only the current context writes, and the time. It is installed
//! once for the program, as a logger is; while none is, an event is dropped for the price of one
//! read.

pub mod critical_section;
#[cfg_attr(target_os = "none", path = "lane/direct.rs")]
#[cfg_attr(not(target_os = "none"), path = "lane/indirect.rs")]
mod event;

use once_cell::race::OnceRef;

use crate::{level::Level, random::Random, record::Header, sync::Word, writer::Writer};

/// What writes the arguments of a record into their room; a closure may.
pub trait Fill {
    /// Writes all of `room`: the record's words behind the leading two.
    fn fill(&self, room: &[Word]);
}

impl<F: Fn(&[Word])> Fill for F {
    fn fill(&self, room: &[Word]) {
        self(room);
    }
}

/// What is done with a context's writer and its random numbers.
pub type UseWriter<'a> = &'a mut dyn FnMut(&Writer<'static>, &Random);

/// A lane: its functions.
///
/// All of them may be called from any context that logs, signal and interrupt handlers included.
#[derive(Debug)]
pub struct Lane {
    /// Writes a record, as long as its header says, whose arguments `fill` writes. What finds no
    /// room is dropped and counted by the lane.
    pub write: fn(Header, &dyn Fill) -> Result<(), TooLong>,
    /// Counts an event that could not be written.
    pub count_dropped: fn(Level, Dropped),
    /// Calls with what the current context writes through and its random numbers, once, or not at all
    /// where it cannot write. Contexts and spans are built on this, so that only a program which has
    /// any links them.
    pub with_writer: fn(UseWriter<'_>),
}

/// The record is longer than any that fits the lane's ring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TooLong {
    /// The most words that do.
    pub max_words: usize,
}

/// Why an event was not recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Dropped {
    /// It came in the middle of another record of the same context and found no room behind it.
    Nested = 0,
    /// No page was to be had.
    NoPage = 1,
    /// It does not fit a page even with its text cut to nothing.
    TooLong = 2,
    /// The program has more log statements than there are ids.
    NoId = 3,
}

impl Dropped {
    /// All causes, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Nested, Self::NoPage, Self::TooLong, Self::NoId];

    /// How many causes there are.
    pub const COUNT: usize = Self::ALL.len();

    /// The cause in a word, as `dump` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nested => "nested",
            Self::NoPage => "no_page",
            Self::TooLong => "too_long",
            Self::NoId => "no_id",
        }
    }
}

static LANE: OnceRef<'static, Lane> = OnceRef::new();

/// Installs the program's lane.
///
/// # Errors
///
/// Where one is installed already; that one stays.
pub fn install(lane: &'static Lane) -> Result<(), AlreadyInstalled> {
    LANE.set(lane).map_err(|()| AlreadyInstalled)
}

/// Whether this lane is the one that is installed.
#[must_use]
pub fn is_installed(lane: &'static Lane) -> bool {
    LANE.get()
        .is_some_and(|installed| core::ptr::eq(installed, lane))
}

/// A lane was installed before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AlreadyInstalled;

impl core::fmt::Display for AlreadyInstalled {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a lane is installed already: install one, once, where the program starts")
    }
}

impl core::error::Error for AlreadyInstalled {}

pub(crate) use self::event::write_event;

#[inline]
pub(crate) fn write(header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
    match LANE.get() {
        Some(lane) => (lane.write)(header, fill),
        None => Ok(()),
    }
}

pub(crate) fn count_dropped(level: Level, cause: Dropped) {
    if let Some(lane) = LANE.get() {
        (lane.count_dropped)(level, cause);
    }
}

/// Calls `act` with what the current context writes through and its random numbers, if there is a lane
/// and it can write.
pub(crate) fn with_writer(act: UseWriter<'_>) {
    if let Some(lane) = LANE.get() {
        (lane.with_writer)(act);
    }
}
