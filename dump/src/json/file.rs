//! A file's header and accounting in JSON.

use ttlog_core::{Level, lane::Dropped, page::PerLevel};

use super::Object;
use crate::{
    format::Shown,
    image::Image,
    load::{Accounting, Damages, Origin, total},
    time::Time,
};

/// Appends what is known of a file, on three lines.
pub(crate) fn push_file(out: &mut String, Shown { file, shown }: &Shown<'_>) {
    let origin = file.origin.as_ref();
    let time = |ticks| file.clock.time(ticks);
    let mut object = Object::open(out);
    object.text("path", &file.path);
    object.text_or_null("service", origin.and_then(Origin::service));
    object.text_or_null("host", origin.and_then(Origin::host));
    object.bare_or_null("pid", origin.and_then(Origin::pid));
    object.text_or_null("reason", origin.map(|origin| &*origin.reason));
    object.bare_or_null("merged", origin.map(|origin| origin.merged));
    object.text_or_null("target", origin.and_then(Origin::target));
    object.text_or_null("build_id", origin.and_then(Origin::build_id));
    object.string_or_null("taken", origin.and_then(Origin::last_ticks).and_then(time));
    object.string_or_null(
        "started",
        origin.and_then(|origin| time(origin.start_ticks)),
    );
    object.bare_or_null("clock_hz", origin.and_then(Origin::clock_hz));
    object.bare_or_null("events_max", origin.and_then(Origin::events_max));
    object.bare("offset", file.offset);
    match &file.image {
        Some(image) => push_image(object.key("image"), image),
        None => object.null("image"),
    }
    let complete_since = file.accounting.complete_since_ticks().and_then(time);
    let accounting = object.on_a_new_line("accounting");
    push_accounting(accounting, &file.accounting, complete_since, *shown);
    push_damages(object.on_a_new_line("damage"), &file.damages);
    object.bare("damage_count", file.damages.count);
    object.close();
}

fn push_image(out: &mut String, image: &Image) {
    let mut object = Object::open(out);
    object.text("state", image.state);
    object.bare("boot", image.boot);
    object.bare("done", image.is_done);
    object.bare("undescribed", image.undescribed);
    object.close();
}

fn push_accounting(
    out: &mut String,
    accounting: &Accounting,
    complete_since: Option<Time>,
    shown: usize,
) {
    let totals = accounting.totals;
    let mut object = Object::open(out);
    push_counts(&mut object, "recorded", accounting.recorded());
    push_counts(&mut object, "kept", Some(accounting.kept));
    push_counts(&mut object, "overwritten", accounting.overwritten());
    push_dropped(object.key("dropped"), accounting);
    push_counts(&mut object, "unreadable", accounting.unreadable());
    object.bare_or_null("shared", totals.map(|totals| totals.shared));
    object.string_or_null("complete_since", complete_since);
    object.bare_or_null("torn_pages", totals.map(|totals| totals.torn_pages));
    object.bare("shown", shown);
    object.close();
}

/// The causes, and first the sum of all.
fn push_dropped(out: &mut String, accounting: &Accounting) {
    let mut object = Object::open(out);
    push_counts(&mut object, "all", accounting.dropped());
    for (number, cause) in Dropped::ALL.into_iter().enumerate() {
        let counts = accounting
            .totals
            .and_then(|totals| totals.dropped.get(number).copied());
        push_counts(&mut object, cause.name(), counts);
    }
    object.close();
}

fn push_counts(object: &mut Object<'_>, key: &str, counts: Option<PerLevel>) {
    let Some(counts) = counts else {
        return object.null(key);
    };
    let mut by_level = Object::open(object.key(key));
    by_level.bare("total", total(&counts));
    for (level, count) in Level::ALL.into_iter().zip(counts) {
        by_level.bare(level.name(), count);
    }
    by_level.close();
}

fn push_damages(out: &mut String, damages: &Damages) {
    out.push('[');
    for (number, (offset, flaw)) in damages.first.iter().enumerate() {
        if number != 0 {
            out.push(',');
        }
        let mut object = Object::open(out);
        object.bare("offset", offset);
        object.string("problem", flaw);
        object.close();
    }
    out.push(']');
}
