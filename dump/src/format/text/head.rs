//! What is said of a file before its events.

use core::fmt::Write;

use ttlog_core::page::PerLevel;

use crate::{
    format::{
        Shown,
        color::{Painter, Style},
    },
    image::Image,
    load::{Loaded, total},
    plain::Plain,
};

/// Appends two lines: whose snapshot it is, and what became of the events.
pub(super) fn push_head(out: &mut String, painter: Painter, Shown { file, shown }: &Shown<'_>) {
    let mut head = String::new();
    // Writing to a String does not fail.
    let _ = push_origin(&mut head, file);
    let _ = writeln!(out, "{}", painter.paint(Style::STRONG, &head));
    head.clear();
    let _ = push_accounting(&mut head, file, *shown);
    let _ = writeln!(out, "{}", painter.paint(Style::STRONG, &head));
}

fn push_origin(out: &mut String, file: &Loaded) -> core::fmt::Result {
    let mut out = Plain(out);
    write!(out, "# {}", file.path)?;
    if file.offset != 0 {
        write!(out, " at byte {}", file.offset)?;
    }
    out.write_char(':')?;
    let Some(origin) = &file.origin else {
        return write!(out, " the header is lost");
    };
    write!(out, " {}", origin.service().unwrap_or("(no service)"))?;
    if let Some(pid) = origin.pid() {
        write!(out, ", pid {pid}")?;
    }
    if let Some(host) = origin.host() {
        write!(out, ", on {host}")?;
    }
    match &file.image {
        Some(image) => push_image(&mut out, image)?,
        None => write!(out, ", reason {}", origin.reason)?,
    }
    if origin.merged != 0 {
        write!(out, " ({} more times)", origin.merged)?;
    }
    if let Some(taken) = origin.last_ticks().and_then(|ticks| file.clock.time(ticks)) {
        write!(out, ", taken {taken}")?;
    }
    Ok(())
}

fn push_accounting(out: &mut String, file: &Loaded, shown: usize) -> core::fmt::Result {
    let accounting = &file.accounting;
    let kept = total(&accounting.kept);
    let number = |counts: Option<PerLevel>| counts.map_or(0, |counts| total(&counts));
    if accounting.totals.is_some() {
        let recorded = number(accounting.recorded());
        let overwritten = number(accounting.overwritten());
        let dropped = number(accounting.dropped());
        write!(
            out,
            "# recorded {recorded} = kept {kept} + overwritten {overwritten} + dropped {dropped}"
        )?;
    } else {
        write!(out, "# kept {kept}, the other numbers are lost")?;
    }
    let unreadable = number(accounting.unreadable());
    if unreadable != 0 {
        write!(out, " + unreadable {unreadable}")?;
    }
    let since = accounting
        .complete_since_ticks()
        .and_then(|ticks| file.clock.time(ticks));
    if let Some(since) = since {
        write!(out, ", complete since {since}")?;
    }
    write!(out, ", shown {shown}")
}

fn push_image(out: &mut impl Write, image: &Image) -> core::fmt::Result {
    write!(out, ", ring of boot {}, {}", image.boot, image.state)?;
    if image.is_done {
        out.write_str(", done with")?;
    }
    if image.undescribed != 0 {
        write!(out, ", {} log statements not described", image.undescribed)?;
    }
    Ok(())
}
