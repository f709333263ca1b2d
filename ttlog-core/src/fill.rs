//! Filling the room that a lane has taken for a record.

use crate::sync::Word;

/// Writes the arguments of a record. A closure over the words implements it.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::Ordering;
/// use ttlog_core::{Word, lane::Fill};
///
/// let fill = |room: &[Word]| room[0].store(7, Ordering::Relaxed);
/// let room = [Word::new(0)];
/// fill.fill(&room);
/// assert_eq!(room[0].load(Ordering::Relaxed), 7);
/// ```
pub trait Fill {
    /// Writes all of `room`: the words of the record behind the leading two.
    fn fill(&self, room: &[Word]);
}

impl<F: Fn(&[Word])> Fill for F {
    fn fill(&self, room: &[Word]) {
        self(room);
    }
}

/// The record is longer than any record that fits the lane's ring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordTooLong {
    /// Number of words of the longest record that fits.
    pub max_words: usize,
}
