//! The errors of starting a recorder, of installing signal handlers, and of taking a snapshot.

use std::{collections::TryReserveError, error::Error, fmt, io, path::PathBuf, sync::Arc};

/// The error of starting a recorder. [`Builder::build`](crate::Builder::build) returns it.
///
/// # Examples
///
/// ```
/// use ttlog_std::{BuildError, Trace};
///
/// let error = Trace::builder().queue(0).build().unwrap_err();
/// assert!(matches!(error, BuildError::OutOfRange { .. }));
/// assert_eq!(error.to_string(), "queue length 0 is out of range: 1 to 65536");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A recorder is running in this process. All threads of a process record into one ring.
    AlreadyRunning,
    /// A number is out of range.
    OutOfRange {
        /// The name of the number.
        setting: &'static str,
        /// The number.
        value: usize,
        /// The minimum.
        min: usize,
        /// The maximum.
        max: usize,
    },
    /// The memory for the ring is not available.
    Memory {
        /// Number of bytes.
        bytes: usize,
        /// The allocator's error.
        error: TryReserveError,
    },
    /// A thread could not be started.
    Thread {
        /// The name of the thread.
        name: &'static str,
        /// The system's error.
        error: io::Error,
    },
    /// The process has a lane of another library.
    OtherLane,
    /// The handler of a signal could not be installed.
    Signals(SignalHookError),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRunning => f.write_str(
                "a recorder is running in this process already: use its handle, or drop all its \
                 handles first",
            ),
            Self::OutOfRange {
                setting,
                value,
                min,
                max,
            } => write!(f, "{setting} {value} is out of range: {min} to {max}"),
            Self::Memory { bytes, .. } => write!(
                f,
                "{bytes} bytes of memory for the ring are not available: ask for a smaller capacity"
            ),
            Self::Thread { name, .. } => write!(f, "the thread {name} could not be started"),
            Self::OtherLane => f.write_str(
                "a lane of another library is installed: install one lane only, at the program's \
                 start",
            ),
            Self::Signals(_) => f.write_str("signals of the process cannot be handled"),
        }
    }
}

impl From<SignalHookError> for BuildError {
    fn from(error: SignalHookError) -> Self {
        Self::Signals(error)
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Memory { error, .. } => Some(error),
            Self::Thread { error, .. } => Some(error),
            Self::Signals(error) => Some(error),
            _ => None,
        }
    }
}

/// The error of installing the handler of a signal.
///
/// # Examples
///
/// ```
/// use ttlog_std::SignalHookError;
///
/// assert_eq!(
///     SignalHookError::Unsupported.to_string(),
///     "crash signals are handled only on Linux, on x86-64 and AArch64",
/// );
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum SignalHookError {
    /// This system or processor is not supported.
    Unsupported,
    /// The system refuses memory or the handler.
    System(io::Error),
}

impl fmt::Display for SignalHookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported => {
                f.write_str("crash signals are handled only on Linux, on x86-64 and AArch64")
            }
            Self::System(_) => f.write_str("the handler of a signal could not be installed"),
        }
    }
}

impl Error for SignalHookError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unsupported => None,
            Self::System(error) => Some(error),
        }
    }
}

/// The error of a snapshot that was not written. [`Ticket::wait`](crate::Ticket::wait) returns it.
/// A clone shares the system's error, because each merged request gets the result.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let missing = dir.path().join("missing");
/// use ttlog_std::{SnapshotError, Trace};
///
/// let trace = Trace::builder().directory(missing).build()?;
/// let error = trace.request_snapshot("checkout").wait().unwrap_err();
/// assert!(matches!(error, SnapshotError::File { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The queue of requests is full: the writer thread does not keep up.
    QueueFull,
    /// The recorder has ended, by its shutdown or because the process ends.
    ShutDown,
    /// The writer thread has panicked.
    WriterPanicked,
    /// The time limit has passed.
    TimedOut,
    /// The file could not be written. If a part of it stays on a full disk, the system's error states its
    /// path.
    File {
        /// The directory of the file.
        path: PathBuf,
        /// The system's error.
        error: Arc<io::Error>,
    },
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QueueFull => f.write_str(
                "the queue of snapshot requests is full: make fewer requests, or a longer queue",
            ),
            Self::ShutDown => f.write_str(
                "the recorder has ended, by a shutdown or the end of the process: request snapshots \
                 before it, and register `atexit` handlers after the recorder has started",
            ),
            Self::WriterPanicked => f.write_str("the thread that writes snapshots has panicked"),
            Self::TimedOut => f.write_str("the snapshot was not written within the time limit"),
            Self::File { path, .. } => {
                let path = path.display();
                write!(
                    f,
                    "no snapshot could be written to the directory {path} (given by \
                     `Builder::directory` or $TTLOG_DIR)"
                )
            }
        }
    }
}

impl Error for SnapshotError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// Returns the text of an error and of its sources.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}
