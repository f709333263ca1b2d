//! The clock of a run: from ticks to the time of day.

use std::{
    sync::{Mutex, TryLockError},
    time::Duration,
};

use ttlog_core::ClockSegments;

use super::{
    discipline::{Discipline, SEGMENT_MIN_NS},
    reading::ClockReading,
    segment_list::{SegmentBuffer, SegmentList},
    source,
};

/// The segments of one recorder, and the state that the next segment is computed from.
///
/// A segment never changes, so an event has the same time in all snapshots and views of a run.
/// [`update`](Self::update) appends a segment when one is due. The writer thread calls it regularly, and
/// [`segments`](Self::segments) calls it for snapshots, views and the console.
#[derive(Debug)]
pub(crate) struct RunClock {
    segments: SegmentList,
    discipline: Mutex<Discipline>,
}

impl RunClock {
    /// Starts a run's clock now. Returns the clock, and the tick at which the run begins. A wall clock
    /// before 1970 counts as 1970.
    pub(crate) fn start() -> (Self, u64) {
        let reading = source::read().unwrap_or(ClockReading {
            ticks: source::ticks(),
            unix_ns: 0,
        });
        let discipline = Discipline::new(reading, source::rate());
        let clock = Self {
            segments: SegmentList::new(discipline.segment),
            discipline: Mutex::new(discipline),
        };
        (clock, reading.ticks)
    }

    /// Starts the clock again, for another run that no thread records into yet. Returns the tick at which
    /// that run begins.
    #[cfg(test)]
    pub(crate) fn restart(&self) -> u64 {
        let (
            Self {
                segments,
                discipline,
            },
            start_ticks,
        ) = Self::start();
        let buffer = &mut Box::new([0; _]);
        let first = segments.read(0, buffer).iter().next();
        self.segments.restart(first.expect("a clock has a segment"));
        *self.discipline.lock().expect("no thread has panicked") =
            discipline.into_inner().expect("no thread has panicked");
        start_ticks
    }

    /// Appends a segment if one is due. Returns the time until the next one is due. Never waits: if
    /// another thread is in this method, that thread appends the segment.
    pub(crate) fn update(&self) -> Duration {
        let mut discipline = match self.discipline.try_lock() {
            Ok(discipline) => discipline,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Duration::from_nanos(SEGMENT_MIN_NS),
        };
        let mut next = *discipline;
        let is_appended = self.segments.append(|| {
            let reading = source::read()?;
            // This tick is later than the reading.
            next = discipline.next(reading, source::ticks())?;
            Some(next.segment)
        });
        if is_appended {
            *discipline = next;
        }
        Duration::from_nanos(discipline.due_ns(source::ticks()))
    }

    /// Appends a segment if one is due. Then copies the segments that hold at `oldest_ticks` and later
    /// into `buffer`. If the caller has read a moment before this call, no later segment begins before
    /// that moment.
    pub(crate) fn segments<'b>(
        &self,
        oldest_ticks: u64,
        buffer: &'b mut SegmentBuffer,
    ) -> ClockSegments<'b> {
        self.update();
        self.segments.read(oldest_ticks, buffer)
    }
}
