//! The panels beside and below the services.

use std::{collections::BTreeMap, time::SystemTime};

use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Style, Stylize},
    text::{Line, Span},
    widgets::{Block, Paragraph},
};

use crate::{
    bus::BreakerReading, chaos::monkey::Entry, resilience::breaker::State,
    services::analytics::report::Report, ui::scene::Scene,
};

/// Rows of a panel.
pub(super) const PANEL_ROWS: u16 = 8;
/// Columns of the names in a panel.
const NAME_COLUMNS: usize = 13;

pub(super) fn chaos(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let latest = scene.diary.entries.iter().rev().take(area.height.into());
    let (injected, crashes) = (scene.diary.injected, scene.diary.crashes);
    let title = format!(" chaos: {injected} faults, {crashes} crashes ");
    panel(frame, area, title, latest.map(fault).collect());
}

fn fault(entry: &Entry) -> Line<'static> {
    let text = format!("{:>6.1} s  {}", entry.began.as_secs_f64(), entry.fault);
    match entry.ended {
        None => format!("{text}  now").red().bold().into(),
        Some(ended) => {
            let lasted = ended.saturating_sub(entry.began).as_secs_f64();
            format!("{text}  for {lasted:.1} s").dark_gray().into()
        }
    }
}

pub(super) fn breakers(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let mut breakers: Vec<&BreakerReading> = scene.board.breakers.iter().collect();
    // What is open first, then what opened most often.
    breakers.sort_by_key(|it| (it.state == State::Closed, u64::MAX - it.opened));
    let not_closed = breakers.iter().filter(|it| it.state != State::Closed);
    let title = format!(
        " breakers: {} of {} not closed ",
        not_closed.count(),
        breakers.len()
    );
    let lines = breakers.into_iter().map(breaker).collect();
    panel(frame, area, title, lines);
}

fn breaker(reading: &BreakerReading) -> Line<'static> {
    let (state, colour) = match reading.state {
        State::Closed => ("closed", Color::Green),
        State::Open => ("OPEN", Color::Red),
        State::HalfOpen => ("half", Color::Yellow),
    };
    let line = format!("{} → {}", reading.caller, reading.callee);
    let rest = format!("opened {} refused {}", reading.opened, reading.refused);
    Line::from(vec![
        Span::styled(format!("{state:<7}"), Style::new().fg(colour)),
        format!("{line:<28}").into(),
        rest.dark_gray(),
    ])
}

pub(super) fn snapshots(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let lines = scene.shelf.latest.iter().rev().map(|shot| {
        let ago = SystemTime::now().duration_since(shot.taken);
        let ago = ago.unwrap_or_default().as_secs();
        let (reason, events, kib) = (&shot.reason, shot.events, shot.bytes >> 10);
        let line = format!("{ago:>4} s ago  {reason:<42}{events:>8} events{kib:>7} KiB");
        if ago < 2 {
            line.cyan().into()
        } else {
            line.into()
        }
    });
    let written = scene.recorder.snapshots_written;
    let title = format!(" snapshots: {written} written ");
    panel(frame, area, title, lines.collect());
}

pub(super) fn recorder(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let stats = &scene.recorder;
    let (written, mib) = (stats.snapshots_written, scene.shelf.bytes >> 20);
    let mut snapshots = format!("{written}, {mib} MiB");
    if let Some(share) = scene.board.usage.writer_share() {
        let percent = share * 100.0;
        snapshots = format!("{snapshots}, {percent:.1} % of the CPU");
    }
    let lines = [
        ("each second", format!("{:.0}", scene.events_rate)),
        ("recorded", stats.recorded.to_string()),
        ("kept", stats.kept.to_string()),
        ("overwritten", stats.overwritten.to_string()),
        ("dropped", stats.dropped.to_string()),
        ("snapshots", snapshots),
    ];
    panel(frame, area, " recorder: events ".into(), pairs(lines));
}

pub(super) fn business(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let figures = &scene.figures;
    let report = Report::of(figures, scene.now);
    let best = report.top_products.iter();
    let best: Vec<String> = best
        .map(|(product, pieces)| format!("{product} ({pieces})"))
        .collect();
    let terms = report.top_terms.iter();
    let terms: Vec<String> = terms.map(|(term, _)| term.clone()).collect();
    let (orders, conversion) = (report.orders, report.conversion_percent);
    let revenue = format!("{}, {} an order", report.revenue, report.order_value);
    let orders = format!("{orders}, {conversion:.1} % of the visits");
    let searches = format!("{}, views {}", figures.searches, figures.views);
    let mut lines = vec![pair("revenue", revenue), pair("orders", orders)];
    lines.extend(list("failed", counts(&figures.failed), area));
    lines.push(pair("searches", searches));
    lines.push(pair("best", best.join(", ")));
    lines.extend(list("searched", terms, area));
    panel(frame, area, " business ".into(), lines);
}

pub(super) fn trouble(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let threats = scene.security.threats().filter(|(_, count)| *count > 0);
    let threats: Vec<String> = threats
        .map(|(threat, count)| format!("{threat} {count}"))
        .collect();
    let (board, seen) = (&scene.board, &scene.security.counts);
    let (attacks, anomalies) = (scene.beat.attacks, scene.security.anomalies);
    let (blocks, refused) = (seen.blocks, seen.blocked + seen.rate_limited);
    let (scaled_out, scaled_in) = (board.scaled_out, board.scaled_in);
    let mut lines = vec![pair("attacks", format!("{attacks}, {anomalies} anomalies"))];
    lines.extend(list("threats", threats, area));
    lines.extend(pairs([
        (
            "shut out",
            format!("{blocks} times, {refused} requests refused"),
        ),
        ("dead letters", scene.dead_letters.to_string()),
        ("alarms", format!("{} of a burning objective", board.burns)),
        ("scaled", format!("{scaled_out} out, {scaled_in} in")),
    ]));
    panel(frame, area, " trouble ".into(), lines);
}

/// How often each of several things happened.
pub(super) fn counts(counts: &BTreeMap<&'static str, u64>) -> Vec<String> {
    let count = |(what, count): (&&str, &u64)| format!("{what} {count}");
    counts.iter().map(count).collect()
}

/// Items, one after the other: in one line, or in several where the panel has room to spare.
fn list(name: &'static str, items: Vec<String>, area: Rect) -> Vec<Line<'static>> {
    let most = if area.height > PANEL_ROWS { 3 } else { 1 };
    let width = usize::from(area.width.saturating_sub(2)).saturating_sub(NAME_COLUMNS);
    let mut lines = vec![String::new()];
    for item in items {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        // One for the comma.
        let fits = line.is_empty() || line.chars().count() + 2 + item.chars().count() < width;
        if !line.is_empty() {
            line.push_str(if fits || last + 1 == most { ", " } else { "," });
        }
        if fits || last + 1 == most {
            line.push_str(&item);
        } else {
            lines.push(item);
        }
    }
    let named = lines.into_iter().enumerate();
    named
        .map(|(at, line)| pair(if at == 0 { name } else { "" }, line))
        .collect()
}

pub(super) fn pairs<const N: usize>(pairs: [(&'static str, String); N]) -> Vec<Line<'static>> {
    let pairs = pairs.into_iter();
    pairs.map(|(name, value)| pair(name, value)).collect()
}

pub(super) fn pair(name: &'static str, value: String) -> Line<'static> {
    let name = format!("{name:<NAME_COLUMNS$}");
    Line::from(vec![name.dark_gray(), Span::from(value)])
}

pub(super) fn panel(frame: &mut Frame<'_>, area: Rect, title: String, lines: Vec<Line<'static>>) {
    let block = Block::bordered().title(title);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_takes_more_lines_where_there_is_room() {
        let items = || ["payment 12", "unavailable 3", "database 76"].map(str::to_owned);
        let text = |height| {
            let area = Rect::new(0, 0, 43, height);
            let lines = list("failed", items().into(), area).into_iter();
            lines.map(|line| line.to_string()).collect::<Vec<_>>()
        };
        let name = "failed       ";
        assert_eq!(
            text(PANEL_ROWS),
            [format!("{name}payment 12, unavailable 3, database 76")]
        );
        assert_eq!(
            text(PANEL_ROWS + 2),
            [
                format!("{name}payment 12, unavailable 3,"),
                "             database 76".to_owned()
            ]
        );
    }
}
