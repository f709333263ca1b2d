//! The panels beside and below the services.

use std::time::SystemTime;

use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Style, Stylize},
    text::{Line, Span},
    widgets::{Block, Paragraph},
};

use crate::{
    bus::BreakerReading, chaos::monkey::Entry, resilience::breaker::State, ui::scene::Scene,
};

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
    let conversion = figures.orders as f64 * 100.0 / figures.logins.max(1) as f64;
    let best = figures.best_sellers(4).into_iter();
    let best: Vec<String> = best
        .map(|(product, pieces)| format!("{product} ({pieces})"))
        .collect();
    let failed = figures.failed.iter();
    let failed: Vec<String> = failed
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    let (orders, logins) = (figures.orders, figures.logins);
    let lines = [
        ("revenue", figures.revenue.to_string()),
        (
            "orders",
            format!("{orders} of {logins} logins, {conversion:.1} %"),
        ),
        ("failed", failed.join(", ")),
        (
            "searches",
            format!("{}, views {}", figures.searches, figures.views),
        ),
        ("best", best.join(", ")),
    ];
    panel(frame, area, " business ".into(), pairs(lines));
}

pub(super) fn trouble(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let threats = scene.security.threats().filter(|(_, count)| *count > 0);
    let threats: Vec<String> = threats
        .map(|(threat, count)| format!("{threat} {count}"))
        .collect();
    let (board, counts) = (&scene.board, &scene.security.counts);
    let (attacks, anomalies) = (scene.beat.attacks, scene.security.anomalies);
    let (blocks, refused) = (counts.blocks, counts.blocked + counts.rate_limited);
    let lines = [
        ("attacks", format!("{attacks}, {anomalies} anomalies")),
        ("threats", threats.join(", ")),
        (
            "shut out",
            format!("{blocks} times, {refused} requests refused"),
        ),
        ("dead letters", scene.dead_letters.to_string()),
        ("alarms", format!("{} of a burning objective", board.burns)),
        (
            "scaled",
            format!("{} out, {} in", board.scaled_out, board.scaled_in),
        ),
    ];
    panel(frame, area, " trouble ".into(), pairs(lines));
}

fn pairs<const N: usize>(pairs: [(&'static str, String); N]) -> Vec<Line<'static>> {
    let line =
        |(name, value)| Line::from(vec![format!("{name:<13}").dark_gray(), Span::from(value)]);
    pairs.into_iter().map(line).collect()
}

fn panel(frame: &mut Frame<'_>, area: Rect, title: String, lines: Vec<Line<'static>>) {
    let block = Block::bordered().title(title);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}
