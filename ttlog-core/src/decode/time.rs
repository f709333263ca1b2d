//! From ticks to time.

use crate::{
    clock_segment::{ClockSegment, ClockSegments},
    snapshot::SnapshotHeader,
};

/// The rate of a clock whose rate is not known: a tick is a nanosecond.
const UNKNOWN_HZ: u64 = 1_000_000_000;

/// Converts ticks of a run's clock to nanoseconds.
///
/// # Examples
///
/// ```
/// use ttlog_core::{ClockSegment, ClockSegments, SnapshotHeader, decode::TimeBase};
///
/// // Tick 100 is at 5 s past the epoch, and a tick takes 1 ms.
/// let segments = ClockSegment::with_hz(100, 5_000_000_000, 1_000).to_bytes();
/// let header = SnapshotHeader { segments: ClockSegments(&segments), ..SnapshotHeader::default() };
/// let time = TimeBase::new(&header);
/// assert!(time.is_wall());
/// assert_eq!(time.ns(102), 5_002_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TimeBase<'a> {
    segments: ClockSegments<'a>,
    clock_hz: u64,
    start_ticks: u64,
}

impl<'a> TimeBase<'a> {
    /// Returns the clock that a header describes.
    #[must_use]
    pub fn new(header: &SnapshotHeader<'a>) -> Self {
        Self {
            segments: header.segments,
            clock_hz: header.clock_hz,
            start_ticks: header.start_ticks,
        }
    }

    /// Returns whether times are those of a wall clock. Otherwise they count from the start of the run.
    #[must_use]
    pub fn is_wall(&self) -> bool {
        !self.segments.is_empty()
    }

    /// Returns the time at `ticks`, in nanoseconds since 1970-01-01T00:00:00Z, or since the start of the
    /// run if there is no wall clock.
    ///
    /// # Examples
    ///
    /// A run without a wall clock:
    ///
    /// ```
    /// use ttlog_core::{SnapshotHeader, decode::TimeBase};
    ///
    /// let header = SnapshotHeader { clock_hz: 1_000, start_ticks: 100, ..SnapshotHeader::default() };
    /// let time = TimeBase::new(&header);
    /// assert!(!time.is_wall());
    /// assert_eq!(time.ns(102), 2_000_000); // 2 ms after the start of the run
    /// ```
    #[must_use]
    pub fn ns(&self, ticks: u64) -> u64 {
        let segment = self.segment_at(ticks);
        if self.is_wall() {
            return segment.unix_ns_at(ticks);
        }
        segment.elapsed_ns(i128::from(ticks) - i128::from(self.start_ticks))
    }

    /// Returns the nanoseconds between two ticks, at the rate of the later; 0 if `to` is before `from`.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{SnapshotHeader, decode::TimeBase};
    ///
    /// let time = TimeBase::new(&SnapshotHeader { clock_hz: 1_000, ..SnapshotHeader::default() });
    /// assert_eq!(time.elapsed_ns(100, 103), 3_000_000);
    /// assert_eq!(time.elapsed_ns(103, 100), 0);
    /// ```
    #[must_use]
    pub fn elapsed_ns(&self, from: u64, to: u64) -> u64 {
        let ticks = i128::from(to) - i128::from(from);
        self.segment_at(to).elapsed_ns(ticks)
    }

    /// Returns the last segment that begins at or before `ticks`, or the first one.
    fn segment_at(&self, ticks: u64) -> ClockSegment {
        let mut segments = self.segments.iter();
        let first = self.segments.iter().next();
        let clock_hz = match self.clock_hz {
            0 => UNKNOWN_HZ,
            hz => hz,
        };
        segments
            .rfind(|segment| segment.ticks <= ticks)
            .or(first)
            .unwrap_or(ClockSegment::with_hz(self.start_ticks, 0, clock_hz))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    /// Two segments: a rate of 10 ns, then a step of +1,000,000 ns and a rate of 7.5 ns.
    const SEGMENTS: [ClockSegment; 2] = [
        ClockSegment {
            ticks: 100,
            unix_ns: 50_000,
            rate_ns: 10,
            rate_ticks: 1,
        },
        ClockSegment {
            ticks: 200,
            unix_ns: 1_051_000,
            rate_ns: 15,
            rate_ticks: 2,
        },
    ];

    fn packed(segments: &[ClockSegment]) -> Vec<u8> {
        segments
            .iter()
            .flat_map(|segment| segment.to_bytes())
            .collect()
    }

    fn time_base(segments: ClockSegments<'_>, clock_hz: u64) -> TimeBase<'_> {
        TimeBase::new(&SnapshotHeader {
            segments,
            clock_hz,
            start_ticks: 90,
            ..SnapshotHeader::default()
        })
    }

    #[test]
    fn a_time_is_that_of_the_segment_at_its_tick() {
        let packed = packed(&SEGMENTS);
        let time = time_base(ClockSegments(&packed), 1);
        assert!(time.is_wall());
        let expected = [
            (90, 49_900),
            (100, 50_000),
            (199, 50_990),
            (200, 1_051_000),
            (203, 1_051_022),
            (0, 49_000),
        ];
        for (ticks, ns) in expected {
            assert_eq!(time.ns(ticks), ns, "{ticks}");
        }
    }

    #[test]
    fn a_later_segment_changes_no_time_before_it() {
        let packed = packed(&SEGMENTS);
        let both = time_base(ClockSegments(&packed), 1);
        let first = time_base(ClockSegments(&packed[..ClockSegment::BYTES]), 1);
        for ticks in 0..200 {
            assert_eq!(both.ns(ticks), first.ns(ticks));
        }
    }

    #[test]
    fn the_time_between_two_ticks_is_not_negative_and_has_no_step_in_it() {
        let packed = packed(&SEGMENTS);
        let time = time_base(ClockSegments(&packed), 1);
        assert_eq!(time.elapsed_ns(100, 150), 500);
        assert_eq!(time.elapsed_ns(198, 202), 30);
        assert_eq!(time.elapsed_ns(150, 100), 0);
    }

    #[test]
    fn without_segments_times_count_from_the_start_of_the_run() {
        let time = time_base(ClockSegments::default(), 1_000_000);
        assert!(!time.is_wall());
        assert_eq!((time.ns(90), time.ns(92), time.ns(1)), (0, 2_000, 0));
    }

    #[test]
    fn a_clock_of_unknown_rate_counts_nanoseconds() {
        let time = time_base(ClockSegments::default(), 0);
        assert_eq!((time.ns(95), time.elapsed_ns(7, 10)), (5, 3));
    }
}
