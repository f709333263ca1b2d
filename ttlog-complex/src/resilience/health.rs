//! The health of one instance: taken out of turn when it keeps failing, and let back on probation.

use core::time::Duration;

/// So many failures in a row take an instance out of turn.
const FAILURES_TO_EJECT: u32 = 5;
/// For so long the first time, and twice as long each time after.
const EJECTED_FOR: Duration = Duration::from_secs(1);
/// But no longer than this.
const EJECTED_FOR_MAX: Duration = Duration::from_secs(16);
/// So many answers in a row end the probation.
const ANSWERS_TO_RETURN: u32 = 5;

/// How an instance is doing.
#[derive(Clone, Debug, Default)]
pub struct Health {
    condition: Condition,
    /// Failures in a row.
    failures: u32,
    /// How often in a row it was taken out of turn.
    ejections: u32,
}

/// Whether an instance is in turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// It is.
    #[default]
    Fit,
    /// It is not.
    Ejected {
        /// When it will be again.
        until: Duration,
    },
    /// In turn again, but one failure is enough.
    Probation {
        /// Answers in a row.
        answers: u32,
    },
}

/// What changed with an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is out of turn.
    Ejected {
        /// For how long.
        wait: Duration,
        /// After how many failures in a row.
        failures: u32,
    },
    /// It has stood its probation.
    Returned,
}

impl Health {
    /// Whether it may be asked; ends the time out of turn when that is over.
    pub fn is_fit(&mut self, now: Duration) -> bool {
        if let Condition::Ejected { until } = self.condition
            && now >= until
        {
            self.condition = Condition::Probation { answers: 0 };
        }
        !self.is_ejected()
    }

    /// Whether it is in turn, as far as it knew when somebody last asked.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// Whether it was out of turn when somebody last asked.
    #[must_use]
    pub fn is_ejected(&self) -> bool {
        matches!(self.condition, Condition::Ejected { .. })
    }

    /// Learns that it answered.
    pub fn answered(&mut self) -> Option<Change> {
        self.failures = 0;
        let Condition::Probation { answers } = &mut self.condition else {
            return None;
        };
        *answers += 1;
        (*answers >= ANSWERS_TO_RETURN).then(|| {
            self.condition = Condition::Fit;
            self.ejections = 0;
            Change::Returned
        })
    }

    /// Learns that it did not answer. `room` says whether one more may be out of turn.
    pub fn failed(&mut self, now: Duration, room: bool) -> Option<Change> {
        self.failures += 1;
        let enough = match self.condition {
            Condition::Fit => self.failures >= FAILURES_TO_EJECT,
            Condition::Ejected { .. } => false,
            Condition::Probation { .. } => true,
        };
        (enough && room).then(|| self.eject(now))
    }

    /// Learns that it crashed.
    pub fn crashed(&mut self, now: Duration, room: bool) -> Option<Change> {
        self.failures += 1;
        (room && !self.is_ejected()).then(|| self.eject(now))
    }

    fn eject(&mut self, now: Duration) -> Change {
        let wait = EJECTED_FOR * 2_u32.saturating_pow(self.ejections.min(16));
        let wait = wait.min(EJECTED_FOR_MAX);
        self.ejections += 1;
        self.condition = Condition::Ejected { until: now + wait };
        let failures = self.failures;
        Change::Ejected { wait, failures }
    }
}

/// Whether one more of `instances` may be out of turn when `ejected` are: never more than half.
///
/// When most of them fail, the cause is elsewhere, and the rest would only be crushed.
#[must_use]
pub fn has_room(ejected: usize, instances: usize) -> bool {
    (ejected + 1) * 2 <= instances
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn ejected(wait: u64, failures: u32) -> Option<Change> {
        let wait = at(wait);
        Some(Change::Ejected { wait, failures })
    }

    fn ejected_at_zero() -> Health {
        let mut health = Health::default();
        assert_eq!(health.crashed(at(0), true), ejected(1, 1));
        health
    }

    #[test]
    fn failures_in_a_row_take_it_out_of_turn_and_an_answer_between_them_does_not() {
        let mut health = Health::default();
        for _ in 0..FAILURES_TO_EJECT - 1 {
            assert_eq!(health.failed(at(0), true), None);
        }
        assert_eq!(health.answered(), None);
        for _ in 0..FAILURES_TO_EJECT - 1 {
            assert_eq!(health.failed(at(0), true), None);
        }
        assert!(health.is_fit(at(0)));
        assert_eq!(health.failed(at(0), true), ejected(1, FAILURES_TO_EJECT));
        assert!(!health.is_fit(at(0)));
    }

    #[test]
    fn it_comes_back_and_stands_its_probation() {
        let mut health = ejected_at_zero();
        assert!(!health.is_fit(Duration::from_millis(999)));
        assert!(health.is_fit(at(1)));
        for _ in 0..ANSWERS_TO_RETURN - 1 {
            assert_eq!(health.answered(), None);
        }
        assert_eq!(health.answered(), Some(Change::Returned));
        // As at first: one failure is not enough, and the next time out is short.
        assert_eq!(health.failed(at(2), true), None);
        assert_eq!(health.crashed(at(2), true), ejected(1, 2));
    }

    #[test]
    fn on_probation_one_failure_takes_it_out_for_longer() {
        let mut health = ejected_at_zero();
        let mut now = at(0);
        for (wait, next) in [(1, 2), (2, 4), (4, 8), (8, 16), (16, 16)] {
            now += at(wait);
            assert!(health.is_fit(now));
            let change = health.failed(now, true);
            assert!(matches!(change, Some(Change::Ejected { wait, .. }) if wait == at(next)));
        }
    }

    #[test]
    fn it_stays_in_turn_where_there_is_no_room_for_one_more_out_of_it() {
        let mut health = Health::default();
        for _ in 0..100 {
            assert_eq!(health.failed(at(0), false), None);
        }
        assert_eq!(health.crashed(at(0), false), None);
        assert!(health.is_fit(at(0)));
    }

    #[test]
    fn never_more_than_half_are_out_of_turn() {
        let most = |instances| {
            (0..instances)
                .take_while(|&out| has_room(out, instances))
                .count()
        };
        assert_eq!([1, 2, 3, 4, 5].map(most), [0, 1, 1, 2, 2]);
    }
}
