//! The same moment on two clocks.

/// A tick, and the time of day at that tick.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct ClockReading {
    pub(crate) ticks: u64,
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub(crate) unix_ns: u64,
}

/// A rate of the ticks: `ns` nanoseconds for `ticks` ticks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Rate {
    pub(crate) ns: u64,
    /// Not 0.
    pub(crate) ticks: u64,
}

impl Rate {
    /// Returns the nanoseconds of a number of ticks.
    pub(crate) fn to_ns(self, ticks: u64) -> u64 {
        scale(ticks, self.ns, self.ticks)
    }

    /// Returns the ticks of a number of nanoseconds.
    pub(crate) fn to_ticks(self, ns: u64) -> u64 {
        scale(ns, self.ticks, self.ns)
    }
}

fn scale(value: u64, by: u64, of: u64) -> u64 {
    let product = u128::from(value) * u128::from(by);
    u64::try_from(product / u128::from(of.max(1))).unwrap_or(u64::MAX)
}
