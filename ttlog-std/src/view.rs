//! The events in the ring while the program runs.

use std::{convert::Infallible, sync::Arc};

use ttlog_reader::Event;

use crate::{ring_follower::RingFollower, snapshot_store::SnapshotStore};

/// A view of the events in the ring. Reading takes no lock, does not delay the threads that log, and
/// removes nothing from the ring.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use ttlog_std::{Level, Trace, error, info};
///
/// let trace = Trace::builder().directory(dir).build()?;
/// let view = trace.get_buffer();
/// info!("auth.login ok");
/// error!("payment.charge fail", cents = 250);
///
/// let mut errors = view.events();
/// errors.retain(|event| event.level >= Level::Error);
/// assert_eq!(errors[0].message, "payment.charge fail");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LiveView {
    pub(crate) store: Arc<SnapshotStore>,
}

impl LiveView {
    /// Returns the events in the ring, oldest first. Never waits. The name and the result type are those
    /// of a mutex, so that a program that reads a locked buffer compiles unchanged. Other programs use
    /// [`events`](Self::events).
    ///
    /// # Errors
    ///
    /// Never returns an error: the error type is [`Infallible`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # // The example leaves nothing in /tmp.
    /// # let _running = ttlog_std::Trace::builder().directory(dir.path()).build().unwrap();
    /// use ttlog_std::{Event, Trace};
    ///
    /// let trace = Trace::init(50_000, 1_024);
    /// let buffer = trace.get_buffer();
    /// let events: Vec<Event> = buffer.lock().unwrap().iter().cloned().collect();
    /// println!("{}", serde_json::to_string(&events).unwrap());
    /// ```
    pub fn lock(&self) -> Result<Vec<Event>, Infallible> {
        Ok(self.events())
    }

    /// Returns the events in the ring, oldest first.
    ///
    /// # Cost
    ///
    /// About a microsecond for each event, mostly for its strings.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::{Trace, info};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// info!("order.place", order_id = 7);
    /// let events = trace.get_buffer().events();
    /// assert_eq!(events[0].message, "order.place");
    /// assert_eq!(trace.get_buffer().events(), events); // reading removes nothing
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let max = match self.store.recorder.events_max() {
            0 => usize::MAX,
            max => usize::try_from(max).unwrap_or(usize::MAX),
        };
        let mut events = Vec::new();
        RingFollower::new(&self.store).poll(max, |event| events.push(event.into()));
        events
    }
}
