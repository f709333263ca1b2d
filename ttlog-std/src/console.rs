//! Shows events as they come: a thread that follows the ring.

mod line;

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use ttlog_core::{Level, decode::TimeBase};

use self::line::Line;
use crate::{recorder::Recorder, tail::Tail};

/// How often the thread looks.
const INTERVAL: Duration = Duration::from_millis(50);

/// How lines look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Format {
    Text { color: bool },
    Json,
}

/// Where and how events are shown as they come. It reads the ring a few times a second, so it
/// costs whoever logs nothing; what is overwritten in between is counted and said.
pub struct Console {
    out: Box<dyn Write + Send>,
    level: Level,
    format: Format,
}

impl Console {
    /// To standard output, in colour where that is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn stdout() -> Self {
        Self::to(io::stdout()).color(io::stdout().is_terminal() && colors_wanted())
    }

    /// To standard error, in colour where that is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn stderr() -> Self {
        Self::to(io::stderr()).color(io::stderr().is_terminal() && colors_wanted())
    }

    /// To anything, without colour.
    #[must_use]
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Box::new(out),
            level: Level::Info,
            format: Format::Text { color: false },
        }
    }

    /// Shows events from this level on; INFO where nothing is said.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// Shows lines of text, in colour or not.
    #[must_use]
    pub fn color(self, color: bool) -> Self {
        Self {
            format: Format::Text { color },
            ..self
        }
    }

    /// Shows a JSON object for each event, with the keys that `dump` prints.
    #[must_use]
    pub fn json(self) -> Self {
        Self {
            format: Format::Json,
            ..self
        }
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("level", &self.level)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

fn colors_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The thread.
#[derive(Debug)]
pub(crate) struct ConsoleThread {
    thread: JoinHandle<()>,
    stop: Sender<()>,
    /// Disconnected when the thread has ended.
    ended: Receiver<()>,
}

impl ConsoleThread {
    pub(crate) fn start(
        console: Console,
        recorder: &'static Recorder,
        service: &str,
    ) -> io::Result<Self> {
        let (stop, stopped) = crossbeam_channel::bounded::<()>(0);
        let (ending, ended) = crossbeam_channel::bounded::<()>(0);
        let service = service.to_owned();
        let thread = thread::Builder::new()
            .name("ttlog-console".to_owned())
            .spawn(move || {
                let _ending = ending;
                follow(console, recorder, &service, &stopped);
            })?;
        Ok(Self {
            thread,
            stop,
            ended,
        })
    }

    /// Shows what is left and ends the thread; leaves it alone where it is not done by `end`.
    pub(crate) fn stop(self, end: Instant) {
        drop(self.stop);
        if let Err(RecvTimeoutError::Disconnected) = self.ended.recv_deadline(end) {
            // It ended by a panic or in order; there is nothing to be done about the one, or to
            // learn from the other.
            let _ = self.thread.join();
        }
    }
}

/// Runs until it is stopped or its output is closed.
fn follow(
    mut console: Console,
    recorder: &'static Recorder,
    service: &str,
    stopped: &Receiver<()>,
) {
    let mut tail = Tail::new(recorder);
    loop {
        let last = stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Disconnected);
        let time = TimeBase::from_anchors(recorder.anchors());
        let mut lines = Vec::new();
        let line = Line {
            format: console.format,
            time,
            service,
        };
        let missed = tail.poll(console.level, |event, open_ticks| {
            line.write(event, open_ticks, &mut lines);
        });
        if missed > 0 {
            line.write_missed(missed, &mut lines);
        }
        let shown = console
            .out
            .write_all(&lines)
            .and_then(|()| console.out.flush());
        if last || shown.is_err() {
            return;
        }
    }
}
