//! The user interface: what somebody at a terminal sees of a run.
//!
//! ```text
//! sources: board, diary, shelf, figures, recorder ─► scene: one moment of it
//!                                                      ├─► dashboard   --ui
//!                                                      └─► progress    --quiet on a terminal
//! ```
//!
//! Whoever watches takes no part: nothing waits for the screen.

pub mod dashboard;
pub mod draw;
pub mod progress;
pub mod scene;
pub mod terminal;

use core::time::Duration;
use std::{
    io::{self, IsTerminal},
    thread::{Builder, JoinHandle},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use ttlog_std::warn;

pub use self::scene::{Scene, Sources};
use crate::options::Options;

/// How often the picture is renewed.
const RENEW: Duration = Duration::from_millis(200);

/// What somebody at the terminal sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The whole shop at a glance.
    Dashboard,
    /// How far the run has come.
    Progress,
    /// The live log, line by line.
    Lines,
    /// Nothing until the end.
    Nothing,
}

impl Face {
    /// What the options ask for, as far as there is a terminal.
    #[must_use]
    pub fn of(options: &Options) -> Self {
        Self::choose(options.ui, options.quiet, io::stdout().is_terminal())
    }

    fn choose(ui: bool, quiet: bool, terminal: bool) -> Self {
        match (ui, quiet, terminal) {
            (true, _, true) => Self::Dashboard,
            (_, true, true) => Self::Progress,
            (_, true, false) => Self::Nothing,
            (_, false, _) => Self::Lines,
        }
    }
}

/// The thread that shows something.
#[derive(Debug)]
pub struct Ui {
    close: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Ui {
    /// Shows `face` of the sources. Who looks at it may end the run through `stop`.
    ///
    /// # Errors
    ///
    /// The system's, when it gives no thread, or will not have its terminal drawn on.
    pub fn start(face: Face, sources: Sources, stop: Sender<()>) -> io::Result<Self> {
        let (close, closed) = bounded(1);
        let show: Box<dyn FnOnce() + Send> = match face {
            Face::Dashboard => {
                let screen = terminal::Screen::open()?;
                Box::new(move || watch(dashboard::run(screen, &sources, &stop, &closed)))
            }
            Face::Progress => Box::new(move || progress::run(&sources, &closed)),
            Face::Lines | Face::Nothing => {
                return Ok(Self {
                    close,
                    thread: None,
                });
            }
        };
        let thread = Builder::new().name(terminal::THREAD.into()).spawn(show)?;
        Ok(Self {
            close,
            thread: Some(thread),
        })
    }
}

/// Shows nothing more, and leaves the terminal as it was.
impl Drop for Ui {
    fn drop(&mut self) {
        let _ = self.close.try_send(());
        if let Some(thread) = self.thread.take() {
            // One that panicked has left the terminal on its way.
            let _ = thread.join();
        }
    }
}

fn watch(shown: io::Result<()>) {
    if let Err(error) = shown {
        warn!("ui.lost error={error}");
    }
}

/// Waits until the picture is to be renewed; false when it is to be closed.
fn wait(closed: &Receiver<()>) -> bool {
    closed
        .recv_timeout(RENEW)
        .is_err_and(|why| why.is_timeout())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_there_are_lines_or_nothing() {
        assert_eq!(Face::choose(true, false, true), Face::Dashboard);
        assert_eq!(Face::choose(true, false, false), Face::Lines);
        assert_eq!(Face::choose(false, false, true), Face::Lines);
        assert_eq!(Face::choose(false, true, true), Face::Progress);
        assert_eq!(Face::choose(true, true, false), Face::Nothing);
    }
}
