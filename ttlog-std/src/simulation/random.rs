//! Random choices that follow from a seed.

use std::time::Duration;

use ttlog_core::SplitMix64;

/// The choices of a history.
#[derive(Debug)]
pub(super) struct Random(SplitMix64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        let numbers = SplitMix64::new();
        numbers.seed(seed.wrapping_mul(0xD134_2543_DE82_EF95));
        Self(numbers)
    }

    /// Returns a number below `end`.
    pub(super) fn below(&self, end: u64) -> u64 {
        self.0.next() % end.max(1)
    }

    /// Returns `true` once in `times`.
    pub(super) fn once_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(super) fn pick<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// Returns a time up to `max`. Short times are as frequent as long ones.
    pub(super) fn time(&self, max: Duration) -> Duration {
        let shift = self.below(16) as u32;
        let max_ns = max.as_nanos() as u64 >> shift;
        Duration::from_nanos(1 + self.below(max_ns))
    }

    pub(super) fn number(&self) -> u64 {
        self.0.next()
    }
}
