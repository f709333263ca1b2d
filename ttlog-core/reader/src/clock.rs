//! The clock of a run, which converts ticks to times.

use serde::Serialize;
use ttlog_core::{ClockSegments, SnapshotHeader, decode::TimeBase};

use crate::time::Time;

/// The clock of a run, which converts ticks to times.
///
/// # Examples
///
/// A board without a wall clock, whose times count from the start of the run:
///
/// ```
/// use ttlog_core::ClockSegments;
/// use ttlog_reader::Clock;
///
/// let clock = Clock::new(1_000_000, 500, &ClockSegments::default());
/// assert_eq!(clock.time(750).unwrap().to_string(), "+0.000250000");
/// assert_eq!(clock.elapsed_ns(600, 750), Some(150_000));
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Clock {
    /// The segments, encoded as in a header.
    segments: Vec<u8>,
    clock_hz: u64,
    start_ticks: u64,
}

/// A step of the wall clock.
///
/// # Examples
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
/// # let mut snapshots = ttlog_reader::Snapshots::new();
/// # snapshots.open(path)?;
/// let clock = &snapshots.source(&snapshots.files()[0]).clock;
/// let step = clock.steps().next().unwrap();
/// assert_eq!(step.time.to_string(), "2023-11-14T22:13:25.001200000Z");
/// assert_eq!(step.step_ns, 5_000_000_000);
/// # Ok::<(), ttlog_reader::OpenError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct ClockStep {
    /// The time after the step.
    pub time: Time,
    /// Number of nanoseconds by which the clock was set forward; negative if it was set back.
    pub step_ns: i64,
}

impl Clock {
    /// Creates the clock of a run that started at `start_ticks`, with `clock_hz` ticks in a second.
    /// `clock_hz` is 0 if the frequency is not known; `segments` then state it.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{ClockSegment, ClockSegments};
    /// use ttlog_reader::Clock;
    ///
    /// // At tick 100, the wall clock states two seconds. A second has 1,000 ticks.
    /// let segment = ClockSegment::with_hz(100, 2_000_000_000, 1_000).to_bytes();
    /// let clock = Clock::new(0, 0, &ClockSegments(&segment));
    /// assert_eq!(clock.time(600).unwrap().to_string(), "1970-01-01T00:00:02.500000000Z");
    /// ```
    #[must_use]
    pub fn new(clock_hz: u64, start_ticks: u64, segments: &ClockSegments<'_>) -> Self {
        Self {
            segments: segments.0.to_vec(),
            clock_hz,
            start_ticks,
        }
    }

    pub(crate) fn of(header: &SnapshotHeader<'_>) -> Self {
        Self::new(header.clock_hz, header.start_ticks, &header.segments)
    }

    /// Returns the tick at which the run started.
    #[must_use]
    pub fn start_ticks(&self) -> u64 {
        self.start_ticks
    }

    /// Returns whether times are times of day. Otherwise they count from the start of the run.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{ClockSegment, ClockSegments};
    /// use ttlog_reader::Clock;
    ///
    /// let segment = ClockSegment::with_hz(0, 0, 1_000).to_bytes();
    /// assert!(Clock::new(0, 0, &ClockSegments(&segment)).is_wall());
    /// assert!(!Clock::new(1_000, 0, &ClockSegments::default()).is_wall());
    /// ```
    #[must_use]
    pub fn is_wall(&self) -> bool {
        !self.segments.is_empty()
    }

    /// Returns the nanoseconds of the time at a tick. If the clock is not known, takes ticks for
    /// nanoseconds.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::ClockSegments;
    /// use ttlog_reader::Clock;
    ///
    /// let clock = Clock::new(1_000, 500, &ClockSegments::default());
    /// assert_eq!(clock.ns(502), 2_000_000);
    /// assert_eq!(Clock::default().ns(502), 502); // not known
    /// ```
    #[must_use]
    pub fn ns(&self, ticks: u64) -> u64 {
        self.base().ns(ticks)
    }

    /// Returns the time at a tick. Returns `None` if the clock is not known: the header is lost, or it
    /// states no clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::ClockSegments;
    /// use ttlog_reader::{Clock, Time};
    ///
    /// let clock = Clock::new(1_000, 500, &ClockSegments::default());
    /// assert_eq!(clock.time(502), Some(Time::SinceStart { ns: 2_000_000 }));
    /// assert_eq!(Clock::default().time(502), None); // not known
    /// ```
    #[must_use]
    pub fn time(&self, ticks: u64) -> Option<Time> {
        self.time_of_ns(self.ns(ticks))
    }

    /// Returns the time of a number of nanoseconds of this clock.
    pub(crate) fn time_of_ns(&self, ns: u64) -> Option<Time> {
        if self.is_wall() {
            Some(Time::Wall { unix_ns: ns })
        } else {
            (self.clock_hz != 0).then_some(Time::SinceStart { ns })
        }
    }

    /// Returns the nanoseconds between two ticks, or 0 if the second tick is the earlier. Returns `None`
    /// if the clock is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::ClockSegments;
    /// use ttlog_reader::Clock;
    ///
    /// let clock = Clock::new(1_000, 0, &ClockSegments::default());
    /// assert_eq!(clock.elapsed_ns(500, 502), Some(2_000_000));
    /// assert_eq!(clock.elapsed_ns(502, 500), Some(0));
    /// ```
    #[must_use]
    pub fn elapsed_ns(&self, from_ticks: u64, to_ticks: u64) -> Option<u64> {
        self.time_of_ns(0)?;
        Some(self.base().elapsed_ns(from_ticks, to_ticks))
    }

    /// Returns the steps of the wall clock. A step is a segment whose start differs from the time that
    /// the segment before it gives for the same tick.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{ClockSegment, ClockSegments};
    /// use ttlog_reader::Clock;
    ///
    /// let before = ClockSegment::with_hz(0, 0, 1_000).to_bytes();
    /// // A second later, the wall clock was set back by 0.4 s.
    /// let after = ClockSegment::with_hz(1_000, 600_000_000, 1_000).to_bytes();
    /// let clock = Clock::new(0, 0, &ClockSegments(&[before, after].concat()));
    /// let steps: Vec<_> = clock.steps().map(|step| step.step_ns).collect();
    /// assert_eq!(steps, [-400_000_000]);
    /// ```
    pub fn steps(&self) -> impl Iterator<Item = ClockStep> {
        let segments = ClockSegments(&self.segments);
        let mut segments = segments.iter().collect::<Vec<_>>().into_iter();
        let mut before = segments.next();
        segments.filter_map(move |segment| {
            let expected_ns = before.replace(segment)?.unix_ns_at(segment.ticks);
            let step = i128::from(segment.unix_ns) - i128::from(expected_ns);
            (step != 0).then(|| ClockStep {
                time: Time::Wall {
                    unix_ns: segment.unix_ns,
                },
                step_ns: step.clamp(i64::MIN.into(), i64::MAX.into()) as i64,
            })
        })
    }

    /// Adds the segments of another clock of the run. A snapshot omits the segments that its events do
    /// not need, so a single clock may lack some of them.
    pub(crate) fn extend(&mut self, other: &Self) {
        if self.segments.is_empty() {
            self.clone_from(other);
            return;
        }
        let both = [&*self.segments, &*other.segments].concat();
        let mut segments = both
            .as_chunks::<{ ttlog_core::ClockSegment::BYTES }>()
            .0
            .to_vec();
        // The first field is the tick.
        segments.sort_by_key(|bytes| bytes.first_chunk().copied().map(u64::from_le_bytes));
        segments.dedup();
        self.segments = segments.into_flattened();
    }

    fn base(&self) -> TimeBase<'_> {
        TimeBase::new(&SnapshotHeader {
            segments: ClockSegments(&self.segments),
            clock_hz: self.clock_hz,
            start_ticks: self.start_ticks,
            ..SnapshotHeader::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use ttlog_core::ClockSegment;

    use super::*;

    #[test]
    fn clocks_of_a_run_together_have_the_segments_of_both() {
        let segments = [0, 100, 200, 300].map(|ticks| ClockSegment::with_hz(ticks, 7 * ticks, 3));
        let clock = |range: core::ops::Range<usize>| {
            let packed: Vec<u8> = segments[range]
                .iter()
                .flat_map(|segment| segment.to_bytes())
                .collect();
            Clock::new(0, 0, &ClockSegments(&packed))
        };
        for (first, second) in [(0..3, 2..4), (2..4, 0..3), (0..4, 1..2), (0..0, 0..4)] {
            let mut together = clock(first);
            together.extend(&clock(second));
            assert_eq!(together, clock(0..4));
        }
    }
}
