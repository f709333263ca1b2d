//! Records that do not fit as they are, state their own kinds, or are of spans.

use super::{
    Form, Header,
    plain::{AnyArguments, Arguments},
};
use crate::{
    argument::{AtMost, Fields, Room},
    callsite::Callsite,
    lane::{self, Dropped},
    level::Level,
    sync::{Ordering::Relaxed, Word},
};

/// Records what was not written at once. A header with a length is that of a plain record, which may
/// need no more than a new page. Without one, the record does not fit as it is, or its kinds are not
/// known to be the callsite's: that is settled here, by the first of them.
#[cold]
#[inline(never)]
pub(super) fn record_otherwise(
    callsite: &'static Callsite,
    header: Header,
    arguments: &dyn AnyArguments,
) {
    if header.words() != 0 && lane::write(header, arguments).is_ok() {
        return;
    }
    let form = if callsite.has_kinds(arguments.kinds()) {
        Form::Plain
    } else {
        Form::OwnKinds
    };
    write_cut(header, form, &[], arguments);
}

/// Records the entering of a span.
pub(crate) fn record_enter<F: Fields>(
    callsite: &'static Callsite,
    header: Header,
    span: u64,
    parent: u64,
    fields: F,
) {
    enter(callsite, header, span, parent, &Arguments(fields));
}

#[inline(never)]
fn enter(
    callsite: &'static Callsite,
    header: Header,
    span: u64,
    parent: u64,
    arguments: &dyn AnyArguments,
) {
    // The record carries its kinds; the description of the callsite is to state them too.
    let _ = callsite.has_kinds(arguments.kinds());
    let ids = [
        span as u32,
        (span >> 32) as u32,
        parent as u32,
        (parent >> 32) as u32,
    ];
    write_cut(header, Form::Enter, &ids, arguments);
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

/// Writes a record whose text is cut as far as it must be. Behind the header come the words of `first`
/// and, but in a plain record, the kinds.
fn write_cut(header: Header, form: Form, first: &[u32], arguments: &dyn AnyArguments) {
    let stated = form != Form::Plain;
    // No kind is 0, so the words end where the list does.
    let kinds = || {
        arguments
            .kinds()
            .iter()
            .take_while(|&&kinds| stated && kinds != 0)
    };
    let lead = Header::WORDS + first.len() + kinds().count();
    let mut limit = Header::RECORD_MAX_WORDS;
    // The second round knows the lane's limit; the third, how much of it the marks take that stand
    // before the record. A fourth would learn nothing new.
    for _ in 0..3 {
        let Some(text) = text_limit(arguments, limit.saturating_sub(lead)) else {
            break;
        };
        let words = lead + arguments.words(text);
        let written = lane::write(header.with(form, words), &|room: &[Word]| {
            let (leading, room) = room
                .split_at_checked(lead - Header::WORDS)
                .unwrap_or_default();
            for (to, &word) in leading.iter().zip(first.iter().chain(kinds())) {
                to.store(word, Relaxed);
            }
            if text.0 == usize::MAX {
                arguments.fill(room);
            } else {
                arguments.fill_cut(room, text);
            }
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
fn text_limit(arguments: &dyn AnyArguments, max_words: usize) -> Option<AtMost> {
    let fit = |max_bytes| arguments.words(AtMost(max_bytes)) <= max_words;
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
