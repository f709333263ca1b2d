//! The clock: the time-stamp counter where it is invariant, else the monotonic clock.

mod counter;

use std::{
    sync::LazyLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use ttlog_core::snapshot::Anchor;

/// The clock of every ring of this process.
#[derive(Debug)]
pub(crate) struct Clock {
    /// The processor's counter can be read, and runs at the same rate at all times.
    counter_is_invariant: bool,
    /// For processors without such a counter.
    monotonic: quanta::Clock,
    /// Where the monotonic nanoseconds of anchors count from.
    start: Instant,
}

static CLOCK: LazyLock<Clock> = LazyLock::new(|| Clock {
    counter_is_invariant: counter::is_invariant(),
    monotonic: quanta::Clock::new(),
    start: Instant::now(),
});

/// A clock that is known at compile time, for the code that every event goes through.
pub(crate) trait Ticks {
    /// The time, in ticks.
    fn ticks() -> u64;
}

/// The processor's counter.
pub(crate) struct Counter;

impl Ticks for Counter {
    #[inline]
    fn ticks() -> u64 {
        counter::read()
    }
}

/// The monotonic clock.
pub(crate) struct Monotonic;

impl Ticks for Monotonic {
    #[inline]
    fn ticks() -> u64 {
        CLOCK.monotonic.raw()
    }
}

/// How often an anchor is tried. The reading that took the fewest ticks wins: it was interrupted
/// the least.
const ANCHOR_ATTEMPTS: usize = 5;

impl Clock {
    pub(crate) fn get() -> &'static Self {
        &CLOCK
    }

    /// Whether [`Counter`] is this clock; else [`Monotonic`] is.
    pub(crate) fn counter_is_invariant(&self) -> bool {
        self.counter_is_invariant
    }

    /// The time, in ticks.
    pub(crate) fn ticks(&self) -> u64 {
        if self.counter_is_invariant {
            Counter::ticks()
        } else {
            Monotonic::ticks()
        }
    }

    /// The same moment on all clocks.
    pub(crate) fn anchor(&self) -> Anchor {
        let attempts = (0..ANCHOR_ATTEMPTS).map(|_| {
            let before = self.ticks();
            let wall = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            let monotonic = self.start.elapsed();
            let after = self.ticks();
            let took = after.saturating_sub(before);
            let anchor = Anchor {
                ticks: before + took / 2,
                monotonic_ns: u64::try_from(monotonic.as_nanos()).unwrap_or(u64::MAX),
                unix_ns: u64::try_from(wall.as_nanos()).unwrap_or(u64::MAX),
            };
            (took, anchor)
        });
        attempts
            .min_by_key(|(took, _)| *took)
            .map(|(_, anchor)| anchor)
            .unwrap_or_default()
    }
}
