//! A simulated time. While a test thread has one, all clocks of this crate show it on that thread.

use std::{
    cell::Cell,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::reading::{ClockReading, Rate};

/// A simulated tick is a nanosecond.
pub(super) const RATE: Rate = Rate { ns: 1, ticks: 1 };

thread_local! {
    static TIME: Cell<Option<SimulatedTime>> = const { Cell::new(None) };
}

/// The time on all clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SimulatedTime {
    pub(crate) ticks: u64,
    pub(crate) now: Instant,
    /// The wall clock, which may be stepped.
    pub(crate) wall: SystemTime,
}

impl SimulatedTime {
    pub(crate) fn advance(&mut self, by: Duration) {
        self.ticks += by.as_nanos() as u64;
        self.now += by;
        self.wall += by;
    }

    pub(super) fn reading(&self) -> Option<ClockReading> {
        let unix = self.wall.duration_since(UNIX_EPOCH).ok()?;
        Some(ClockReading {
            ticks: self.ticks,
            unix_ns: u64::try_from(unix.as_nanos()).ok()?,
        })
    }
}

/// Returns the simulated time, if this thread has one.
pub(crate) fn get() -> Option<SimulatedTime> {
    TIME.get()
}

/// Sets the time of this thread. `None` ends the simulation.
pub(crate) fn set(time: Option<SimulatedTime>) {
    TIME.set(time);
}
