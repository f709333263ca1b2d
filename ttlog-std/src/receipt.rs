//! The receipt of a snapshot: the file, and what it covers.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

/// A snapshot that was written, and the range of time that its file covers.
/// [`Ticket::receipt`](crate::Ticket::receipt) returns it.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use ttlog_std::{Trace, error};
///
/// let trace = Trace::builder().directory(dir).build()?;
/// error!("payment.charge fail");
/// let receipt = trace.request_snapshot("payment_failed").receipt()?;
/// assert_eq!(receipt.events(), 1);
/// assert!(receipt.complete_since().is_none()); // nothing was lost
/// assert!(receipt.path().exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Receipt {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) events: u64,
    pub(crate) complete_since: Option<SystemTime>,
    pub(crate) moment: Option<SystemTime>,
}

impl Receipt {
    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the number of bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the number of events that a reader of the file shows.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Returns the time since which the file holds every event, up to its [`moment`](Self::moment).
    /// Returns `None` if nothing was overwritten since the recorder started.
    #[must_use]
    pub fn complete_since(&self) -> Option<SystemTime> {
        self.complete_since
    }

    /// Returns the moment of the snapshot: the time of the newest request that it covers. Returns
    /// `None` if the clock of the run does not tell.
    #[must_use]
    pub fn moment(&self) -> Option<SystemTime> {
        self.moment
    }
}
