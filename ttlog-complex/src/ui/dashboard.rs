//! The dashboard: draws the scene again and again, and listens for the key that ends it.

use core::time::Duration;
use std::{io, process};

use crossbeam_channel::{Receiver, Sender};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

use super::{
    draw::draw,
    scene::Sources,
    terminal::{self, Screen},
    wait,
};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// The end of the run.
    End,
    /// Nothing.
    Nothing,
}

/// Draws until `closed` says so.
pub(super) fn run(
    mut screen: Screen,
    sources: &Sources,
    stop: &Sender<()>,
    closed: &Receiver<()>,
) -> io::Result<()> {
    let mut before = None;
    loop {
        let scene = sources.look(before.as_ref());
        screen.terminal().draw(|frame| draw(frame, &scene))?;
        before = Some(scene);
        while event::poll(Duration::ZERO)? {
            // As with signals: whoever asks again does not want to wait.
            if wish(&event::read()?) == Wish::End && stop.try_send(()).is_err() {
                terminal::restore();
                process::exit(130);
            }
        }
        if !wait(closed) {
            return Ok(());
        }
    }
}

fn wish(event: &Event) -> Wish {
    let Event::Key(key) = event else {
        return Wish::Nothing;
    };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        _ if key.kind != KeyEventKind::Press => Wish::Nothing,
        KeyCode::Char('q') | KeyCode::Esc => Wish::End,
        KeyCode::Char('c') if control => Wish::End,
        _ => Wish::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::KeyEvent;

    use super::*;

    #[test]
    fn q_and_control_c_end_the_run_and_other_keys_do_not() {
        let press = |key, modifiers| wish(&Event::Key(KeyEvent::new(key, modifiers)));
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::NONE), Wish::End);
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), Wish::End);
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::NONE), Wish::Nothing);
        assert_eq!(wish(&Event::Resize(1, 1)), Wish::Nothing);
    }
}
