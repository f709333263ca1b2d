//! What can be set when the recorder is started.

use std::{env, path::PathBuf, time::Duration};

use ttlog_core::{Geometry, ring::GeometryError};

use crate::{
    console::Console, error::BuildError, identity::Identity, retention::Retention, trace::Trace,
};

/// Bytes that an event is given room for.
const EVENT_BYTES: usize = 128;
/// Words of a page: 16 KiB, some hundreds of events.
const PAGE_WORDS: usize = 4096;
/// The smallest page of a small ring.
const PAGE_MIN_WORDS: usize = 512;
/// Pages beyond the capacity, for threads that own one and write little.
const SPARE_PAGES: usize = 64;

#[derive(Clone, Copy, Debug)]
enum Capacity {
    Events(usize),
    Bytes(usize),
}

/// Sets up a recorder; made by [`Trace::builder`].
#[derive(Debug)]
#[must_use]
pub struct Builder {
    capacity: Capacity,
    pub(crate) queue: usize,
    service: Option<String>,
    build_id: Option<String>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) fallback_directory: Option<PathBuf>,
    filter: Option<String>,
    pub(crate) retention: Retention,
    pub(crate) cool_down: Duration,
    pub(crate) shutdown_limit: Duration,
    pub(crate) console: Option<Console>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            capacity: Capacity::Events(50_000),
            queue: 1024,
            service: None,
            build_id: None,
            directory: None,
            fallback_directory: None,
            filter: None,
            retention: Retention::default(),
            cool_down: Duration::from_secs(1),
            shutdown_limit: Duration::from_secs(5),
            console: None,
        }
    }
}

impl Builder {
    /// How many events are kept: at least the last so many, as long as they have 128 bytes or less
    /// on average; a snapshot or a view shows at most so many. 50,000 where nothing is said.
    pub fn events(self, events: usize) -> Self {
        Self {
            capacity: Capacity::Events(events),
            ..self
        }
    }

    /// How many bytes of memory the ring has, instead of a number of events; then a snapshot shows
    /// all that is in it.
    pub fn bytes(self, bytes: usize) -> Self {
        Self {
            capacity: Capacity::Bytes(bytes),
            ..self
        }
    }

    /// How many requests for snapshots may be queued; 1,024 where nothing is said.
    pub fn queue(self, requests: usize) -> Self {
        Self {
            queue: requests,
            ..self
        }
    }

    /// The service's name, of which 100 bytes are kept; `OTEL_SERVICE_NAME`, else the program's
    /// name, where nothing is said.
    pub fn service(self, name: impl Into<String>) -> Self {
        Self {
            service: Some(name.into()),
            ..self
        }
    }

    /// What names this build of the program, a commit for example.
    pub fn build_id(self, id: impl Into<String>) -> Self {
        Self {
            build_id: Some(id.into()),
            ..self
        }
    }

    /// Where snapshots go. It must be there and be no link; `TTLOG_DIR`, else `/tmp`, where
    /// nothing is said.
    pub fn directory(self, path: impl Into<PathBuf>) -> Self {
        Self {
            directory: Some(path.into()),
            ..self
        }
    }

    /// Where snapshots go that could not be written to the directory.
    pub fn fallback_directory(self, path: impl Into<PathBuf>) -> Self {
        Self {
            fallback_directory: Some(path.into()),
            ..self
        }
    }

    /// Which events are recorded, `info,shop::order=debug` for example; `TTLOG_FILTER`, else all,
    /// where nothing is said. [`set_filter`](crate::set_filter) changes it at run time.
    pub fn filter(self, directives: impl Into<String>) -> Self {
        Self {
            filter: Some(directives.into()),
            ..self
        }
    }

    /// How many of the service's snapshots are left in the directory.
    pub fn retention(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// For how long a reason gets no second snapshot; its requests are counted meanwhile. One
    /// second where nothing is said. [`PanicHook`](crate::PanicHook) tells what it is for panics.
    pub fn cool_down(self, time: Duration) -> Self {
        Self {
            cool_down: time,
            ..self
        }
    }

    /// How long dropping the recorder may take; five seconds where nothing is said.
    pub fn shutdown_limit(self, limit: Duration) -> Self {
        Self {
            shutdown_limit: limit,
            ..self
        }
    }

    /// Shows events as they come.
    pub fn console(self, console: Console) -> Self {
        Self {
            console: Some(console),
            ..self
        }
    }

    /// Starts the recorder.
    ///
    /// # Errors
    ///
    /// [`BuildError`]; a directory that cannot be written to is an error of each snapshot, not of
    /// the start, because it may come to be.
    pub fn build(self) -> Result<Trace, BuildError> {
        Trace::start(self, false)
    }

    /// As [`build`](Self::build), but answers the recorder that is running, if one is.
    pub(crate) fn build_or_join(self) -> Result<Trace, BuildError> {
        Trace::start(self, true)
    }

    /// Words of memory, how they are divided, and the most events that are shown (0: all).
    pub(crate) fn geometry(&self) -> Result<(usize, Geometry, u64), BuildError> {
        let too_small = BuildError::Geometry(GeometryError::TooSmall { words: 0 });
        match self.capacity {
            Capacity::Events(0) | Capacity::Bytes(0) => Err(BuildError::NoCapacity),
            Capacity::Events(events) => {
                let bytes = events.checked_mul(EVENT_BYTES).ok_or(too_small)?;
                let page_words = (bytes / 4 / 16).clamp(PAGE_MIN_WORDS, PAGE_WORDS);
                let geometry = Geometry { page_words };
                // An event that does not fit the end of a page wastes half of its length or so.
                let page_bytes = geometry.payload_bytes() - EVENT_BYTES;
                let pages = bytes.div_ceil(page_bytes) + SPARE_PAGES;
                Ok((geometry.memory_words(pages), geometry, events as u64))
            }
            Capacity::Bytes(bytes) => {
                let page_words = (bytes / 4 / 16).clamp(PAGE_MIN_WORDS, PAGE_WORDS);
                Ok((bytes / 4, Geometry { page_words }, 0))
            }
        }
    }

    pub(crate) fn filter_text(&self) -> Option<String> {
        self.filter
            .clone()
            .or_else(|| env::var("TTLOG_FILTER").ok())
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::new(self.service.clone(), self.build_id.clone())
    }
}
