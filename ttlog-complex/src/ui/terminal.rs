//! The terminal: taken for the dashboard, and given back whatever happens.

use core::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::{
    io::{self, Stdout, Write},
    panic, thread,
};

use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    crossterm::{
        cursor::Show,
        execute,
        terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
    },
};

/// The name of the thread that draws.
pub const THREAD: &str = "ui";

/// Whether the terminal is taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, taken until this is dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    ///
    /// The terminal's; then it is as it was.
    pub fn open() -> io::Result<Self> {
        enable_raw_mode()?;
        TAKEN.store(true, SeqCst);
        let opened = execute!(io::stdout(), EnterAlternateScreen)
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match opened {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// What is drawn on.
    pub fn terminal(&mut self) -> &mut Terminal<CrosstermBackend<Stdout>> {
        &mut self.terminal
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, if it is taken.
pub fn restore() {
    if TAKEN.swap(false, SeqCst) {
        // Nothing better can be done where the terminal has gone.
        let _ = disable_raw_mode();
        let mut out = io::stdout();
        let _ = execute!(out, LeaveAlternateScreen, Show);
        let _ = out.flush();
    }
}

/// Keeps panics from writing over the dashboard: one of the thread that draws gives the terminal
/// back first, all others are in the panic's snapshot.
///
/// To be called before the recorder's hook is installed, which is to see all of them.
pub fn keep_panics_off() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() == Some(THREAD) {
            restore();
        }
        if !TAKEN.load(SeqCst) {
            previous(info);
        }
    }));
}
