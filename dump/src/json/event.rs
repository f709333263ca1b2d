//! An event as a JSON object.

use super::{Object, push_string, push_text, value::push_value};
use crate::{
    load::Origin,
    timeline::{Entry, Message},
};

/// Appends an event: all keys, always, in the order of SCHEMA.md.
pub(crate) fn push_event(out: &mut String, entry: &Entry<'_>) {
    let event = entry.event();
    let statement = entry.statement;
    let mut object = Object::open(out);
    object.string_or_null("timestamp", entry.time());
    object.text("level", entry.record.level.name());
    object.text_or_null("target", statement.map(|statement| statement.target));
    object.string("message", Message(&event));
    let mut fields = Object::open(object.key("fields"));
    for (key, value) in event.fields() {
        push_value(fields.key(key), &value);
    }
    fields.close();
    object.text("kind", entry.kind.name());
    object.bare_or_null("duration_ns", entry.duration_ns);
    push_thread(object.key("thread"), entry);
    object.text_or_null("file", statement.map(|statement| statement.file));
    object.bare_or_null("line", statement.map(|statement| statement.line));
    object.string_or_null("trace_id", entry.trace_id());
    object.string_or_null("span_id", entry.span_id());
    object.string_or_null("parent_span_id", entry.parent_span_id());
    let origin = entry.file.origin.as_ref();
    object.text_or_null("service", origin.and_then(Origin::service));
    object.bare_or_null("pid", origin.and_then(Origin::pid));
    object.close();
}

fn push_thread(out: &mut String, entry: &Entry<'_>) {
    let thread = &entry.record.thread;
    match thread.name() {
        "" => push_string(out, thread.number),
        name => push_text(out, name),
    }
}
