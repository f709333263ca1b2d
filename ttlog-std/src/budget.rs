//! The budget: how many files and bytes the recorder may write in a minute, over all reasons.

use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// Maximum numbers a minute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BudgetLimits {
    pub(crate) files: u32,
    pub(crate) bytes: u64,
}

impl Default for BudgetLimits {
    fn default() -> Self {
        Self {
            files: 600,
            bytes: 256 << 20,
        }
    }
}

/// Two token buckets, of files and of bytes. Each holds the amount of a minute, is full at first, and
/// refills evenly.
///
/// A spending may exceed what is left, because a file's size is known only once it is written. The
/// next files then wait until the bucket is positive again.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: BudgetLimits,
    files: f64,
    bytes: f64,
    filled: Instant,
}

impl Budget {
    pub(crate) fn new(limits: BudgetLimits, now: Instant) -> Self {
        Self {
            limits,
            files: limits.files.into(),
            bytes: limits.bytes as f64,
            filled: now,
        }
    }

    /// Returns the time from which another file may be written: `now`, or a later time.
    pub(crate) fn open_from(&mut self, now: Instant) -> Instant {
        self.refill(now);
        let files = wait(1.0 - self.files, self.limits.files.into());
        let bytes = wait(1.0 - self.bytes, self.limits.bytes as f64);
        now + files.max(bytes)
    }

    /// Takes a written file out of the budget.
    pub(crate) fn spend(&mut self, bytes: u64, now: Instant) {
        self.refill(now);
        // A debt of more than a minute would only come from files that the limits exempt.
        self.files = (self.files - 1.0).max(-f64::from(self.limits.files));
        self.bytes = (self.bytes - bytes as f64).max(-(self.limits.bytes as f64));
    }

    fn refill(&mut self, now: Instant) {
        let minutes = now.saturating_duration_since(self.filled).as_secs_f64() / 60.0;
        self.filled = self.filled.max(now);
        let (files, bytes) = (f64::from(self.limits.files), self.limits.bytes as f64);
        self.files = (self.files + minutes * files).min(files);
        self.bytes = (self.bytes + minutes * bytes).min(bytes);
    }
}

/// Returns the time until `missing` have come in, at `a_minute`.
fn wait(missing: f64, a_minute: f64) -> Duration {
    if missing <= 0.0 {
        return Duration::ZERO;
    }
    // With a limit of 0 the bucket never fills. Two minutes hold the next file back, and are checked again.
    Duration::try_from_secs_f64(60.0 * missing / a_minute).map_or(2 * MINUTE, |wait| {
        // One microsecond more, so that rounding does not wake the thread too early.
        wait.min(2 * MINUTE) + Duration::from_micros(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BudgetLimits = BudgetLimits {
        files: 60,
        bytes: 600,
    };

    #[test]
    fn files_beyond_the_budget_wait_until_it_refills() {
        let start = Instant::now();
        let mut budget = Budget::new(LIMITS, start);
        for _ in 0..60 {
            assert_eq!(budget.open_from(start), start);
            budget.spend(0, start);
        }
        let wait = budget.open_from(start) - start;
        assert!((1.0..1.001).contains(&wait.as_secs_f64()), "{wait:?}");
        assert_eq!(budget.open_from(start + wait), start + wait);
        // After a minute without files, the whole amount is there again, and not more.
        let later = start + 10 * MINUTE;
        for _ in 0..60 {
            assert_eq!(budget.open_from(later), later);
            budget.spend(0, later);
        }
        assert!(budget.open_from(later) > later);
    }

    #[test]
    fn a_file_that_is_larger_than_what_is_left_holds_the_next_one_back() {
        let start = Instant::now();
        let mut budget = Budget::new(LIMITS, start);
        budget.spend(650, start);
        let wait = budget.open_from(start) - start;
        assert!((5.0..5.2).contains(&wait.as_secs_f64()), "{wait:?}");
    }

    #[test]
    fn a_budget_of_nothing_and_a_clock_that_goes_back_are_no_error() {
        let start = Instant::now();
        let mut none = Budget::new(BudgetLimits { files: 0, bytes: 0 }, start);
        assert!(none.open_from(start) > start);
        let mut budget = Budget::new(LIMITS, start + MINUTE);
        budget.spend(1, start);
        assert_eq!(budget.open_from(start), start);
    }
}
