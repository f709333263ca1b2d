//! Scaling: when a service gets one more instance, and when it has one too many.

use core::time::Duration;

/// Requests that wait at each instance, and the part of its time that each is busy, from which on
/// one more is wanted.
const FULL: (f64, f64) = (6.0, 0.75);
/// The same, below which there is one too many. Between the two, nothing changes.
const EMPTY: (f64, f64) = (0.5, 0.25);
/// So many looks in a row must say the same.
const LOOKS_OUT: u32 = 2;
/// Fewer instances are wanted only after a long calm: an instance too many costs little.
const LOOKS_IN: u32 = 8;
/// After a change, so much time is given for it to show.
const REST: Duration = Duration::from_secs(3);

/// What a service has to do, at one look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Requests that wait.
    pub queue: usize,
    /// The part of their time that the instances are busy, from 0 to 1.
    pub busy: f64,
    /// Instances that are there.
    pub instances: usize,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// One more instance.
    Out,
    /// One less.
    In,
}

/// Decides for one service.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scaler {
    full: u32,
    empty: u32,
    rests_until: Duration,
}

impl Scaler {
    /// Looks at the work; answers with what is to be done, if anything is.
    pub fn decide(&mut self, work: Work, now: Duration) -> Option<Decision> {
        let waiting = work.queue as f64 / work.instances.max(1) as f64;
        let is_full = waiting > FULL.0 || work.busy > FULL.1;
        // With one less, the others have its work as well.
        let left = work.instances.saturating_sub(1).max(1) as f64;
        let busy_then = work.busy * work.instances as f64 / left;
        let is_empty = waiting < EMPTY.0 && busy_then < EMPTY.1;
        self.full = if is_full { self.full + 1 } else { 0 };
        self.empty = if is_empty { self.empty + 1 } else { 0 };
        if now < self.rests_until {
            return None;
        }
        let decision = if self.full >= LOOKS_OUT {
            Decision::Out
        } else if self.empty >= LOOKS_IN {
            Decision::In
        } else {
            return None;
        };
        Some(decision)
    }

    /// Notes that a decision was carried out: it is given time to show.
    pub fn rest(&mut self, now: Duration) {
        *self = Self {
            rests_until: now + REST,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: Work = Work {
        queue: 20,
        busy: 0.9,
        instances: 2,
    };
    const IDLE: Work = Work {
        queue: 0,
        busy: 0.01,
        instances: 3,
    };

    fn decide(
        scaler: &mut Scaler,
        work: Work,
        seconds: core::ops::Range<u64>,
    ) -> Vec<(u64, Decision)> {
        let mut decisions = Vec::new();
        for second in seconds {
            let now = Duration::from_secs(second);
            if let Some(decision) = scaler.decide(work, now) {
                scaler.rest(now);
                decisions.push((second, decision));
            }
        }
        decisions
    }

    #[test]
    fn one_look_is_not_enough_and_after_a_change_there_is_a_rest() {
        let mut scaler = Scaler::default();
        let out = Decision::Out;
        assert_eq!(
            decide(&mut scaler, BUSY, 0..8),
            [(1, out), (4, out), (7, out)]
        );
        assert_eq!(decide(&mut scaler, IDLE, 8..17), [(15, Decision::In)]);
    }

    #[test]
    fn in_between_nothing_changes() {
        let mut scaler = Scaler::default();
        for work in [
            Work {
                queue: 4,
                busy: 0.5,
                instances: 2,
            },
            // It would be too much for one.
            Work {
                queue: 0,
                busy: 0.2,
                instances: 2,
            },
        ] {
            assert_eq!(decide(&mut scaler, work, 0..60), []);
        }
    }

    #[test]
    fn a_queue_or_busy_instances_are_reason_enough() {
        for work in [Work { busy: 0.1, ..BUSY }, Work { queue: 0, ..BUSY }] {
            assert_eq!(decide(&mut Scaler::default(), work, 0..2).len(), 1);
        }
    }

    #[test]
    fn a_short_calm_takes_nothing_away() {
        let mut scaler = Scaler::default();
        for round in 0..10 {
            let start = round * 10;
            assert_eq!(decide(&mut scaler, IDLE, start..start + 6), []);
            let between = Work { queue: 9, ..IDLE };
            assert_eq!(decide(&mut scaler, between, start + 6..start + 7), []);
        }
    }
}
