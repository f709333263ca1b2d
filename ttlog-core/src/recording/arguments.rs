//! The arguments of a record, on their way into the room that the lane has taken.

use crate::{
    argument::{AtMost, Fields, Kinds, Room, Whole},
    fill::Fill,
    sync::Word,
};

/// The arguments of a record. A closure would hold them by reference, which costs one more store for
/// each event.
pub(crate) struct Arguments<F>(pub(crate) F);

/// Arguments of erased types, so that the slow path is compiled once for all of them. `Fill` writes
/// them whole.
pub(crate) trait AnyArguments: Fill {
    /// Returns their kinds.
    fn kinds(&self) -> &'static Kinds;

    /// Returns their length in words, as [`Fields::words`] does.
    fn words(&self, limit: AtMost) -> usize;

    /// Writes them with their texts cut. There is a text, or nothing would have to be cut.
    fn fill_cut(&self, room: &[Word], limit: AtMost);
}

impl<F: Fields> Fill for Arguments<F> {
    fn fill(&self, room: &[Word]) {
        // Checked once here, the length need not be checked for each argument.
        if room.len() >= F::LEAST_WORDS {
            self.0.store(&mut Room::new(room), Whole);
        }
    }
}

impl<F: Fields> AnyArguments for Arguments<F> {
    fn kinds(&self) -> &'static Kinds {
        &F::KINDS
    }

    fn words(&self, limit: AtMost) -> usize {
        self.0.words(limit)
    }

    fn fill_cut(&self, room: &[Word], limit: AtMost) {
        if F::HAS_TEXT {
            self.0.store(&mut Room::new(room), limit);
        }
    }
}

/// Returns the maximum length of each text with which the arguments take at most `max_words`: the
/// longest texts are cut, and shorter ones stay as they are. Returns `None` if the arguments do not
/// fit without any text.
pub(crate) fn text_limit(arguments: &dyn AnyArguments, max_words: usize) -> Option<AtMost> {
    let fit = |max_bytes| arguments.words(AtMost(max_bytes)) <= max_words;
    if fit(usize::MAX) {
        return Some(AtMost(usize::MAX));
    }
    // The arguments fit with the first of these limits and do not with the second.
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
