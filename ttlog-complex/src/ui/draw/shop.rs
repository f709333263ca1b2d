//! The panels of what goes on in the shop, for a large screen.

use ratatui::{
    Frame,
    layout::{Constraint, Rect},
    style::{Color, Style, Stylize},
    text::Line,
    widgets::{Block, Row, Table},
};

use super::panels::{counts, pair, pairs, panel};
use crate::{
    resilience::pool::Reading,
    services::analytics::report::{Report, WindowReport},
    ui::scene::Scene,
};

pub(super) fn backroom(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let room = &scene.backroom;
    let (queue, post, stock, depot) = (&room.queue, &room.post, &room.stock, &room.depot);
    let [email, sms, push] = post.sent;
    let failed: u64 = post.failed.iter().chain(&post.full).sum();
    let lines = [
        (
            "orders wait",
            format!(
                "{}; {} waited, {} carried out",
                queue.waiting, queue.queued, queue.carried_out
            ),
        ),
        (
            "steps back",
            format!("{} taken later, {} never", queue.undone, queue.stuck),
        ),
        ("post", format!("email {email}, sms {sms}, push {push}")),
        (
            "",
            format!(
                "{failed} refused, {} fell back, {} given up",
                post.fell_back, post.given_up
            ),
        ),
        (
            "stock",
            format!(
                "{} left, {} low, {} out, {} expired",
                stock.left, stock.low, stock.out, stock.expired
            ),
        ),
        (
            "parcels",
            format!(
                "{} packed, {} away, {} late, {} there",
                depot.packed, depot.on_the_way, depot.delayed, depot.delivered
            ),
        ),
    ];
    panel(frame, area, " back room ".into(), pairs(lines));
}

pub(super) fn databases(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let head = ["pool", "idle", "waits", "in vain", "lost", "slow", "ms"];
    let widths = [10, 6, 6, 8, 5, 6, 6].map(Constraint::Length);
    let pages = scene.backroom.degraded_pages;
    let title = format!(" {pages} pages without a database ");
    let table = Table::new(scene.backroom.pools.iter().map(pool), widths)
        .header(Row::new(head).bold())
        .block(Block::bordered().title(" databases ").title_bottom(title));
    frame.render_widget(table, area);
}

fn pool(reading: &Reading) -> Row<'static> {
    let row = Row::new([
        reading.pool.to_owned(),
        format!("{} / {}", reading.idle, reading.size),
        reading.waiting.to_string(),
        reading.exhausted.to_string(),
        (reading.lost + reading.unhealthy).to_string(),
        reading.slow.to_string(),
        format!("{:.2}", reading.wait_mean.as_secs_f64() * 1e3),
    ]);
    if reading.waiting > 0 {
        row.style(Style::new().fg(Color::Red))
    } else {
        row
    }
}

pub(super) fn minutes(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let report = Report::of(&scene.figures, scene.now);
    let head = format!(
        "{:>6}{:>15}{:>13}{:>19}",
        "min", "visits", "orders", "revenue"
    );
    let mut lines = vec![Line::from(head.bold())];
    lines.extend(report.windows.iter().map(window));
    let funnel = report.funnel.iter();
    let funnel: Vec<String> = funnel
        .map(|(stage, visits, _)| format!("{} {visits}", stage.name()))
        .collect();
    lines.push(funnel.join(" ").into());
    lines.push(pair("degraded", counts(&scene.figures.degraded).join(", ")));
    panel(frame, area, " the last minutes ".into(), lines);
}

fn window(window: &WindowReport) -> Line<'static> {
    let counts = &window.counts;
    // Filled up as text: the figures alone know no width.
    let [visits, orders, revenue] =
        [window.visits, window.orders, window.revenue].map(|it| it.to_string());
    let sum = counts.revenue.to_string();
    format!(
        "{:>4}{:>7} {visits:<6}{:>6} {orders:<6}{sum:>11} {revenue}",
        window.minutes, counts.visits, counts.orders
    )
    .into()
}
