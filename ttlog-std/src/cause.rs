//! Why and when a snapshot is taken.

use ttlog_core::snapshot::SnapshotKind;

use crate::{reason::Reason, recorder::RingHold};

/// The cause and the moment of a snapshot.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotCause {
    pub(crate) kind: SnapshotKind,
    pub(crate) reason: Reason,
    /// Number of requests that the snapshot covers besides the first.
    pub(crate) merged: u32,
    /// The moment up to which the snapshot shows events.
    pub(crate) moment_ticks: u64,
    /// Keeps what the ring held at the moment.
    pub(crate) hold: Option<RingHold>,
}
