//! Requests for snapshots.

use std::time::Duration;

use crate::{current, debts::RequestTime, error::SnapshotError, ticket::Ticket};

/// Requests snapshots of the recorder that is running when it is used. A sender does not keep the
/// recorder running. After the recorder was replaced, the sender uses the new one.
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
pub struct SnapshotSender(pub(crate) ());

impl SnapshotSender {
    /// Requests a snapshot. The file's name contains the first 64 characters of `reason`, with `_` for
    /// each character other than `A-Z a-z 0-9 . _ -`.
    ///
    /// Never blocks. What the ring holds now is kept until the file is written. If a request with the same
    /// reason waits, this request is merged into that one. If a file with this reason was written within
    /// the cool-down, the request waits until its end. The file covers each request: its moment is not
    /// earlier than theirs.
    ///
    /// # Cost
    ///
    /// One lock for a table of reasons, a few small allocations, and waking the writer thread.
    ///
    /// # When full
    ///
    /// If the queue is full, the ticket's result is [`SnapshotError::QueueFull`], and a line on stderr states
    /// it, at most once a minute. The same holds for a request after the end of the recorder, with
    /// [`SnapshotError::ShutDown`], if the program does not read the result.
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
        request(reason.as_ref(), RequestTime::Now)
    }

    /// Requests a snapshot after a delay, so that it also holds events after the request. Otherwise
    /// equal to [`request_snapshot`](Self::request_snapshot). A shutdown ends the delay.
    ///
    /// Keeps the events before the request too. If a quarter of the ring is recorded during the delay, a
    /// first file is written of what preceded the request. The ticket is that of the last file, whose
    /// [`Receipt`](crate::Receipt) states what it covers. A reader of both files shows each event once.
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
        request(reason.as_ref(), RequestTime::After(delay))
    }
}

fn request(reason: &str, time: RequestTime) -> Ticket {
    match current::get() {
        Some(instance) => instance.request(reason, time),
        None => Ticket::failed(SnapshotError::ShutDown),
    }
}
