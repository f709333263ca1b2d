//! The progress: one line that says how far the run has come.

use crossbeam_channel::Receiver;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    scene::{Scene, Sources},
    wait,
};

/// Steps of the bar.
const STEPS: u64 = 1_000;

/// Shows the line until `closed` says so; then it is gone.
pub(super) fn run(sources: &Sources, closed: &Receiver<()>) {
    let bar = ProgressBar::new(STEPS);
    // The template is known to be sound; without it the bar has the usual look.
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
        bar.set_style(style);
    }
    let mut before = None;
    loop {
        let scene = sources.look(before.as_ref());
        bar.set_position((scene.progress() * STEPS as f64) as u64);
        bar.set_message(message(&scene));
        before = Some(scene);
        if !wait(closed) {
            bar.finish_and_clear();
            return;
        }
    }
}

fn message(scene: &Scene) -> String {
    let (seconds, whole) = (scene.now.as_secs(), scene.duration.as_secs());
    let (orders, failed) = (scene.figures.orders, scene.failed_orders());
    let (events, snapshots) = (scene.recorder.recorded, scene.recorder.snapshots_written);
    let faults: Vec<String> = scene.faults.iter().map(ToString::to_string).collect();
    let mut message = format!(
        "{seconds} of {whole} s, {orders} orders, {failed} failed, {events} events, {snapshots} snapshots"
    );
    if !faults.is_empty() {
        message = format!("{message}; {}", faults.join(", "));
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::Fault;

    #[test]
    fn the_line_says_what_has_happened_and_what_is_wrong() {
        let mut scene = Scene::default();
        scene.figures.orders = 7;
        scene.faults.push(Fault::Cpu { threads: 2 });
        let message = message(&scene);
        assert!(
            message.contains("7 orders") && message.ends_with("; cpu 2"),
            "{message}"
        );
    }
}
