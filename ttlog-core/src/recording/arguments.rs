//! The arguments of a record, on their way into the room that the lane has taken.

use crate::{
    argument::{AtMost, Fields, Kinds, Room, Whole},
    fill::Fill,
    sync::Word,
};

/// The arguments of a record. A closure would hold them by reference, which costs one more store for
/// each event.
pub(super) struct Arguments<F>(pub(super) F);

/// Arguments of erased types, so that the slow path is compiled once for all of them. `Fill` writes
/// them whole.
pub(super) trait AnyArguments: Fill {
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
