//! The wall clock of a run: from ticks of the ring's clock to the time of day.
//!
//! A run's clock is a list of segments. Each one holds from its first tick to the first tick of the
//! next, and is never changed. So an event has the same time in all snapshots of its run. The recorder
//! appends a segment when it has measured the rate more exactly, or when the wall clock was stepped.

use serde::{Deserialize, Serialize};

const NS_PER_SECOND: u64 = 1_000_000_000;

/// A part of a run in which the clock has one rate.
///
/// # Examples
///
/// ```
/// use ttlog_core::ClockSegment;
///
/// // From tick 100 on, at 2 s past the epoch: 3 ticks take 10 ns.
/// let segment = ClockSegment { ticks: 100, unix_ns: 2_000_000_000, rate_ns: 10, rate_ticks: 3 };
/// assert_eq!(segment.unix_ns_at(106), 2_000_000_020);
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ClockSegment {
    /// The first tick of the segment.
    pub ticks: u64,
    /// The time at the first tick, in nanoseconds since 1970-01-01T00:00:00Z.
    pub unix_ns: u64,
    /// The rate: this many nanoseconds…
    pub rate_ns: u64,
    /// …for this many ticks. Not 0.
    pub rate_ticks: u64,
}

impl ClockSegment {
    /// Number of bytes of a segment in a snapshot.
    pub const BYTES: usize = 32;

    /// Returns a segment of a clock with `clock_hz` ticks in a second.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::ClockSegment;
    ///
    /// let segment = ClockSegment::with_hz(100, 2_000_000_000, 1_000);
    /// assert_eq!(segment.unix_ns_at(105), 2_005_000_000); // 5 ms later
    /// assert_eq!(segment.elapsed_ns(5), 5_000_000);
    /// ```
    #[must_use]
    pub const fn with_hz(ticks: u64, unix_ns: u64, clock_hz: u64) -> Self {
        Self {
            ticks,
            unix_ns,
            rate_ns: NS_PER_SECOND,
            rate_ticks: clock_hz,
        }
    }

    /// Returns the time at `ticks`, in nanoseconds since 1970-01-01T00:00:00Z. Quotients are rounded
    /// towards zero.
    #[must_use]
    pub fn unix_ns_at(&self, ticks: u64) -> u64 {
        let since = self.scale(i128::from(ticks) - i128::from(self.ticks));
        let unix = i128::from(self.unix_ns).saturating_add(since);
        unix.clamp(0, u64::MAX.into()) as u64
    }

    /// Returns the nanoseconds of a number of ticks; 0 for a negative number.
    #[must_use]
    pub fn elapsed_ns(&self, ticks: i128) -> u64 {
        self.scale(ticks).clamp(0, u64::MAX.into()) as u64
    }

    fn scale(&self, ticks: i128) -> i128 {
        let rate_ticks = i128::from(self.rate_ticks.max(1));
        // |ticks| < 2^65 and the rate < 2^64 pass 2^127 for untrue input only.
        ticks.saturating_mul(self.rate_ns.into()) / rate_ticks
    }

    /// Returns the segment as it stands in a snapshot.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let numbers = [self.ticks, self.unix_ns, self.rate_ns, self.rate_ticks];
        let mut bytes = [0; Self::BYTES];
        for (to, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
            *to = number.to_le_bytes();
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let mut numbers = bytes.as_chunks().0.iter().copied().map(u64::from_le_bytes);
        let mut number = || numbers.next().unwrap_or_default();
        Self {
            ticks: number(),
            unix_ns: number(),
            rate_ns: number(),
            rate_ticks: number(),
        }
    }
}

/// The segments of a run's clock, in the order of their ticks, as they stand in a snapshot:
/// [`ClockSegment::BYTES`] each.
///
/// # Examples
///
/// ```
/// use ttlog_core::{ClockSegment, ClockSegments};
///
/// // The wall clock was stepped by one second at tick 500.
/// let first = ClockSegment::with_hz(100, 2_000_000_000, 1_000);
/// let second = ClockSegment::with_hz(500, 3_400_000_000, 1_000);
/// let bytes = [first, second].map(ClockSegment::to_bytes).concat();
/// assert!(ClockSegments(&bytes).iter().eq([first, second]));
/// assert!(ClockSegments::default().is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ClockSegments<'a>(pub &'a [u8]);

impl ClockSegments<'_> {
    /// Returns whether there are none: the run has no wall clock.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len() < ClockSegment::BYTES
    }

    /// Returns the segments in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = ClockSegment> {
        self.0.as_chunks().0.iter().map(ClockSegment::from_bytes)
    }
}
