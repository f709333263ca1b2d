//! The builder of a recorder.

use std::{path::PathBuf, time::Duration};

use crate::{
    budget::BudgetLimits, capacity::Capacity, console::Console, retention::Retention,
    settings::Settings, snapshot_signal::SnapshotSignal,
};

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
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    pub(crate) settings: Settings,
    pub(crate) filter: Option<String>,
    pub(crate) console: Option<Console>,
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
        self.settings.capacity = Capacity::Events(events);
        self
    }

    /// Sets the capacity in bytes of memory, instead of [`events`](Self::events). Snapshots and views
    /// show all events in the ring.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.settings.capacity = Capacity::Bytes(bytes);
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
        self.settings.service = Some(name.into());
        self
    }

    /// Sets the name of this build of the program, a commit for example. A name of more than 100 bytes is
    /// cut. Default: empty.
    pub fn build_id(mut self, id: impl Into<String>) -> Self {
        self.settings.build_id = Some(id.into());
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
    /// Sets the directory of the snapshots. It must exist, and must not be a link. A relative path is
    /// resolved at the start. Default: `$TTLOG_DIR`, or `/tmp` if that is not set.
    ///
    /// # When full
    ///
    /// If the disk is full, older snapshots of the service are removed, the least worth first. See
    /// [`Retention`] for the order. If no directory has room for the whole snapshot, it holds fewer events,
    /// the newest.
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.directory = Some(path.into());
        self
    }

    /// Sets the directory of the snapshots that could not be written to
    /// [`directory`](Self::directory). Default: none.
    pub fn fallback_directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.fallback_directory = Some(path.into());
        self
    }

    /// Sets the limits of the service's snapshots in the directory. Default: 100 snapshots, up to 256 MiB.
    pub fn retention(mut self, retention: Retention) -> Self {
        self.settings.retention = retention;
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
/// assert!(second.result().is_none());
/// drop(trace); // the end of the recorder ends the cool-down
/// assert_ne!(second.wait()?, first);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Builder {
    /// Sets the maximum number of requests that wait for a file. Requests with the same reason that are
    /// merged count once. Default: 1,024.
    ///
    /// # When full
    ///
    /// Requests fail with [`SnapshotError::QueueFull`](crate::SnapshotError::QueueFull). A line on stderr
    /// states this, at most once a minute.
    pub fn queue(mut self, requests: usize) -> Self {
        self.settings.queue = requests;
        self
    }

    /// Sets the time after a snapshot during which its reason gets no other snapshot. Requests with this
    /// reason are merged meanwhile. When the time is over, or the recorder ends, one snapshot covers
    /// them. For panics see [`PanicHook`](crate::PanicHook). Default:
    /// one second.
    pub fn cool_down(mut self, time: Duration) -> Self {
        self.settings.cool_down = time;
        self
    }

    /// Sets the maximum numbers of files and of bytes that requests may write in a minute, over all
    /// reasons. Default: 600 files and 256 MiB.
    ///
    /// The first files of a minute may follow each other at once. Panics are exempt, and reasons without
    /// a file come first.
    ///
    /// # When full
    ///
    /// Requests wait until the next file may be written. That file covers all of them.
    /// [`Trace::flush`](crate::Trace::flush) and the end of the recorder do not wait: they write one file for
    /// all requests, also with limits of 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).files_a_minute(1, 16 << 20).build()?;
    /// trace.request_snapshot("first").wait()?;
    /// let second = trace.request_snapshot("second");
    /// let third = trace.request_snapshot("third");
    /// drop(trace); // the end of the recorder does not wait for the minute
    /// assert_eq!(second.wait()?, third.wait()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn files_a_minute(mut self, files: u32, bytes: u64) -> Self {
        self.settings.budget = BudgetLimits { files, bytes };
        self
    }

    /// Takes a snapshot with this reason when the recorder ends: the last [`Trace`](crate::Trace) is
    /// dropped, `main` returns, or the program calls `exit`. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::fs;
    /// use ttlog_std::{Trace, info};
    ///
    /// let trace = Trace::builder().directory(dir).snapshot_on_exit("exit").build()?;
    /// info!("done");
    /// drop(trace);
    /// let name = fs::read_dir(dir)?.next().expect("a file")?.file_name();
    /// assert!(name.to_string_lossy().ends_with("-exit.bin"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn snapshot_on_exit(mut self, reason: impl Into<String>) -> Self {
        self.settings.exit_reason = Some(reason.into());
        self
    }

    /// Records the backtrace of each panic behind the panic. Default: not recorded. Has no effect without
    /// the feature `backtrace`, which is on by default.
    ///
    /// # Cost
    ///
    /// The panicking thread waits for the names of the frames, at most three seconds. If they take longer,
    /// the backtrace states addresses. The debug information of the program is read into memory.
    pub fn panic_backtrace(mut self, is_recorded: bool) -> Self {
        self.settings.panic_backtrace = is_recorded;
        self
    }

    /// Saves crashes of the program: installs [`SignalHook`](crate::SignalHook) at the start. Default: not
    /// installed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().crash_signals(true).build()?;
    /// std::process::abort(); // leaves ttlog-<pid>-<time>-sigabrt.bin
    /// # #[allow(unreachable_code)]
    /// # Ok::<(), ttlog_std::BuildError>(())
    /// ```
    pub fn crash_signals(mut self, are_saved: bool) -> Self {
        self.settings.crash_signals = are_saved;
        self
    }

    /// Takes a snapshot when the process gets this signal. May be called for several signals. Default: none.
    ///
    /// After SIGUSR1 and SIGUSR2, the program continues. SIGTERM, SIGINT and SIGHUP end the recorder, with all
    /// that is pending, and then the process, by the same signal as without a handler. That takes
    /// [`shutdown_limit`](Self::shutdown_limit) at most.
    ///
    /// A signal that the process ignores at the start stays ignored. If the program had installed a handler
    /// before, that is called too, and decides whether the process ends. A program that installs its handler
    /// later replaces this one, or should request the snapshot in it.
    ///
    /// The handlers stay installed until the process ends. At least one thread of the program must not block the
    /// signal.
    ///
    /// # Cost
    ///
    /// A thread, which sleeps until a signal arrives.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{SnapshotSignal, Trace};
    ///
    /// // `kill -USR1 <pid>` leaves ttlog-<pid>-<time>-sigusr1.bin
    /// let trace = Trace::builder()
    ///     .directory(dir)
    ///     .snapshot_on_signal(SnapshotSignal::User1)
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn snapshot_on_signal(mut self, signal: SnapshotSignal) -> Self {
        self.settings.snapshot_signals.push(signal);
        self
    }

    /// Sets the time without a beat after which a [`Heartbeat`](crate::Heartbeat) is missed. A missed
    /// heartbeat takes a snapshot with the reason `stall_<name>`, and one with the reason
    /// `stall_<name>_over` when it returns. Default: no heartbeat is watched.
    ///
    /// A machine that slept, and a process that was stopped, are not a stall.
    ///
    /// # Cost
    ///
    /// The writer thread wakes four times in this time while there is a heartbeat.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::time::Duration;
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder()
    ///     .directory(dir)
    ///     .stall_after(Duration::from_secs(2))
    ///     .build()?;
    /// let heartbeat = trace.heartbeat("scheduler");
    /// for _job in 0..3 {
    ///     heartbeat.beat();
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stall_after(mut self, limit: Duration) -> Self {
        self.settings.stall_after = Some(limit);
        self
    }

    /// Sets the maximum time that the end of the recorder takes: dropping the last
    /// [`Trace`](crate::Trace), and the end of the process. What could not be written by then is stated
    /// on stderr. Default: five seconds.
    pub fn shutdown_limit(mut self, limit: Duration) -> Self {
        self.settings.shutdown_limit = limit;
        self
    }
}
