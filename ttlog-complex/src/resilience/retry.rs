//! The retry: whether a call that failed is worth another try, and after which pause.

use core::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// How often a call is tried, the first time included.
pub const ATTEMPTS: usize = 3;

/// The pause before the second try; the next ones are twice as long. Jitter makes each up to twice
/// as long again, so that callers who failed together do not come back together.
const PAUSE: Duration = Duration::from_millis(10);

/// The longest pause, jitter aside.
const PAUSE_MAX: Duration = Duration::from_millis(80);

/// The shortest time that a try is given, if so much is left at all.
const TRY_MIN: Duration = Duration::from_millis(50);

/// What each call saves up for retries, in hundredths of one.
const SAVED_HUNDREDTHS: u32 = 10;
/// The most that can be saved up, likewise.
const SAVED_MAX_HUNDREDTHS: u32 = 1_000;

/// The pauses between the tries of one call.
pub fn pauses(seed: u64) -> impl Iterator<Item = Duration> {
    endless_pauses(seed).take(ATTEMPTS - 1)
}

/// Pauses for who cannot give up.
pub fn endless_pauses(seed: u64) -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(PAUSE)
        .with_max_delay(PAUSE_MAX)
        .without_max_times()
        .with_jitter()
        .with_jitter_seed(seed)
        .build()
}

/// How long one try may take when there is `left` for all that are still to come: half of it, so
/// that a try whose answer is lost leaves time for another.
#[must_use]
pub fn share(left: Duration, is_last: bool) -> Duration {
    if is_last {
        left
    } else {
        (left / 2).max(TRY_MIN).min(left)
    }
}

/// The budget of retries: one for every ten calls, saved up to ten.
///
/// A callee that fails now and then gets its second chances; one that is down does not get three
/// times the load on top.
#[derive(Clone, Debug)]
pub struct Budget {
    saved_hundredths: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            saved_hundredths: SAVED_MAX_HUNDREDTHS,
        }
    }
}

impl Budget {
    /// Counts a first try.
    pub fn save(&mut self) {
        self.saved_hundredths = SAVED_MAX_HUNDREDTHS.min(self.saved_hundredths + SAVED_HUNDREDTHS);
    }

    /// Takes a retry out, if there is one.
    pub fn spend(&mut self) -> bool {
        match self.saved_hundredths.checked_sub(100) {
            Some(rest) => {
                self.saved_hundredths = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_are_spread_by_chance_and_end() {
        for seed in 0..100 {
            let pauses: Vec<Duration> = pauses(seed).collect();
            assert_eq!(pauses.len(), ATTEMPTS - 1);
            for (nth, pause) in pauses.iter().enumerate() {
                let shortest = PAUSE * 2_u32.pow(nth as u32);
                assert!((shortest..=shortest * 2).contains(pause), "{pauses:?}");
            }
        }
        assert_ne!(pauses(1).next(), pauses(2).next());
        assert!(pauses(1).eq(pauses(1)));
    }

    #[test]
    fn who_cannot_give_up_gets_pauses_that_stop_growing() {
        let pauses = endless_pauses(1).skip(3).take(1_000);
        assert_eq!(
            pauses
                .filter(|pause| (PAUSE_MAX..=PAUSE_MAX * 2).contains(pause))
                .count(),
            1_000
        );
    }

    #[test]
    fn a_try_leaves_time_for_the_next_one() {
        let ms = Duration::from_millis;
        assert_eq!(share(ms(400), false), ms(200));
        assert_eq!(share(ms(60), false), ms(50));
        assert_eq!(share(ms(30), false), ms(30));
        assert_eq!(share(ms(400), true), ms(400));
    }

    #[test]
    fn a_callee_that_is_down_gets_a_tenth_on_top_and_no_more() {
        let mut budget = Budget::default();
        let retries = (0..1_000)
            .filter(|_| {
                budget.save();
                budget.spend()
            })
            .count();
        assert!((100..=111).contains(&retries), "{retries}");
    }

    #[test]
    fn what_is_saved_up_has_a_limit() {
        let mut budget = Budget::default();
        (0..10_000).for_each(|_| budget.save());
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
    }
}
