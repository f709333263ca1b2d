//! The slow path: records that do not fit as they are, that state their own kinds, or of spans.

use super::arguments::{AnyArguments, text_limit};
use crate::{
    argument::Room,
    callsite::Callsite,
    drop_cause::DropCause,
    fill::RecordTooLong,
    lane,
    level::Level,
    record::{Form, RecordHeader},
    sync::{Ordering::Relaxed, Word},
};

/// Records an event that the fast path did not write. A header with a length is that of a plain
/// record, which may only need a new page. Without a length, the record does not fit as it is, or
/// its kinds are not known to be the callsite's. The first such record sets the callsite's kinds.
#[cold]
#[inline(never)]
pub(super) fn record_slow(
    callsite: &'static Callsite,
    header: RecordHeader,
    arguments: &dyn AnyArguments,
) {
    if header.words() != 0 && lane::write(header, arguments).is_ok() {
        return;
    }
    let form = if callsite.learn_kinds(arguments.kinds()) {
        Form::Plain
    } else {
        Form::OwnKinds
    };
    write_cut(header, form, &[], arguments);
}

/// Records the beginning of a span.
#[inline(never)]
pub(crate) fn record_enter(
    callsite: &'static Callsite,
    header: RecordHeader,
    span: u64,
    parent: u64,
    arguments: &dyn AnyArguments,
) {
    // The record states its kinds; the description of the callsite is to state them too.
    let _ = callsite.learn_kinds(arguments.kinds());
    let ids = [
        span as u32,
        (span >> 32) as u32,
        parent as u32,
        (parent >> 32) as u32,
    ];
    write_cut(header, Form::Enter, &ids, arguments);
}

/// Records the end of a span, whose enter record is at `entered_ticks`.
pub(crate) fn record_exit(header: RecordHeader, span: u64, entered_ticks: u64) {
    let words = RecordHeader::WORDS + 4;
    let written = lane::write(header.with(Form::Exit, words), &|room: &[Word]| {
        Room::new(room).put_all([
            span as u32,
            (span >> 32) as u32,
            entered_ticks as u32,
            (entered_ticks >> 32) as u32,
        ]);
    });
    if written.is_err() {
        drop_too_long(header);
    }
}

/// Writes a record whose texts are cut as far as necessary. Behind the header come the words of
/// `first` and, unless the record is plain, the kinds.
fn write_cut(header: RecordHeader, form: Form, first: &[u32], arguments: &dyn AnyArguments) {
    let stated = form != Form::Plain;
    // No kind is 0, so the words end where the list does.
    let kinds = || {
        arguments
            .kinds()
            .iter()
            .take_while(|&&kinds| stated && kinds != 0)
    };
    let lead = RecordHeader::WORDS + first.len() + kinds().count();
    let mut limit = RecordHeader::RECORD_MAX_WORDS;
    // The second attempt knows the lane's limit. The third knows how much of it the marks take that
    // stand before the record. A fourth would learn nothing new.
    for _ in 0..3 {
        let Some(text) = text_limit(arguments, limit.saturating_sub(lead)) else {
            break;
        };
        let words = lead + arguments.words(text);
        let written = lane::write(header.with(form, words), &|room: &[Word]| {
            let (leading, room) = room
                .split_at_checked(lead - RecordHeader::WORDS)
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
            Err(RecordTooLong { max_words }) => limit = max_words,
        }
    }
    drop_too_long(header);
}

fn drop_too_long(header: RecordHeader) {
    if let Some(level) = Level::from_number(header.level_number()) {
        lane::count_dropped(level, DropCause::TooLong);
    }
}
