//! The start of a recorder.

use std::sync::Arc;

use ttlog_core::lane;

use crate::{
    builder::Builder,
    current,
    error::{self, BuildError},
    exit_hook,
    instance::Instance,
    panic_hook, signal_hook, signal_requests, start_filter, thread_lane,
    trace::Trace,
};

/// Maximum length of the queue of requests.
const QUEUE_MAX: usize = 65_536;

impl Builder {
    /// Starts the recorder.
    ///
    /// # Errors
    ///
    /// - [`BuildError::AlreadyRunning`] if this process has a recorder.
    /// - [`BuildError::OutOfRange`] if the capacity or the queue length is out of range.
    /// - [`BuildError::Memory`] if the memory for the ring is not available.
    /// - [`BuildError::Thread`] if a thread could not be started.
    /// - [`BuildError::OtherLane`] if the process has a lane of another library.
    /// - [`BuildError::Signals`] if the handler of a signal could not be installed.
    ///
    /// A missing directory is not an error of the start, because it may be created later. Each snapshot
    /// fails until then.
    ///
    /// A wrong directive of the filter is not an error of the start either. One line on stderr names it,
    /// and the valid directives are used. If none is valid, all events are recorded.
    ///
    /// # Cost
    ///
    /// One write to each word of the ring. The first recorder of a process also measures the rate of
    /// the clock, which takes up to 200 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{BuildError, Trace};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let second = Trace::builder().build();
    /// assert!(matches!(second, Err(BuildError::AlreadyRunning)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn build(self) -> Result<Trace, BuildError> {
        match current::start_unless_running(|| self.start())? {
            (handle, true) => Ok(Trace::new(handle)),
            (_, false) => Err(BuildError::AlreadyRunning),
        }
    }

    fn start(self) -> Result<Arc<Instance>, BuildError> {
        let Self {
            settings,
            filter,
            console,
        } = self;
        if !(1..=QUEUE_MAX).contains(&settings.queue) {
            return Err(BuildError::OutOfRange {
                setting: "queue length",
                value: settings.queue,
                min: 1,
                max: QUEUE_MAX,
            });
        }
        settings.capacity.layout()?;
        start_filter::set(filter.as_deref());
        let lane = thread_lane::get();
        if lane::install(lane).is_err() && !lane::is_installed(lane) {
            return Err(BuildError::OtherLane);
        }
        exit_hook::install();
        if settings.crash_signals {
            signal_hook::install()?;
        }
        signal_requests::serve(&settings.snapshot_signals)?;
        let instance = Instance::start(settings, console)?;
        panic_hook::prepare(&instance);
        signal_hook::prepare(&instance);
        Ok(instance)
    }
}

impl Trace {
    /// Returns a builder with the default settings. See [`Builder`] for examples.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().service("shop").directory(dir).build()?;
    /// assert_eq!(trace.stats().recorded, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts a recorder of the last `events` events, with a queue of `requests` requests. If this
    /// process has a recorder already, returns another handle of it and ignores both numbers.
    ///
    /// [`Trace::builder`] has all other settings.
    ///
    /// # Panics
    ///
    /// Panics if [`Builder::build`] would return an error, apart from [`BuildError::AlreadyRunning`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # // The example leaves nothing in /tmp.
    /// # let _running = ttlog_std::Trace::builder().directory(dir.path()).build()?;
    /// use ttlog_std::{Trace, info};
    ///
    /// let trace = Trace::init(50_000, 1_024);
    /// info!("order.place");
    /// let again = Trace::init(1, 1); // another handle of the same recorder
    /// assert_eq!(again.stats().recorded, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn init(events: usize, requests: usize) -> Self {
        let builder = Self::builder().events(events).queue(requests);
        match current::start_unless_running(|| builder.start()) {
            Ok((handle, _)) => Self::new(handle),
            Err(error) => panic!("ttlog could not be started: {}", error::chain(&error)),
        }
    }
}
