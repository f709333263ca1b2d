//! The backlog: what is to be done again, and when.

use core::time::Duration;
use std::collections::VecDeque;

/// How long to wait after the first failure in a row.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The pauses double up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Jobs that failed and are tried again, in turn.
///
/// What they wait for is the same for many of them, so they share one pause: while it lasts nothing
/// is tried, then one job is, and when that goes well the others follow at once.
#[derive(Debug)]
pub struct Backlog<T> {
    jobs: VecDeque<T>,
    pause: Duration,
    next: Duration,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        Self {
            jobs: VecDeque::new(),
            pause: FIRST_PAUSE,
            next: Duration::ZERO,
        }
    }
}

impl<T> Backlog<T> {
    /// Adds a job that has just failed elsewhere.
    pub fn push(&mut self, job: T, now: Duration) {
        if self.jobs.is_empty() {
            self.next = now + self.pause;
        }
        self.jobs.push_back(job);
    }

    /// How long until a job is due; nothing while there is none.
    #[must_use]
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        (!self.jobs.is_empty()).then(|| self.next.saturating_sub(now))
    }

    /// Takes out the job that is due, if one is.
    pub fn due(&mut self, now: Duration) -> Option<T> {
        if self.next > now {
            return None;
        }
        self.jobs.pop_front()
    }

    /// Notes that the job that was due went well: the next one is due at once.
    pub fn worked(&mut self) {
        self.pause = FIRST_PAUSE;
        self.next = Duration::ZERO;
    }

    /// Puts the job that was due behind the others, and waits twice as long as the last time.
    pub fn failed(&mut self, job: T, now: Duration) {
        self.jobs.push_back(job);
        self.next = now + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// All jobs, in their order.
    pub fn drain(&mut self) -> impl Iterator<Item = T> {
        self.jobs.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn an_empty_backlog_waits_for_nothing() {
        let mut backlog = Backlog::<u32>::default();
        assert_eq!(backlog.wait(Duration::ZERO), None);
        assert_eq!(backlog.due(Duration::MAX), None);
    }

    #[test]
    fn nothing_is_tried_before_the_pause_is_over_and_pauses_double_up_to_the_longest() {
        let mut backlog = Backlog::default();
        let mut now = 500 * MS;
        backlog.push('a', now);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            let pause = backlog.wait(now).unwrap();
            assert_eq!(backlog.due(now + pause - Duration::from_nanos(1)), None);
            now += pause;
            pauses.push(pause.as_millis());
            let job = backlog.due(now).unwrap();
            backlog.failed(job, now);
        }
        assert_eq!(pauses, [100, 100, 200, 400, 800, 1_000, 1_000]);
    }

    #[test]
    fn jobs_take_turns_while_they_fail() {
        let mut backlog = Backlog::default();
        for job in ['a', 'b', 'c'] {
            backlog.push(job, Duration::ZERO);
        }
        let mut tried = String::new();
        for second in 1..=4 {
            let now = Duration::from_secs(10 * second);
            let job = backlog.due(now).unwrap();
            tried.push(job);
            backlog.failed(job, now);
        }
        assert_eq!(tried, "abca");
    }

    #[test]
    fn one_that_works_lets_the_others_follow_at_once() {
        let mut backlog = Backlog::default();
        for job in ['a', 'b', 'c'] {
            backlog.push(job, Duration::ZERO);
        }
        let now = FIRST_PAUSE;
        for job in ['a', 'b', 'c'] {
            assert_eq!(backlog.due(now), Some(job));
            backlog.worked();
        }
        backlog.push('d', now);
        assert_eq!(backlog.wait(now), Some(FIRST_PAUSE));
    }
}
