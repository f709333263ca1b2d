//! The source of the ticks of all rings in this process: the time-stamp counter if `quanta` finds that
//! it runs at a constant rate, and the monotonic clock otherwise.

use std::{
    sync::LazyLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

#[cfg(test)]
use super::simulated;
use super::{
    counter,
    reading::{ClockReading, Rate},
};

static QUANTA: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);
static IS_COUNTER: LazyLock<bool> = LazyLock::new(|| counter::is_read_by(&QUANTA));

/// Number of attempts at a reading. The attempt that took the fewest ticks is used: it was interrupted
/// the least.
const READING_ATTEMPTS: usize = 5;

/// Returns `true` if the time-stamp counter is the source, `false` if the monotonic clock is.
pub(crate) fn is_counter() -> bool {
    *IS_COUNTER
}

/// Reads the monotonic clock, in ticks.
pub(crate) fn monotonic_ticks() -> u64 {
    QUANTA.raw()
}

/// Returns the time now, in ticks.
pub(crate) fn ticks() -> u64 {
    #[cfg(test)]
    if let Some(time) = simulated::get() {
        return time.ticks;
    }
    if is_counter() {
        counter::read()
    } else {
        monotonic_ticks()
    }
}

/// Returns the time now, for limits and delays.
pub(crate) fn now() -> Instant {
    #[cfg(test)]
    if let Some(time) = simulated::get() {
        return time.now;
    }
    Instant::now()
}

/// Returns the rate of the ticks, as `quanta` has measured it.
pub(super) fn rate() -> Rate {
    const TICKS: u64 = 1 << 40;
    #[cfg(test)]
    if simulated::get().is_some() {
        return simulated::RATE;
    }
    Rate {
        ns: QUANTA.delta_as_nanos(0, TICKS),
        ticks: TICKS,
    }
}

/// Returns the number of ticks in a second.
pub(crate) fn hz() -> u64 {
    rate().to_ticks(1_000_000_000)
}

/// Reads the wall clock. Returns `None` if it is before 1970.
pub(super) fn read() -> Option<ClockReading> {
    #[cfg(test)]
    if let Some(time) = simulated::get() {
        return time.reading();
    }
    let attempts = (0..READING_ATTEMPTS).filter_map(|_| {
        let before = ticks();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        let took = ticks().saturating_sub(before);
        let reading = ClockReading {
            ticks: before + took / 2,
            unix_ns: u64::try_from(wall.ok()?.as_nanos()).ok()?,
        };
        Some((took, reading))
    });
    let (_, reading) = attempts.min_by_key(|(took, _)| *took)?;
    Some(reading)
}
