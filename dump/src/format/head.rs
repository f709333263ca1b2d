//! The lines of text that describe a file.

use core::fmt::{Result, Write};

use ttlog_core::LevelCounts;
use ttlog_reader::{Image, Style, TextFormat, escaped, total};

use crate::output::Shown;

/// Appends two lines, the origin of the snapshot and its accounting, and a line for each span that was open.
pub(super) fn push_head(out: &mut String, format: TextFormat, shown: &Shown<'_>) {
    let color = format.color;
    for push in [push_origin, push_accounting] {
        let mut line = String::new();
        // Writing to a String does not fail.
        let _ = push(&mut line, shown);
        let _ = writeln!(out, "{}", Style::STRONG.paint(color, escaped(&line)));
    }
    for span in &shown.open_spans {
        out.push_str("# open since ");
        format.push(span, out);
        out.push('\n');
    }
    if let missing @ 1.. = shown.file.missing_open_spans {
        let _ = writeln!(out, "# {missing} more spans were open");
    }
}

fn push_origin(out: &mut String, &Shown { file, source, .. }: &Shown<'_>) -> Result {
    write!(out, "# {}", file.path)?;
    if file.offset != 0 {
        write!(out, " at byte {}", file.offset)?;
    }
    let header = &file.header;
    if header.is_lost() {
        return write!(out, ": the header is lost");
    }
    write!(
        out,
        ": {}",
        header.service.as_deref().unwrap_or("(no service)")
    )?;
    if let Some(pid) = header.pid {
        write!(out, ", pid {pid}")?;
    }
    if let Some(host) = &header.host {
        write!(out, ", on {host}")?;
    }
    match &file.image {
        Some(image) => push_image(out, image)?,
        None => write!(out, ", reason {}", header.reason.as_deref().unwrap_or("-"))?,
    }
    if let Some(merged @ 1..) = header.merged {
        write!(out, " ({merged} more times)")?;
    }
    if let Some(taken) = header
        .moment_ticks
        .and_then(|ticks| source.clock.time(ticks))
    {
        write!(out, ", taken {taken}")?;
    }
    for step in source.clock.steps() {
        let seconds = step.step_ns as f64 / 1e9;
        write!(out, ", clock set by {seconds:+} s at {}", step.time)?;
    }
    Ok(())
}

fn push_accounting(out: &mut String, shown: &Shown<'_>) -> Result {
    let accounting = &shown.file.accounting;
    let kept = total(&accounting.kept);
    let number = |counts: Option<LevelCounts>| counts.map_or(0, |counts| total(&counts));
    if accounting.totals.is_some() {
        let recorded = number(accounting.recorded());
        let overwritten = number(accounting.overwritten());
        let dropped = number(accounting.dropped());
        write!(
            out,
            "# recorded {recorded} = kept {kept} + overwritten {overwritten} + dropped {dropped}"
        )?;
    } else {
        write!(out, "# kept {kept}, the end block is lost")?;
    }
    let unreadable = number(accounting.unreadable());
    if unreadable != 0 {
        write!(out, " + unreadable {unreadable}")?;
    }
    let since = accounting.complete_since_ticks();
    if let Some(time) = since.and_then(|ticks| shown.source.clock.time(ticks)) {
        write!(out, ", complete since {time}")?;
    }
    if let Some(moment) = shown.file.header.moment_ticks
        && since.is_some_and(|since| since > moment)
    {
        out.write_str(", so nothing before the moment is certain")?;
    }
    write!(out, ", shown {}", shown.shown)
}

fn push_image(out: &mut String, image: &Image) -> Result {
    write!(out, ", ring of boot {}, {}", image.boot, image.state)?;
    if image.is_acknowledged {
        out.write_str(", acknowledged")?;
    }
    if image.undescribed != 0 {
        write!(out, ", {} callsites not described", image.undescribed)?;
    }
    Ok(())
}
