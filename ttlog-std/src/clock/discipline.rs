//! The discipline of the run's clock: which segment comes next.
//!
//! The past never changes, so an error against the wall clock can only be corrected from now on. A
//! small error is slewed away: the next segment begins at the end of the last one, and runs a little
//! faster or slower. A large error is a step of the wall clock: the next segment begins at the
//! new time.

use ttlog_core::ClockSegment;

use super::reading::{ClockReading, Rate};

/// Minimum length of a segment, in nanoseconds.
pub(super) const SEGMENT_MIN_NS: u64 = 100_000_000;
/// Maximum time after which an error is corrected, in nanoseconds.
pub(super) const SEGMENT_MAX_NS: u64 = 600_000_000_000;
/// Divisor: a correction is due after this part of the time since the start.
const SEGMENT_PART: u64 = 8;
/// Maximum error that is slewed away, in nanoseconds. A larger error is a step.
pub(super) const STEP_MIN_NS: u64 = 10_000_000;

/// The state that the next segment is computed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Discipline {
    start_ticks: u64,
    /// The reading that the last segment was computed from.
    reading: ClockReading,
    /// The rate of the wall clock, without a correction.
    rate: Rate,
    /// The segment that is valid now.
    pub(super) segment: ClockSegment,
}

impl Discipline {
    /// Starts at a reading, with a rate that was measured before.
    pub(super) fn new(reading: ClockReading, rate: Rate) -> Self {
        Self {
            start_ticks: reading.ticks,
            reading,
            rate,
            segment: segment(reading.ticks, reading.unix_ns, rate),
        }
    }

    /// Returns the state with the next segment, which begins at `ticks`. `reading` was taken shortly
    /// before. Returns `None` if no segment is due.
    pub(super) fn next(&self, reading: ClockReading, ticks: u64) -> Option<Self> {
        let age_ns = self.age_ns(ticks);
        if age_ns < SEGMENT_MIN_NS {
            return None;
        }
        let since_reading_ns = self.rate.to_ns(ticks.saturating_sub(reading.ticks));
        let wall_ns = reading.unix_ns.saturating_add(since_reading_ns);
        let shown_ns = self.segment.unix_ns_at(ticks);
        let next = Self { reading, ..*self };
        if wall_ns.abs_diff(shown_ns) > STEP_MIN_NS {
            // The last reading is from before the step, so both readings give no rate.
            return Some(next.begin(ticks, wall_ns, self.rate));
        }
        let interval_ns = self.interval_ns(ticks);
        if age_ns < interval_ns {
            return None;
        }
        let rate = self.rate_until(reading);
        let slewed = Rate {
            // The error is far less than the interval.
            ns: (interval_ns + wall_ns).saturating_sub(shown_ns),
            ticks: rate.to_ticks(interval_ns),
        };
        Some(Self { rate, ..next }.begin(ticks, shown_ns, slewed))
    }

    /// Returns the time until the next correction is due, in nanoseconds.
    pub(super) fn due_ns(&self, ticks: u64) -> u64 {
        self.interval_ns(ticks).saturating_sub(self.age_ns(ticks))
    }

    /// Returns the age of the segment in nanoseconds.
    fn age_ns(&self, ticks: u64) -> u64 {
        self.rate.to_ns(ticks.saturating_sub(self.segment.ticks))
    }

    /// Returns the time from one correction to the next, in nanoseconds.
    fn interval_ns(&self, ticks: u64) -> u64 {
        let since_start_ns = self.rate.to_ns(ticks.saturating_sub(self.start_ticks));
        (since_start_ns / SEGMENT_PART).clamp(SEGMENT_MIN_NS, SEGMENT_MAX_NS)
    }

    /// Returns the mean of the rate so far and of the rate between the last reading and this one. With
    /// the new rate alone, a small step of the wall clock would be corrected twice: as an error, and as
    /// a rate.
    fn rate_until(&self, reading: ClockReading) -> Rate {
        let ns = reading.unix_ns.saturating_sub(self.reading.unix_ns);
        let ticks = reading.ticks.saturating_sub(self.reading.ticks);
        if ns == 0 || ticks == 0 {
            return self.rate;
        }
        Rate {
            ns: ns.midpoint(self.rate.to_ns(ticks)),
            ticks,
        }
    }

    fn begin(self, ticks: u64, unix_ns: u64, rate: Rate) -> Self {
        Self {
            segment: segment(ticks, unix_ns, rate),
            ..self
        }
    }
}

fn segment(ticks: u64, unix_ns: u64, rate: Rate) -> ClockSegment {
    ClockSegment {
        ticks,
        unix_ns,
        rate_ns: rate.ns,
        rate_ticks: rate.ticks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A source of readings: a counter of 3 ticks in a nanosecond, and a wall clock that drifts and is
    /// stepped.
    struct Source {
        /// True nanoseconds since the start.
        ns: u64,
        drift_ppm: i64,
        offset_ns: i64,
    }

    const UNIX_NS: u64 = 1_800_000_000_000_000_000;
    const RATE: Rate = Rate { ns: 1, ticks: 3 };

    impl Source {
        fn new(drift_ppm: i64) -> Self {
            Self {
                ns: 0,
                drift_ppm,
                offset_ns: 0,
            }
        }

        fn ticks(&self) -> u64 {
            self.ns * 3
        }

        fn wall_ns(&self) -> u64 {
            let drift = self.ns as i64 / 1_000 * self.drift_ppm / 1_000;
            (UNIX_NS + self.ns).saturating_add_signed(drift + self.offset_ns)
        }

        fn reading(&self) -> ClockReading {
            ClockReading {
                ticks: self.ticks(),
                unix_ns: self.wall_ns(),
            }
        }
    }

    /// A run: the source, the state, and all segments so far.
    struct Run {
        source: Source,
        discipline: Discipline,
        segments: Vec<ClockSegment>,
    }

    impl Run {
        fn new(drift_ppm: i64) -> Self {
            let source = Source::new(drift_ppm);
            let discipline = Discipline::new(source.reading(), RATE);
            Self {
                source,
                discipline,
                segments: vec![discipline.segment],
            }
        }

        /// Looks after some time.
        fn look_after(&mut self, ns: u64) {
            self.source.ns += ns;
            let reading = self.source.reading();
            if let Some(next) = self.discipline.next(reading, reading.ticks) {
                self.discipline = next;
                self.segments.push(next.segment);
            }
        }

        fn time_at(&self, ticks: u64) -> u64 {
            let segment = self.segments.iter().rfind(|it| it.ticks <= ticks);
            segment.unwrap().unix_ns_at(ticks)
        }

        fn error_ns(&self) -> i64 {
            self.time_at(self.source.ticks()) as i64 - self.source.wall_ns() as i64
        }
    }

    #[test]
    fn past_times_never_change_whatever_is_appended() {
        let mut run = Run::new(40);
        let mut shown: Vec<(u64, u64)> = Vec::new();
        for look in 0..400_u64 {
            run.source.offset_ns += [0, 0, 0, 7_000_000_000, 0, -3_000_000_000][look as usize % 6];
            run.look_after(look * 17_000_000);
            shown.push((run.source.ticks(), run.time_at(run.source.ticks())));
        }
        assert!(run.segments.len() > 100);
        assert!(run.segments.is_sorted_by_key(|segment| segment.ticks));
        for (ticks, time) in shown {
            assert_eq!(run.time_at(ticks), time);
        }
    }

    #[test]
    fn a_step_of_the_wall_clock_begins_a_segment_at_the_new_time() {
        for step_ns in [
            3_600_000_000_000,
            -3_600_000_000_000,
            11_000_000,
            -11_000_000,
        ] {
            let mut run = Run::new(0);
            run.look_after(1_000_000_000);
            let before = run.segments.len();
            run.source.offset_ns = step_ns;
            run.look_after(SEGMENT_MIN_NS);
            assert_eq!(run.segments.len(), before + 1);
            let step = run.segments[before];
            assert_eq!(step.unix_ns, run.source.wall_ns());
            let without = run.segments[before - 1].unix_ns_at(step.ticks);
            let stepped_ns = step.unix_ns as i64 - without as i64;
            assert!((stepped_ns - step_ns).abs() < 1_000, "{stepped_ns}");
        }
    }

    #[test]
    fn a_wall_clock_that_begins_in_1970_steps_to_the_present_when_it_is_set() {
        let discipline = Discipline::new(ClockReading::default(), RATE);
        let reading = ClockReading {
            ticks: 3 * SEGMENT_MIN_NS,
            unix_ns: UNIX_NS,
        };
        let next = discipline.next(reading, reading.ticks).unwrap();
        assert_eq!(next.segment.unix_ns, UNIX_NS);
        assert_eq!(discipline.segment.unix_ns_at(30), 10);
    }

    #[test]
    fn a_small_error_is_slewed_away_without_a_jump() {
        for offset_ns in [9_000_000, -9_000_000] {
            let mut run = Run::new(100);
            run.look_after(20_000_000_000);
            // From here on, the error of the wall clock is smaller than a step.
            run.source.offset_ns = offset_ns;
            for _ in 0..200 {
                let due_ns = run.discipline.due_ns(run.source.ticks());
                run.look_after(due_ns + 1_000_000);
            }
            assert!(run.error_ns().abs() < 1_000, "{}", run.error_ns());
            for pair in run.segments[1..].windows(2) {
                assert_eq!(pair[1].unix_ns, pair[0].unix_ns_at(pair[1].ticks));
            }
        }
    }

    #[test]
    fn times_increase_between_steps() {
        let mut run = Run::new(-500);
        for look in 0..200_u64 {
            run.source.offset_ns += if look % 2 == 0 { 4_000_000 } else { -4_000_000 };
            run.look_after(SEGMENT_MIN_NS + look * 1_000_000);
        }
        let times: Vec<_> = (0..run.source.ticks())
            .step_by(1_000_000)
            .map(|ticks| run.time_at(ticks))
            .collect();
        assert!(times.is_sorted());
    }

    #[test]
    fn segments_become_rare() {
        let mut run = Run::new(20);
        let day_ns = 24 * 3_600_000_000_000_u64;
        while run.source.ns < day_ns {
            run.look_after(50_000_000);
        }
        assert!(run.segments.len() < 250, "{}", run.segments.len());
        assert!(run.error_ns().abs() < 1_000_000, "{}", run.error_ns());
    }

    #[test]
    fn two_looks_in_a_row_append_nothing() {
        let mut run = Run::new(0);
        run.source.offset_ns = 1_000_000_000;
        run.look_after(SEGMENT_MIN_NS - 1);
        assert_eq!(run.segments.len(), 1);
    }
}
