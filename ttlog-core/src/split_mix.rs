//! Random numbers for the ids of runs, traces and spans.

use core::cell::Cell;

/// A generator of 64-bit numbers: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom
/// number generators", OOPSLA 2014). Not for secrets.
///
/// # Examples
///
/// ```
/// use ttlog_core::SplitMix64;
///
/// let (first, second) = (SplitMix64::new(), SplitMix64::new());
/// assert!(first.is_new());
/// first.seed(7);
/// second.seed(7);
/// assert_eq!(first.next(), second.next());
/// assert_ne!(first.next(), first.next());
/// ```
#[derive(Debug, Default)]
pub struct SplitMix64(Cell<u64>);

impl SplitMix64 {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

    /// Creates a generator with seed 0.
    #[must_use]
    pub const fn new() -> Self {
        Self(Cell::new(0))
    }

    /// Returns whether the generator has no seed and has returned no number.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.0.get() == 0
    }

    /// Sets the seed.
    pub fn seed(&self, seed: u64) {
        self.0.set(seed);
    }

    /// Returns the next number, never 0.
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
