//! The builder of a recorder.

use std::{path::PathBuf, time::Duration};

use crate::{capacity::Capacity, console::Console, retention::Retention};

/// Sets up a recorder. [`Trace::builder`](crate::Trace::builder) creates it, and
/// [`build`](Self::build) starts the recorder.
///
/// Every setting has a default, so `Trace::builder().build()` starts a recorder too.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use ttlog_std::{Trace, info};
///
/// let trace = Trace::builder()
///     .service("shop")
///     .events(10_000)
///     .directory(dir)
///     .build()?;
/// info!("recorded");
/// assert_eq!(trace.stats().kept, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    pub(crate) capacity: Capacity,
    /// Maximum number of requests in the queue.
    pub(crate) queue: usize,
    pub(crate) service: Option<String>,
    pub(crate) build_id: Option<String>,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) fallback_directory: Option<PathBuf>,
    pub(crate) filter: Option<String>,
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

/// # Capacity
///
/// The ring is one allocation of a fixed size. When it is full, the oldest events are overwritten and
/// counted.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use ttlog_std::{Trace, info};
///
/// let trace = Trace::builder().directory(dir).bytes(64 << 10).build()?;
/// for number in 0..100_000 {
///     info!(number, "the ring holds some thousands of these events");
/// }
/// let stats = trace.stats();
/// assert!(stats.overwritten > 0);
/// assert_eq!(stats.kept + stats.overwritten, 100_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Builder {
    /// Sets the capacity in events. The ring keeps at least the last `events` events if they have 128
    /// bytes or less on average. Snapshots and views show at most the last `events` events. Default:
    /// 50,000.
    ///
    /// # When full
    ///
    /// The oldest events are overwritten, a page of events at a time.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{Trace, info};
    ///
    /// let trace = Trace::builder().directory(dir).events(100).build()?;
    /// for number in 0..1_000 {
    ///     info!(number, "counted");
    /// }
    /// assert_eq!(trace.get_buffer().events().len(), 100);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(mut self, events: usize) -> Self {
        self.capacity = Capacity::Events(events);
        self
    }

    /// Sets the capacity in bytes of memory, instead of [`events`](Self::events). Snapshots and views
    /// show all events in the ring.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.capacity = Capacity::Bytes(bytes);
        self
    }
}

/// # Events
///
/// Records `debug` and higher levels, apart from a noisy library, and shows warnings on stderr:
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use ttlog_std::{Console, Level, Trace, debug, trace};
///
/// let recorder = Trace::builder()
///     .directory(dir)
///     .filter("debug,sqlx=warn")
///     .console(Console::stderr().level(Level::Warn))
///     .build()?;
/// trace!("not recorded");
/// debug!("recorded, but not shown");
/// assert_eq!(recorder.stats().recorded, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Builder {
    /// Sets the filter, which states the events that are recorded: `info,shop::order=debug` for example.
    /// [`set_filter`](crate::set_filter), which describes the directives, changes it later. Default:
    /// `$TTLOG_FILTER`, or all events if that is not set.
    ///
    /// A wrong directive is named on stderr at the start, and the valid ones are used.
    pub fn filter(mut self, directives: impl Into<String>) -> Self {
        self.filter = Some(directives.into());
        self
    }

    /// Shows events while they are recorded. Default: none are shown.
    pub fn console(mut self, console: Console) -> Self {
        self.console = Some(console);
        self
    }
}

/// # Identity
///
/// Each snapshot and each event states the service. A snapshot also states the build:
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use ttlog_std::{Trace, info};
///
/// let trace = Trace::builder()
///     .directory(dir)
///     .service("shop")
///     .build_id("v1.4.2-17-g0f3c2aa")
///     .build()?;
/// info!("order.place");
/// let event = trace.get_buffer().events().remove(0);
/// assert_eq!(event.service.as_deref(), Some("shop"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Builder {
    /// Sets the service's name. A name of more than 100 bytes is cut. Default: `$OTEL_SERVICE_NAME`, or
    /// the program's file name if that is not set.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.service = Some(name.into());
        self
    }

    /// Sets the name of this build of the program, a commit for example. A name of more than 100 bytes is
    /// cut. Default: empty.
    pub fn build_id(mut self, id: impl Into<String>) -> Self {
        self.build_id = Some(id.into());
        self
    }
}

/// # Files
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let (missing, dir) = (dir.path().join("missing"), dir.path());
/// use ttlog_std::{Retention, Trace};
///
/// let trace = Trace::builder()
///     .directory(missing)
///     .fallback_directory(dir)
///     .retention(Retention::default().count(20))
///     .build()?;
/// let path = trace.request_snapshot("checkout").wait()?;
/// assert!(path.starts_with(dir));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Builder {
    /// Sets the directory of the snapshots. It must exist, and must not be a link. Default:
    /// `$TTLOG_DIR`, or `/tmp` if that is not set.
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directory = Some(path.into());
        self
    }

    /// Sets the directory of the snapshots that could not be written to
    /// [`directory`](Self::directory). Default: none.
    pub fn fallback_directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.fallback_directory = Some(path.into());
        self
    }

    /// Sets the limits of the service's snapshots in the directory. Default: the newest 100, up to
    /// 256 MiB.
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }
}

/// # Limits
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use std::time::Duration;
/// use ttlog_std::Trace;
///
/// let trace = Trace::builder()
///     .directory(dir)
///     .queue(64)
///     .cool_down(Duration::from_secs(60))
///     .shutdown_limit(Duration::from_secs(2))
///     .build()?;
/// let first = trace.request_snapshot("checkout").wait()?;
/// let second = trace.request_snapshot("checkout"); // within the cool-down
/// assert!(second.is_merged());
/// assert_eq!(second.wait()?, first);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Builder {
    /// Sets the maximum number of requests in the queue, and of delayed requests. Default: 1,024.
    ///
    /// # When full
    ///
    /// Requests fail with [`SnapshotError::QueueFull`](crate::SnapshotError::QueueFull).
    pub fn queue(mut self, requests: usize) -> Self {
        self.queue = requests;
        self
    }

    /// Sets the time after a snapshot during which its reason gets no other snapshot. Requests with this
    /// reason are merged and counted meanwhile. For panics see [`PanicHook`](crate::PanicHook). Default:
    /// one second.
    pub fn cool_down(mut self, time: Duration) -> Self {
        self.cool_down = time;
        self
    }

    /// Sets the maximum time that dropping the last [`Trace`](crate::Trace) takes. Default: five seconds.
    pub fn shutdown_limit(mut self, limit: Duration) -> Self {
        self.shutdown_limit = limit;
        self
    }
}
