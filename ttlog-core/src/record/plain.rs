//! The record of an event as it mostly is: its arguments have the kinds that the callsite states, and
//! it fits.

use super::{Header, unusual::record_otherwise};
use crate::{
    argument::{AtMost, Fields, Kinds, Room, Whole},
    callsite::Callsite,
    lane::{self, Fill},
    sync::Word,
};

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
    let is_plain = words <= Header::RECORD_MAX_WORDS && callsite.is_known_for::<F>();
    let header = if is_plain {
        let header = header.with_arguments(argument_words);
        if lane::write_event(header, words, arguments) {
            return;
        }
        header
    } else {
        header.without_length()
    };
    record_otherwise(callsite, header, arguments);
}

/// The arguments of a record. A closure would hold them by reference, which costs every event one
/// store more.
pub(super) struct Arguments<F>(pub(super) F);

/// Arguments of types that are not known: what is done rarely is compiled once for all of them.
/// Filling room is writing them whole.
pub(super) trait AnyArguments: Fill {
    /// What they are.
    fn kinds(&self) -> &'static Kinds;

    /// As [`Fields::words`].
    fn words(&self, limit: AtMost) -> usize;

    /// Writes them with their texts cut. There are some, or nothing would have to be cut.
    fn fill_cut(&self, room: &[Word], limit: AtMost);
}

impl<F: Fields> Fill for Arguments<F> {
    fn fill(&self, room: &[Word]) {
        // Asked once, it need not be asked for each argument.
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
