//! What can go wrong.

use std::{error::Error, fmt, io, path::PathBuf, sync::Arc};

use ttlog_core::{FilterError, ring::GeometryError};

/// Why a recorder could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A recorder is running in this process. There is one ring for all its threads.
    AlreadyRunning,
    /// The capacity is 0.
    NoCapacity,
    /// The queue of requests has no room for any.
    NoQueue,
    /// The memory asked for cannot be made a ring.
    Geometry(GeometryError),
    /// The filter is not understood.
    Filter(FilterError),
    /// A thread could not be started.
    Thread(io::Error),
    /// The process has a lane that is not this library's.
    OtherLane,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyRunning => f.write_str(
                "a recorder is running in this process already: use it, or shut it down first",
            ),
            Self::NoCapacity => {
                f.write_str("a recorder for 0 events: give a capacity of at least 1")
            }
            Self::NoQueue => f.write_str("a queue for 0 requests: give room for at least 1"),
            Self::Geometry(error) => error.fmt(f),
            Self::Filter(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "the writer thread could not be started: {error}"),
            Self::OtherLane => f.write_str(
                "a lane other than ttlog-std's is installed: install one only, where the program \
                 starts",
            ),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Geometry(error) => Some(error),
            Self::Filter(error) => Some(error),
            Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a snapshot was not written. Cheap to clone, because everyone whose request was merged gets
/// it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The queue is full: the writer thread does not keep up.
    QueueFull,
    /// The writer thread has ended, because the recorder was shut down.
    ShutDown,
    /// The writer thread did not answer within the time that was given.
    TimedOut,
    /// A file could not be written.
    File {
        /// Which one, or its directory.
        path: PathBuf,
        /// Why.
        error: Arc<io::Error>,
    },
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QueueFull => f.write_str(
                "the queue of snapshot requests is full: ask less often, or give it more room",
            ),
            Self::ShutDown => f.write_str("the recorder has been shut down"),
            Self::TimedOut => f.write_str("the snapshot was not written in time"),
            Self::File { path, error } => {
                write!(
                    f,
                    "no snapshot could be written to {}: {error}",
                    path.display()
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
