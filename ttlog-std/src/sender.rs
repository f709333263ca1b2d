//! Requests for snapshots.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, TrySendError};

use crate::{
    error::SnapshotError,
    reason::Reason,
    snapshot_store::SnapshotStore,
    ticket::Ticket,
    writer_thread::{SnapshotRequest, WriterMessage},
};

/// Requests snapshots. Clones send to the same writer thread. A sender does not keep the recorder
/// running.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use ttlog_std::{SnapshotSender, Trace, error};
///
/// fn charge(cents: u64, snapshots: &SnapshotSender) {
///     if cents > 100_000 {
///         error!("payment.charge fail", cents);
///         snapshots.request_snapshot("payment_failed");
///     }
/// }
///
/// let trace = Trace::builder().directory(dir).build()?;
/// charge(250_000, &trace.get_sender());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SnapshotSender {
    pub(crate) messages: Sender<WriterMessage>,
    pub(crate) store: Arc<SnapshotStore>,
}

impl SnapshotSender {
    /// Requests a snapshot. The file's name contains the first 64 characters of `reason`, with `_` for
    /// each character other than `A-Z a-z 0-9 . _ -`.
    ///
    /// Never blocks. If a request with the same reason is pending, or was completed within the
    /// cool-down, this request is merged into that one.
    ///
    /// # Cost
    ///
    /// One lock for a table of reasons, a few small allocations, and waking the writer thread.
    ///
    /// # When full
    ///
    /// If the queue is full, the ticket's result is [`SnapshotError::QueueFull`].
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use ttlog_std::Trace;
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// let path = trace.get_sender().request_snapshot("out of stock").wait()?;
    /// assert!(path.to_string_lossy().ends_with("-out_of_stock.bin"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_snapshot(&self, reason: impl AsRef<str>) -> Ticket {
        self.request_snapshot_after(reason, Duration::ZERO)
    }

    /// Requests a snapshot after a delay, so that it also holds events after the request. Otherwise
    /// equal to [`request_snapshot`](Self::request_snapshot). A shutdown ends the delay.
    ///
    /// # Examples
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let dir = dir.path();
    /// use std::time::Duration;
    /// use ttlog_std::{Trace, error, info};
    ///
    /// let trace = Trace::builder().directory(dir).build()?;
    /// error!("stock.reserve fail");
    /// let after = Duration::from_millis(50);
    /// let ticket = trace.get_sender().request_snapshot_after("stock", after);
    /// info!("in the snapshot too");
    /// println!("{}", ticket.wait()?.display());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_snapshot_after(&self, reason: impl AsRef<str>, delay: Duration) -> Ticket {
        let reason = Reason::new(reason.as_ref());
        let now = Instant::now();
        let (ticket, promise) = self.store.admission.admit(&reason, now);
        let Some(promise) = promise else {
            self.store.counts.merged.fetch_add(1, Ordering::Relaxed);
            return ticket;
        };
        // The clock cannot represent a very long delay. 136 years have the same effect.
        let due = now
            .checked_add(delay)
            .unwrap_or(now + Duration::from_secs(u32::MAX.into()));
        let request = SnapshotRequest {
            reason,
            promise,
            due,
        };
        let (message, error) = match self.messages.try_send(WriterMessage::Write(request)) {
            Ok(()) => return ticket,
            Err(TrySendError::Full(message)) => (message, SnapshotError::QueueFull),
            Err(TrySendError::Disconnected(message)) => (message, SnapshotError::ShutDown),
        };
        if let WriterMessage::Write(SnapshotRequest {
            reason, promise, ..
        }) = message
        {
            self.store.refuse(&reason, promise, error);
        }
        ticket
    }
}
