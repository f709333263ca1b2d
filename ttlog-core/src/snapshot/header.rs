//! The header block: who wrote the snapshot, when and why.

use serde::{Deserialize, Serialize};

use super::packer::{Pack, Packer};
use crate::ring::Ring;

/// The same moment on the ring's clock, on a clock that never steps, and on the wall.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Anchor {
    /// Ticks of the ring's clock.
    pub ticks: u64,
    /// Nanoseconds of a monotonic clock with any start.
    pub monotonic_ns: u64,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub unix_ns: u64,
}

/// The content of the header block, in postcard's encoding.
///
/// New fields are added behind the last one, and a reader takes what it knows.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SnapshotHeader<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The machine's name; empty where there is none.
    pub host: &'a str,
    /// The process; 0 where there is none.
    pub pid: u32,
    /// Why the snapshot was taken.
    pub reason: &'a str,
    /// How many further requests with this reason the snapshot answers.
    pub merged: u32,
    /// The target that wrote it, `x86_64-linux` for example.
    pub target: &'a str,
    /// Names the program's build; empty where it is not known.
    pub build_id: &'a str,
    /// Ticks of the ring's clock in a second; 0 where only the anchors tell.
    pub clock_hz: u64,
    /// When the ring was made, on its clock.
    pub start_ticks: u64,
    /// When the snapshot was taken, on the ring's clock. Events with a later time came while it
    /// was being written, and are not of it.
    pub taken_ticks: u64,
    /// Anchors in the order of time, the last one taken with the snapshot. Both all zero where
    /// there is no wall clock.
    pub anchors: [Anchor; 2],
    /// At most so many events are shown, the newest; 0 for all.
    pub events_max: u64,
}

impl SnapshotHeader<'_> {
    /// What a ring says of itself: its clock and when it was made. The snapshot is taken at this
    /// moment of that clock; 0 where it is not known.
    ///
    /// ```
    /// # use ttlog_core::{Ring, SnapshotHeader};
    /// # fn header(ring: &Ring<'_>, now: u64) {
    /// let header = SnapshotHeader { service: "pump", reason: "asked", ..SnapshotHeader::of(ring, now) };
    /// # }
    /// ```
    #[must_use]
    pub fn of(ring: &Ring<'_>, taken_ticks: u64) -> Self {
        Self {
            clock_hz: ring.clock_hz(),
            start_ticks: ring.start_ticks(),
            taken_ticks,
            ..Self::default()
        }
    }
}

impl Pack for SnapshotHeader<'_> {
    fn pack(&self, packer: &mut Packer<'_>) {
        packer
            .put_bytes(self.service.as_bytes())
            .put_bytes(self.host.as_bytes())
            .put_integer(self.pid.into())
            .put_bytes(self.reason.as_bytes())
            .put_integer(self.merged.into())
            .put_bytes(self.target.as_bytes())
            .put_bytes(self.build_id.as_bytes())
            .put_integer(self.clock_hz)
            .put_integer(self.start_ticks)
            .put_integer(self.taken_ticks);
        for anchor in &self.anchors {
            packer
                .put_integer(anchor.ticks)
                .put_integer(anchor.monotonic_ns)
                .put_integer(anchor.unix_ns);
        }
        packer.put_integer(self.events_max);
    }
}
