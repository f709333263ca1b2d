//! The plan of a history: the settings of the recorders, and what may happen.

use std::time::Duration;

use super::random::Random;
use crate::{budget::BudgetLimits, retention::Retention};

/// The shapes of rings: number of pages, words of a page, number of newest events to show.
pub(super) const SHAPES: [(usize, usize, u64); 5] = [
    (4, 64, 0),
    (8, 64, 0),
    (16, 64, 0),
    (24, 128, 100),
    (70, 64, 40),
];

/// The settings of all recorders of a history, and the frequencies of what happens.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) shape: usize,
    pub(super) cool_down: Duration,
    pub(super) queue: usize,
    pub(super) budget: BudgetLimits,
    pub(super) retention: Retention,
    pub(super) has_fallback: bool,
    pub(super) shutdown_limit: Duration,
    pub(super) exit_reason: Option<&'static str>,
    /// Number of threads that log.
    pub(super) loggers: usize,
    /// Maximum number of events that a thread logs in a step.
    pub(super) burst: u64,
    /// Number of steps of the history.
    pub(super) steps: u32,
    /// Of this number of calls, one is interrupted.
    pub(super) interrupted: u64,
    /// Maximum duration of a call.
    pub(super) latency: Duration,
    /// Whether anything fails.
    pub(super) has_faults: bool,
    /// Whether disks stop to respond.
    pub(super) hangs: bool,
    /// Whether processes are killed, and machines lose power.
    pub(super) kills: bool,
    pub(super) forks: bool,
    pub(super) steps_clock: bool,
    /// Number of reasons that requests have.
    pub(super) reasons: u64,
    /// Maximum time between two steps.
    pub(super) pause: Duration,
}

impl Plan {
    pub(super) fn new(random: &Random) -> Self {
        let kept_max = random.pick(&[1, 2, 3, 5, 20, usize::MAX]);
        let retention = match kept_max {
            usize::MAX => Retention::unlimited(),
            count => Retention::unlimited().count(count),
        };
        let seconds = |choices: &[u64]| Duration::from_millis(random.pick(choices));
        Self {
            shape: random.below(SHAPES.len() as u64) as usize,
            cool_down: seconds(&[0, 100, 1_000, 10_000, 3_600_000]),
            queue: random.pick(&[1, 3, 64]),
            budget: BudgetLimits {
                files: random.pick(&[1, 3, 600]),
                bytes: random.pick(&[3_000, 1 << 28]),
            },
            retention,
            has_fallback: random.once_in(2),
            shutdown_limit: seconds(&[0, 200, 5_000]),
            exit_reason: random.once_in(2).then_some("exit"),
            loggers: 1 + random.below(3) as usize,
            burst: random.pick(&[2, 20, 200]),
            steps: random.pick(&[20, 60, 150]),
            interrupted: random.pick(&[2, 5, 30]),
            latency: seconds(&[0, 1, 20, 400]),
            has_faults: random.once_in(2),
            hangs: random.once_in(4),
            kills: random.once_in(3),
            forks: random.once_in(4),
            steps_clock: random.once_in(4),
            reasons: random.pick(&[1, 3, 100]),
            pause: seconds(&[1, 50, 2_000, 30_000]),
        }
    }

    /// Returns the length of the buffer that a snapshot is encoded in. With a short one, it is interrupted
    /// between pages. The segments of a clock need more.
    pub(super) fn scratch_bytes(&self) -> usize {
        let is_long = self.pause >= Duration::from_secs(1) || self.hangs;
        if self.steps_clock || is_long {
            72 << 10
        } else {
            4 << 10
        }
    }

    /// Returns whether every snapshot must succeed.
    pub(super) fn is_calm(&self) -> bool {
        let is_slow = self.latency >= Duration::from_millis(20);
        let has_time = self.shutdown_limit >= Duration::from_secs(5);
        !self.has_faults && !self.hangs && !self.kills && !is_slow && has_time
    }
}
