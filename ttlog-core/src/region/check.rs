//! What a ring that was left behind is good for.

use core::fmt;

use super::{Region, RegionError};
use crate::{
    level::Level,
    page::{HEADER_WORDS, PageHeader, PerLevel},
    record::Header,
    sync::{Ordering, Word},
};

/// What a program finds of the run before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Found {
    /// There was none, or it left nothing behind, or it is done with.
    Fresh,
    /// Its ring is whole.
    Recovered,
    /// It ended while a page was being claimed or a record written, which is not there. What is
    /// whole is.
    Torn,
    /// There is something that looks like its ring and is not as it was left.
    Corrupt(Corrupt),
}

/// What is wrong with a ring that was left behind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Corrupt {
    /// Its header cannot be relied on. Nothing of it is shown.
    Header(RegionError),
    /// It is of another build of the program, or divided in another way. Nothing of it is shown.
    Foreign,
    /// Some pages hold what nobody has written. What is whole in them, and all other pages, can be
    /// read.
    Pages {
        /// How many.
        damaged: u32,
    },
}

impl Found {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Recovered => "recovered",
            Self::Torn => "torn",
            Self::Corrupt(_) => "corrupt",
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Corrupt(corrupt) => write!(f, ": {corrupt}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(error) => error.fmt(f),
            Self::Foreign => f.write_str("a region of another build or with another plan"),
            Self::Pages { damaged } => write!(f, "{damaged} pages hold what nobody has written"),
        }
    }
}

impl Region<'_> {
    /// Looks whether the pages are as a writer leaves them. Not [`Found::Fresh`]. While somebody
    /// still records, [`Found::Torn`] means nothing.
    ///
    /// Records are not looked into: a bit that has changed in an argument is not noticed.
    #[must_use]
    pub fn check(&self) -> Found {
        let ring = self.ring();
        let (mut damaged, mut is_torn) = (0, false);
        for index in 0..ring.page_count() {
            match page(ring.page(index), ring.is_owned(index)) {
                Ok(Left::Whole) => {}
                Ok(Left::Torn) => is_torn = true,
                Err(Damaged) => damaged += 1,
            }
        }
        match (damaged, is_torn) {
            (0, false) => Found::Recovered,
            (0, true) => Found::Torn,
            (damaged, _) => Found::Corrupt(Corrupt::Pages { damaged }),
        }
    }
}

/// How a writer has left a page.
enum Left {
    Whole,
    Torn,
}

/// No writer leaves a page like this.
struct Damaged;

/// `is_owned` is `None` where the table says what no writer writes into it.
fn page(words: &[Word], is_owned: Option<bool>) -> Result<Left, Damaged> {
    let is_owned = is_owned.ok_or(Damaged)?;
    let mut header = PageHeader([0; HEADER_WORDS]);
    for (to, word) in header.0.iter_mut().zip(words) {
        *to = word.load(Ordering::Relaxed);
    }
    if header.is_being_claimed() {
        return if is_owned {
            Ok(Left::Torn)
        } else {
            Err(Damaged)
        };
    }
    let records = words.get(HEADER_WORDS..header.length()).ok_or(Damaged)?;
    let found = events(records).ok_or(Damaged)?;
    let counted = header.counts();
    if counted == found {
        return Ok(Left::Whole);
    }
    // An event is counted before it is published, and so are those inside it.
    let ahead = counted
        .iter()
        .zip(found)
        .try_fold(0_u64, |sum, (&counted, found)| {
            Some(sum + counted.checked_sub(found)?)
        });
    let room_words = words.len() - header.length();
    match ahead {
        Some(ahead) if is_owned && ahead as usize <= room_words / Header::WORDS => Ok(Left::Torn),
        _ => Err(Damaged),
    }
}

/// The events in a page, by level. `None` where a word that should lead a record does not, or the
/// last one goes beyond the end.
fn events(mut records: &[Word]) -> Option<PerLevel> {
    let mut found = PerLevel::default();
    while let Some(first) = records.first() {
        let header = Header::from_bits(first.load(Ordering::Relaxed));
        if header.words() < Header::WORDS {
            return None;
        }
        records = records.get(header.words()..)?;
        if header.id() != 0 {
            let level = Level::from_number(header.level_number())?;
            *found.get_mut(level as usize)? += 1;
        }
    }
    Some(found)
}
