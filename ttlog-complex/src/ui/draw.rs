//! The drawing: a scene, laid out on the screen.
//!
//! ```text
//! ┌ how far, load, process ───────────────────────────────┐
//! │ services: health, rate, latency   │ chaos             │
//! │ snapshots                         │ breakers          │
//! ├ back room ──────┬ databases ────────┬ last minutes ───┤
//! └ recorder ───────┴ business ─────────┴ trouble ────────┘
//! ```

mod panels;
mod shop;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Style, Stylize},
    text::{Line, Span},
    widgets::{Block, Gauge, Row, Table},
};

use self::{
    panels::{PANEL_ROWS, breakers, business, chaos, recorder, snapshots, trouble},
    shop::{backroom, databases, minutes},
};
use super::scene::Scene;
use crate::{
    bus::InstanceState,
    monitor::{board, slo::P95_MAX},
};

/// A narrower or lower screen has fewer panels.
const WIDE: u16 = 120;
const HIGH: u16 = 40;
/// Rows of the lowest panels where there is room.
const LONG_PANEL_ROWS: u16 = 10;
/// Columns of the services.
const SERVICES_COLUMNS: u16 = 94;
/// Rows of the services: one each, a head and a frame.
const SERVICES_ROWS: u16 = 15;

/// Draws the scene.
pub fn draw(frame: &mut Frame<'_>, scene: &Scene) {
    let area = frame.area();
    let is_large = area.width >= WIDE && area.height >= HIGH;
    let (extra_rows, bottom_rows) = if is_large {
        (PANEL_ROWS, LONG_PANEL_ROWS)
    } else {
        (0, PANEL_ROWS)
    };
    let rows = [
        Constraint::Length(3),
        Constraint::Min(SERVICES_ROWS),
        Constraint::Length(extra_rows),
        Constraint::Length(bottom_rows),
    ];
    let [top, middle, extra, bottom] = Layout::vertical(rows).areas(area);
    head(frame, top, scene);
    let services_rows = [Constraint::Length(SERVICES_ROWS), Constraint::Min(0)];
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    if middle.width >= WIDE {
        let columns = [Constraint::Length(SERVICES_COLUMNS), Constraint::Min(0)];
        let [left, right] = Layout::horizontal(columns).areas(middle);
        let [services_area, snapshots_area] = Layout::vertical(services_rows).areas(left);
        let [chaos_area, breakers_area] = Layout::vertical(halves).areas(right);
        services(frame, services_area, scene);
        snapshots(frame, snapshots_area, scene);
        chaos(frame, chaos_area, scene);
        breakers(frame, breakers_area, scene);
    } else {
        let [services_area, rest] = Layout::vertical(services_rows).areas(middle);
        let [chaos_area, snapshots_area] = Layout::horizontal(halves).areas(rest);
        services(frame, services_area, scene);
        chaos(frame, chaos_area, scene);
        snapshots(frame, snapshots_area, scene);
    }
    let thirds = [Constraint::Fill(1); 3];
    if is_large {
        let [left, centre, right] = Layout::horizontal(thirds).areas(extra);
        backroom(frame, left, scene);
        databases(frame, centre, scene);
        minutes(frame, right, scene);
    }
    let [left, centre, right] = Layout::horizontal(thirds).areas(bottom);
    recorder(frame, left, scene);
    business(frame, centre, scene);
    trouble(frame, right, scene);
}

fn head(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let (now, whole) = (scene.now.as_secs(), scene.duration.as_secs());
    let mut title = format!(" ttlog shop · seed {} · chaos {} ", scene.seed, scene.chaos);
    let (hour, multiplier) = (scene.beat.hour(), scene.beat.multiplier);
    title.push_str(&format!("· {hour:02} o'clock, load ×{multiplier:.2} "));
    if let Some(cores) = scene.board.cores {
        title.push_str(&format!("· {cores:.2} cores "));
    }
    if let Some(bytes) = scene.board.usage.memory_bytes {
        title.push_str(&format!("· {} MiB ", bytes >> 20));
    }
    let label = if scene.now < scene.duration {
        format!("{now} of {whole} s")
    } else {
        "closing".to_owned()
    };
    let block = Block::bordered()
        .title(title.bold())
        .title_bottom(" q ends the run ");
    let gauge = Gauge::default()
        .block(block)
        .gauge_style(Style::new().fg(Color::Blue))
        .label(label)
        .ratio(scene.progress());
    frame.render_widget(gauge, area);
}

fn services(frame: &mut Frame<'_>, area: Rect, scene: &Scene) {
    let head = [
        "service",
        "instances",
        "req/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "queue",
        "busy",
        "burn",
        "bad",
    ];
    let widths = [14, 10, 8, 8, 8, 8, 6, 6, 7, 7].map(Constraint::Length);
    let rows = scene.board.services.iter().map(service);
    let table = Table::new(rows, widths)
        .header(Row::new(head).bold())
        .block(Block::bordered().title(" services "));
    frame.render_widget(table, area);
}

fn service(line: &board::Line) -> Row<'static> {
    let reading = &line.reading;
    let dot = |state| Span::styled("●", Style::new().fg(colour(state)));
    let dots: Line<'_> = line.instances.iter().map(|it| dot(it.state)).collect();
    let alarm = |text: String, is_on| {
        if is_on {
            text.red().bold()
        } else {
            Span::from(text)
        }
    };
    let [p50, p95, p99] = [reading.recent_p50, reading.recent_p95, reading.recent_p99]
        .map(|time| format!("{:.2}", time.as_secs_f64() * 1e3));
    let bad = reading.late + reading.lost + reading.failed;
    Row::new([
        alarm(line.name.to_owned(), line.burning).into(),
        dots,
        format!("{:.1}", line.rate).into(),
        p50.into(),
        alarm(p95, reading.recent_p95 > P95_MAX).into(),
        p99.into(),
        line.queue().to_string().into(),
        format!("{:.0} %", line.busy * 100.0).into(),
        format!("{:.1}", line.burn.short).into(),
        bad.to_string().into(),
    ])
}

fn colour(state: InstanceState) -> Color {
    match state {
        InstanceState::Fit => Color::Green,
        InstanceState::Probation => Color::Yellow,
        InstanceState::Ejected => Color::Magenta,
        InstanceState::Down => Color::Red,
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use ratatui::{Terminal, backend::TestBackend};

    use super::*;
    use crate::{
        bus::{BreakerReading, InstanceReading, meter::Reading},
        chaos::{Fault, monkey::Entry},
        monitor::slo::Burn,
        resilience::breaker::State,
    };

    fn scene() -> Scene {
        let second = Duration::from_secs(1);
        let mut scene = Scene {
            seed: 7,
            duration: 10 * second,
            now: 5 * second,
            chaos: "heavy".into(),
            ..Scene::default()
        };
        scene.backroom.queue.carried_out = 2;
        scene.beat.time = 20.5;
        scene.beat.multiplier = 3.0;
        let instance = InstanceReading {
            number: 1,
            state: InstanceState::Down,
            queue: 3,
            in_hand: 4,
            handled: 9,
            crashes: 1,
            busy: second,
        };
        scene.board.services.push(board::Line {
            name: "payment",
            rate: 12.5,
            reading: Reading {
                recent_p95: second,
                ..Reading::default()
            },
            instances: vec![instance; 2],
            busy: 0.5,
            burn: Burn::default(),
            burning: true,
        });
        scene.board.breakers.push(BreakerReading {
            caller: "order",
            callee: "payment",
            state: State::Open,
            opened: 2,
            refused: 5,
        });
        scene.diary.entries.push_back(Entry {
            number: 1,
            fault: Fault::Cpu { threads: 2 },
            began: second,
            ended: None,
        });
        scene
    }

    fn text(width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, &scene())).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn a_wide_screen_shows_everything() {
        let text = text(160, 48);
        for shown in [
            "seed 7 · chaos heavy · 20 o'clock, load ×3.00",
            "5 of 10 s",
            "payment        ●●",
            "12.5",
            "1000.00",
            "OPEN   order → payment",
            "cpu 2  now",
            " snapshots: 0 written ",
            " recorder: events ",
            " business ",
            " trouble ",
            " back room ",
            "waited, 2 carried out",
            " databases ",
            " the last minutes ",
        ] {
            assert!(text.contains(shown), "{shown}\n{text}");
        }
    }

    #[test]
    fn no_screen_is_too_small() {
        for (width, height) in [(80, 24), (40, 10), (3, 3), (1, 1), (300, 2)] {
            text(width, height);
        }
        assert!(text(80, 24).contains("payment"));
    }
}
