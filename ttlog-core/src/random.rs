//! Numbers for traces and spans.

use core::cell::Cell;

/// A sequence of numbers that differ from each other and, by their seed, from those of other
/// writers: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014). Not for secrets.
#[derive(Debug, Default)]
pub struct Random(Cell<u64>);

impl Random {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

    /// The sequence of seed 0.
    #[must_use]
    pub const fn new() -> Self {
        Self(Cell::new(0))
    }

    /// Whether it has neither got a seed nor given out a number.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.0.get() == 0
    }

    /// Starts the sequence of another seed.
    pub fn seed(&self, seed: u64) {
        self.0.set(seed);
    }

    /// The next number, never 0.
    pub fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(Self::STEP);
        self.0.set(state);
        let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        match mixed ^ mixed >> 31 {
            0 => Self::STEP,
            number => number,
        }
    }
}
