//! From ticks to time.

use crate::snapshot::{Anchor, SnapshotHeader};

/// Turns ticks of a ring's clock into nanoseconds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TimeBase {
    anchors: [Anchor; 2],
    clock_hz: u64,
    start_ticks: u64,
}

impl TimeBase {
    /// From a snapshot's header.
    #[must_use]
    pub fn new(header: &SnapshotHeader<'_>) -> Self {
        Self {
            anchors: header.anchors,
            clock_hz: header.clock_hz,
            start_ticks: header.start_ticks,
        }
    }

    /// From two anchors in the order of time.
    #[must_use]
    pub fn from_anchors(anchors: [Anchor; 2]) -> Self {
        Self {
            anchors,
            ..Self::default()
        }
    }

    /// Whether times are of the wall clock; else they count from the making of the ring.
    #[must_use]
    pub fn is_wall(&self) -> bool {
        self.anchors[1].unix_ns != 0
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z, or since the making of the ring where there is no
    /// wall clock.
    ///
    /// The rate is the stated one, or that of the two anchors on the monotonic clock; a step of the
    /// wall clock between them moves no event. The wall's time is that of the last anchor.
    #[must_use]
    pub fn ns(&self, ticks: u64) -> u64 {
        if !self.is_wall() {
            return self.elapsed_ns(i128::from(ticks) - i128::from(self.start_ticks));
        }
        let last = self.anchors[1];
        let since = self.scaled_ns(i128::from(ticks) - i128::from(last.ticks));
        let unix = i128::from(last.unix_ns).saturating_add(since);
        unix.clamp(0, u64::MAX.into()) as u64
    }

    /// Nanoseconds of so many ticks, 0 for a negative number.
    #[must_use]
    pub fn elapsed_ns(&self, ticks: i128) -> u64 {
        self.scaled_ns(ticks).clamp(0, u64::MAX.into()) as u64
    }

    fn scaled_ns(&self, ticks: i128) -> i128 {
        let [first, last] = self.anchors;
        let anchored_ticks = last.ticks.saturating_sub(first.ticks);
        let anchored_ns = last.monotonic_ns.saturating_sub(first.monotonic_ns);
        let (ns, per_ticks) = if self.clock_hz != 0 {
            (1_000_000_000, self.clock_hz)
        } else if anchored_ticks != 0 && anchored_ns != 0 {
            (anchored_ns, anchored_ticks)
        } else {
            (1, 1)
        };
        // |ticks| < 2^65 and ns < 2^64 may pass 2^127 only for input that is not true.
        ticks.saturating_mul(ns.into()) / i128::from(per_ticks)
    }
}
