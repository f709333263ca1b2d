//! The breaker: spares a callee that fails, and the caller the wait for it.
//!
//! ```text
//!            too many of the last calls failed
//!   Closed ─────────────────────────────────────► Open ◄─┐
//!      ▲                                           │     │ a trial failed:
//!      │ enough trials went well   its time is over│     │ twice as long
//!      └────────────────────────── HalfOpen ◄──────┘     │
//!                                     └──────────────────┘
//! ```

use core::{fmt, time::Duration};
use std::collections::VecDeque;

/// When a breaker opens, and how it closes again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// So many of the latest calls are looked at.
    pub window: usize,
    /// With fewer than so many, nothing is decided.
    pub min_calls: usize,
    /// It opens when at least this share of them failed.
    pub failure_share: f64,
    /// How long it is open at first.
    pub open_for: Duration,
    /// How long at most, when trial after trial fails.
    pub open_for_max: Duration,
    /// So many trial calls are under way at once while it is half-open.
    pub trials_at_once: u32,
    /// So many of them going well close it.
    pub trials_to_close: u32,
}

/// What suits calls between services.
impl Default for Limits {
    fn default() -> Self {
        Self {
            window: 10,
            min_calls: 5,
            failure_share: 0.5,
            open_for: Duration::from_millis(500),
            open_for_max: Duration::from_secs(8),
            trials_at_once: 2,
            trials_to_close: 3,
        }
    }
}

/// Whether calls go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All of them.
    Closed,
    /// None.
    Open,
    /// A few, to see whether the callee is back.
    HalfOpen,
}

/// The leave to make one call. Its outcome is to be recorded with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Pass {
    /// Counts changes of state: an outcome from before the last one says nothing about now.
    era: u64,
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Calls are refused from now on.
    Opened {
        /// For how long, before the next trial.
        wait: Duration,
        /// How many of the latest calls, or trials, had failed.
        failures: usize,
        /// Of how many.
        calls: usize,
    },
    /// Trial calls are let through.
    HalfOpened,
    /// All is well again.
    Closed,
}

/// The breaker before one callee.
#[derive(Clone, Debug)]
pub struct Breaker {
    limits: Limits,
    phase: Phase,
    era: u64,
    /// How long it is open the next time.
    wait: Duration,
}

#[derive(Clone, Debug)]
enum Phase {
    /// With the latest outcomes, true for those that went well.
    Closed {
        outcomes: VecDeque<bool>,
    },
    Open {
        until: Duration,
    },
    HalfOpen {
        since: Duration,
        under_way: u32,
        went_well: u32,
    },
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            phase: Phase::closed(&limits),
            era: 0,
            wait: limits.open_for,
        }
    }

    /// Whether calls go through.
    #[must_use]
    pub fn state(&self) -> State {
        match self.phase {
            Phase::Closed { .. } => State::Closed,
            Phase::Open { .. } => State::Open,
            Phase::HalfOpen { .. } => State::HalfOpen,
        }
    }

    /// Lets a call through, or not; and says so if this is the moment at which trials begin.
    pub fn admit(&mut self, now: Duration) -> (Option<Pass>, Option<Transition>) {
        let mut transition = None;
        match self.phase {
            Phase::Open { until } if now >= until => {
                self.enter(Phase::half_open(now));
                transition = Some(Transition::HalfOpened);
            }
            // A trial of which nobody told the outcome must not keep the breaker half-open for ever.
            Phase::HalfOpen { since, .. } if now >= since + self.limits.open_for_max => {
                self.enter(Phase::half_open(now));
            }
            _ => {}
        }
        let admitted = match &mut self.phase {
            Phase::Closed { .. } => true,
            Phase::Open { .. } => false,
            Phase::HalfOpen { under_way, .. } => {
                let room = *under_way < self.limits.trials_at_once;
                *under_way += u32::from(room);
                room
            }
        };
        (admitted.then_some(Pass { era: self.era }), transition)
    }

    /// Learns how a call went that was let through.
    pub fn record(&mut self, pass: Pass, now: Duration, ok: bool) -> Option<Transition> {
        if pass.era != self.era {
            return None;
        }
        match &mut self.phase {
            Phase::Closed { outcomes } => {
                if outcomes.len() == self.limits.window {
                    outcomes.pop_front();
                }
                outcomes.push_back(ok);
                let calls = outcomes.len();
                let failures = outcomes.iter().filter(|ok| !**ok).count();
                let too_many = failures as f64 >= self.limits.failure_share * calls as f64;
                // A call that went well opens nothing, however the ones before it went.
                (!ok && calls >= self.limits.min_calls && too_many)
                    .then(|| self.open(now, failures, calls))
            }
            Phase::Open { .. } => None,
            Phase::HalfOpen {
                under_way,
                went_well,
                ..
            } => {
                if !ok {
                    let calls = *went_well as usize + 1;
                    self.wait = (self.wait * 2).min(self.limits.open_for_max);
                    return Some(self.open(now, 1, calls));
                }
                *under_way = under_way.saturating_sub(1);
                *went_well += 1;
                (*went_well >= self.limits.trials_to_close).then(|| {
                    self.wait = self.limits.open_for;
                    self.enter(Phase::closed(&self.limits));
                    Transition::Closed
                })
            }
        }
    }

    /// Learns that a call that was let through says nothing about the callee.
    pub fn waive(&mut self, pass: Pass) {
        if let Phase::HalfOpen { under_way, .. } = &mut self.phase
            && pass.era == self.era
        {
            *under_way = under_way.saturating_sub(1);
        }
    }

    fn open(&mut self, now: Duration, failures: usize, calls: usize) -> Transition {
        let wait = self.wait;
        self.enter(Phase::Open { until: now + wait });
        Transition::Opened {
            wait,
            failures,
            calls,
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.era += 1;
        self.phase = phase;
    }
}

impl Phase {
    fn closed(limits: &Limits) -> Self {
        Self::Closed {
            outcomes: VecDeque::with_capacity(limits.window),
        }
    }

    fn half_open(since: Duration) -> Self {
        Self::HalfOpen {
            since,
            under_way: 0,
            went_well: 0,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        })
    }
}

#[cfg(test)]
mod tests;
