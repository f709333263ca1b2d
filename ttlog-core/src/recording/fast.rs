//! The fast path: a plain record that fits.

use super::{arguments::Arguments, slow::record_slow};
use crate::{
    argument::{Fields, Whole},
    callsite::Callsite,
    lane::dispatch,
    record::RecordHeader,
};

/// Records an event of a callsite that is enabled. `header` is what
/// [`Callsite::enabled`] or [`Callsite::always`] returned.
///
/// All arguments have been evaluated and formatted, so no code of the user runs in here.
#[inline]
pub fn record<F: Fields>(callsite: &'static Callsite, header: RecordHeader, fields: F) {
    // Pass by reference from here on: copying values that were just stored would stall until the
    // stores complete.
    debug_assert_eq!(F::COUNT, callsite.metadata().names.len());
    record_arguments(callsite, header, &Arguments(fields));
}

impl Callsite {
    /// Records an event, if the callsite is enabled. [`fields!`](crate::fields) makes `fields`, which
    /// must have an argument for each of the metadata's names.
    #[inline]
    pub fn record<F: Fields>(&'static self, fields: F) {
        if let Some(header) = self.enabled() {
            record(self, header, fields);
        }
    }

    /// Records an event, also if the filter disables the callsite. For events that every snapshot must
    /// hold, such as the text of a panic.
    pub fn record_always<F: Fields>(&'static self, fields: F) {
        if let Some(header) = self.always() {
            record(self, header, fields);
        }
    }
}

inline_on_host! {
    /// On a board this is compiled once for each list of argument types, so that a log statement
    /// takes little flash.
    fn record_arguments<F: Fields>(
        callsite: &'static Callsite,
        header: RecordHeader,
        arguments: &Arguments<F>,
    ) {
        let argument_words = arguments.0.words(Whole);
        let words = RecordHeader::WORDS + argument_words;
        let is_plain =
            words <= RecordHeader::RECORD_MAX_WORDS && callsite.is_known_for::<F>();
        let header = if is_plain {
            let header = header.with_arguments(argument_words);
            if dispatch::write_event(header, words, arguments) {
                return;
            }
            header
        } else {
            header.without_length()
        };
        record_slow(callsite, header, arguments);
    }
}
