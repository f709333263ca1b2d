//! The detection of stalls: which heartbeats have been missed, and which have returned.
//!
//! Pure: the caller passes the time and reads the heartbeats. Time counts only if the watch has seen it pass,
//! by a check that came when it was due. If a check is late, the whole process did not run: it was
//! stopped by a debugger, or the machine was overloaded or suspended. The time since the check before is
//! then not held against any heartbeat. (A suspended machine also stops `Instant`.)
//!
//! ```text
//!            no beat for the limit               a beat
//! beating ──────────────────────────▶ missed ──────────────▶ beating
//!                Missed                            Returned
//! ```

use std::time::{Duration, Instant};

/// Number of checks within the limit. So a heartbeat is reported after one to one and a half limits.
const CHECKS: u32 = 4;

/// Minimum time between two checks.
const INTERVAL_MIN: Duration = Duration::from_millis(1);

/// The watch over all heartbeats. `P` leads to the progress of one of them.
#[derive(Debug)]
pub(crate) struct StallWatch<P> {
    limit: Duration,
    interval: Duration,
    watched: Vec<Watched<P>>,
    /// The time up to which the watch has seen time pass.
    seen: Option<Instant>,
}

/// A heartbeat.
#[derive(Debug)]
struct Watched<P> {
    name: String,
    pulse: P,
    /// The progress at the last check. Any other value is a beat.
    progress: u64,
    /// The time that the watch has seen pass since the last beat.
    silent: Duration,
    is_missed: bool,
}

/// A change of a heartbeat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct StallReport<'a> {
    /// The heartbeat's name.
    pub(crate) name: &'a str,
    pub(crate) change: StallChange,
    /// The time without a beat.
    pub(crate) silent: Duration,
}

/// The kinds of changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StallChange {
    /// No beat came within the limit.
    Missed,
    /// A beat came after the limit.
    Returned,
}

impl StallReport<'_> {
    /// Returns the reason of the snapshot: `stall_<name>`, and `stall_<name>_over` for the return.
    pub(crate) fn reason(&self) -> String {
        let end = match self.change {
            StallChange::Missed => "",
            StallChange::Returned => "_over",
        };
        format!("stall_{}{end}", self.name)
    }
}

impl<P> StallWatch<P> {
    /// Creates a watch that reports a heartbeat after `limit` without a beat.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            interval: (limit / CHECKS).max(INTERVAL_MIN),
            watched: Vec::new(),
            seen: None,
        }
    }

    /// Adds a heartbeat. Its registration counts as a beat.
    pub(crate) fn add(&mut self, name: String, pulse: P, progress: u64) {
        self.watched.push(Watched {
            name,
            pulse,
            progress,
            silent: Duration::ZERO,
            is_missed: false,
        });
    }

    /// Notes that the caller did something else until `now`, and could not check. At most one interval of that
    /// time counts.
    ///
    /// Without this call, a long write of a snapshot would look as if the process had been stopped.
    pub(crate) fn resume(&mut self, now: Instant) {
        let passed = self.pass(now).min(self.interval);
        for watched in &mut self.watched {
            watched.silent += passed;
        }
    }

    /// Checks all heartbeats. `read` returns the progress of one, or `None` if its watch has ended. Calls
    /// `report` for each change. Returns the time of the next check, or `None` if nothing is watched.
    pub(crate) fn check(
        &mut self,
        now: Instant,
        mut read: impl FnMut(&P) -> Option<u64>,
        mut report: impl FnMut(StallReport<'_>),
    ) -> Option<Instant> {
        let passed = self.pass(now);
        let is_late = passed > self.interval * 2;
        let limit = self.limit;
        self.watched.retain_mut(|watched| {
            let Some(progress) = read(&watched.pulse) else {
                return false;
            };
            if !is_late {
                watched.silent += passed;
            }
            let has_beaten = progress != watched.progress;
            let change = match watched.is_missed {
                true if has_beaten => Some(StallChange::Returned),
                false if !has_beaten && !is_late && watched.silent >= limit => {
                    Some(StallChange::Missed)
                }
                _ => None,
            };
            if let Some(change) = change {
                watched.is_missed = change == StallChange::Missed;
                report(StallReport {
                    name: &watched.name,
                    change,
                    silent: watched.silent,
                });
            }
            if has_beaten {
                watched.progress = progress;
                watched.silent = Duration::ZERO;
            }
            true
        });
        (!self.watched.is_empty()).then(|| now + self.interval)
    }

    /// Returns the time since the watch last saw time pass.
    fn pass(&mut self, now: Instant) -> Duration {
        let before = self.seen.replace(now).unwrap_or(now);
        now.saturating_duration_since(before)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(4);
    const INTERVAL: Duration = Duration::from_secs(1);

    /// A watch over one heartbeat, `scheduler`, and the time.
    struct Trial {
        watch: StallWatch<()>,
        now: Instant,
        progress: Cell<Option<u64>>,
    }

    impl Trial {
        fn new() -> Self {
            let mut watch = StallWatch::new(LIMIT);
            watch.add("scheduler".to_owned(), (), 0);
            let mut trial = Self {
                watch,
                now: Instant::now(),
                progress: Cell::new(Some(0)),
            };
            assert_eq!(trial.check_after(Duration::ZERO), [""; 0]);
            trial
        }

        fn beat(&self) {
            self.progress
                .set(self.progress.get().map(|count| count + 1));
        }

        /// Checks after some time. Returns the reasons of the snapshots.
        fn check_after(&mut self, time: Duration) -> Vec<String> {
            self.now += time;
            let mut reasons = Vec::new();
            self.watch.check(
                self.now,
                |()| self.progress.get(),
                |report| reasons.push(report.reason()),
            );
            reasons
        }

        /// Checks as many times in time. Returns the reasons of the snapshots.
        fn check_in_time(&mut self, times: u32) -> Vec<String> {
            (0..times)
                .flat_map(|_| self.check_after(INTERVAL))
                .collect()
        }
    }

    #[test]
    fn a_heartbeat_in_time_is_never_reported() {
        let mut trial = Trial::new();
        for _ in 0..100 {
            assert_eq!(trial.check_in_time(3), [""; 0]);
            trial.beat();
        }
    }

    #[test]
    fn a_missed_heartbeat_is_reported_once_and_once_when_it_returns() {
        let mut trial = Trial::new();
        for _ in 0..2 {
            assert_eq!(trial.check_in_time(3), [""; 0]);
            assert_eq!(trial.check_in_time(10), ["stall_scheduler"]);
            trial.beat();
            assert_eq!(trial.check_in_time(1), ["stall_scheduler_over"]);
            trial.beat();
            assert_eq!(trial.check_in_time(1), [""; 0]);
        }
    }

    #[test]
    fn a_report_states_the_time_without_a_beat() {
        let mut trial = Trial::new();
        let mut silent = Vec::new();
        for _ in 0..4 {
            trial.now += INTERVAL;
            let report = |report: StallReport<'_>| silent.push(report.silent);
            trial.watch.check(trial.now, |()| Some(0), report);
        }
        assert_eq!(silent, [LIMIT]);
    }

    #[test]
    fn time_in_which_the_process_did_not_run_is_not_a_stall() {
        let mut trial = Trial::new();
        assert_eq!(trial.check_in_time(3), [""; 0]);
        for _ in 0..10 {
            assert_eq!(trial.check_after(Duration::from_secs(3_600)), [""; 0]);
        }
        // The time before counts, and the process runs again.
        assert_eq!(trial.check_in_time(1), ["stall_scheduler"]);
    }

    #[test]
    fn a_heartbeat_that_returns_in_a_late_check_is_reported() {
        let mut trial = Trial::new();
        assert_eq!(trial.check_in_time(4), ["stall_scheduler"]);
        trial.beat();
        assert_eq!(
            trial.check_after(Duration::from_secs(3_600)),
            ["stall_scheduler_over"]
        );
    }

    #[test]
    fn a_caller_that_is_always_busy_still_finds_a_stall() {
        let mut trial = Trial::new();
        let mut reasons = Vec::new();
        for _ in 0..4 {
            trial.now += Duration::from_secs(60);
            trial.watch.resume(trial.now);
            reasons.extend(trial.check_after(Duration::ZERO));
        }
        assert_eq!(reasons, ["stall_scheduler"]);
    }

    #[test]
    fn an_ended_heartbeat_is_neither_reported_nor_watched() {
        let mut trial = Trial::new();
        assert_eq!(trial.check_in_time(4), ["stall_scheduler"]);
        trial.progress.set(None);
        assert_eq!(trial.check_in_time(10), [""; 0]);
        let next = trial.watch.check(trial.now, |()| None, |_| {});
        assert_eq!(next, None);
    }

    #[test]
    fn the_next_check_is_due_after_a_quarter_of_the_limit() {
        let mut trial = Trial::new();
        let next = trial.watch.check(trial.now, |()| Some(0), |_| {});
        assert_eq!(next, Some(trial.now + INTERVAL));
    }

    #[test]
    fn a_heartbeat_added_during_a_long_wait_is_not_held_to_that_wait() {
        let mut trial = Trial::new();
        trial.now += Duration::from_secs(3_600);
        trial.watch.add("late".to_owned(), (), 0);
        assert_eq!(trial.check_after(Duration::ZERO), [""; 0]);
        assert_eq!(trial.check_in_time(3), [""; 0]);
    }
}
