//! Snapshots: how a service asks the recorder to keep what led up to this moment.

use core::fmt;

use ttlog_std::SnapshotSender;

/// A service's way to ask for a snapshot. Without a recorder, as in tests, asking does nothing.
///
/// Asking never blocks. The recorder merges requests that come too close together for one reason,
/// so a service asks whenever it has cause and counts nothing itself.
#[derive(Clone, Default)]
pub struct Snapshots(Option<SnapshotSender>);

impl Snapshots {
    /// Asks the recorder behind `sender`.
    #[must_use]
    pub fn through(sender: SnapshotSender) -> Self {
        Self(Some(sender))
    }

    /// Asks for a snapshot named after `reason`.
    pub fn take(&self, reason: &str) {
        if let Some(sender) = &self.0 {
            // Nobody waits for the file: whether it was written is in the recorder's own counts.
            drop(sender.request_snapshot(reason));
        }
    }
}

impl fmt::Debug for Snapshots {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.is_some();
        out.debug_struct("Snapshots").field("kept", &kept).finish()
    }
}
