//! The settings of the console.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
};

use ttlog_core::Level;

use crate::process_info;

/// A console, which shows events while they are recorded.
/// [`Builder::console`](crate::Builder::console) starts it.
///
/// A thread reads the ring 20 times a second and writes the new events. Threads that log never wait
/// for it.
///
/// # When full
///
/// If events are overwritten before the thread has read them, a line states their number. If the output
/// blocks, events are missed in the same way. If writing fails, the console ends.
///
/// # Examples
///
/// On stderr, from [`Level::Warn`] up:
///
/// ```
/// use ttlog_std::{Console, Level, Trace};
///
/// let builder = Trace::builder().console(Console::stderr().level(Level::Warn));
/// ```
///
/// In a file, as lines of JSON:
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// use std::fs::File;
/// use ttlog_std::{Console, Trace};
///
/// let file = File::create(dir.path().join("events.ndjson"))?;
/// let builder = Trace::builder().console(Console::to(file).json());
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Console {
    pub(crate) out: Box<dyn Write + Send>,
    pub(crate) level: Level,
    pub(crate) color: bool,
    pub(crate) json: bool,
}

impl Console {
    /// Creates a console on standard output. Lines have colours if standard output is a terminal and
    /// `$NO_COLOR` is not set.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{Console, Trace, info};
    ///
    /// let trace = Trace::builder().directory(dir).console(Console::stdout()).build()?;
    /// info!("shown on standard output");
    /// assert_eq!(trace.stats().recorded, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stdout() -> Self {
        Self::terminal(io::stdout())
    }

    /// Creates a console on standard error. Lines have colours if standard error is a terminal and
    /// `$NO_COLOR` is not set.
    #[must_use]
    pub fn stderr() -> Self {
        Self::terminal(io::stderr())
    }

    /// Creates a console that writes to `out`, without colours.
    ///
    /// # Examples
    ///
    /// The console shows the remaining events before a shutdown returns:
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs::File, time::Duration};
    /// use ttlog_std::{Console, Trace, warn};
    ///
    /// let path = dir.join("events.log");
    /// let console = Console::to(File::create(&path)?);
    /// let trace = Trace::builder().directory(dir).console(console).build()?;
    /// warn!("stock.low", item = "tea");
    /// trace.shutdown(Duration::from_secs(5))?;
    /// assert!(std::fs::read_to_string(path)?.contains("stock.low"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self {
            out: Box::new(out),
            level: Level::Info,
            color: false,
            json: false,
        }
    }

    /// Creates a console with colours if `out` is a terminal and `NO_COLOR` is not set.
    fn terminal(out: impl Write + IsTerminal + Send + 'static) -> Self {
        let color = out.is_terminal() && process_info::variable("NO_COLOR").is_none();
        Self::to(out).color(color)
    }

    /// Sets the lowest level that is shown. Default: [`Level::Info`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs::{self, File}, time::Duration};
    /// use ttlog_std::{Console, Level, Trace, info, warn};
    ///
    /// let path = dir.join("events.log");
    /// let console = Console::to(File::create(&path)?).level(Level::Warn);
    /// let trace = Trace::builder().directory(dir).console(console).build()?;
    /// info!("recorded only");
    /// warn!("recorded and shown");
    /// trace.shutdown(Duration::from_secs(5))?;
    /// assert_eq!(fs::read_to_string(path)?.lines().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Sets whether lines of text have colours. Lines of JSON never have colours.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs::{self, File}, time::Duration};
    /// use ttlog_std::{Console, Trace, info};
    ///
    /// let path = dir.join("events.log");
    /// let console = Console::to(File::create(&path)?).color(true);
    /// let trace = Trace::builder().directory(dir).console(console).build()?;
    /// info!("order.place");
    /// trace.shutdown(Duration::from_secs(5))?;
    /// assert!(fs::read_to_string(path)?.contains("\x1b[32mINFO"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn color(mut self, color: bool) -> Self {
        self.color = color;
        self
    }

    /// Writes lines of JSON instead of text: an object for each event, with the keys that `dump` prints.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::{fs::{self, File}, time::Duration};
    /// use ttlog_std::{Console, Event, Trace, info};
    ///
    /// let path = dir.join("events.log");
    /// let console = Console::to(File::create(&path)?).json();
    /// let trace = Trace::builder().directory(dir).console(console).build()?;
    /// info!("order.place");
    /// trace.shutdown(Duration::from_secs(5))?;
    /// let event: Event = serde_json::from_str(&fs::read_to_string(path)?)?;
    /// assert_eq!(event.message, "order.place");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn json(mut self) -> Self {
        self.json = true;
        self
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("level", &self.level)
            .field("color", &self.color)
            .field("json", &self.json)
            .finish_non_exhaustive()
    }
}
