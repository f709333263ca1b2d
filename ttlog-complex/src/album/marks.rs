//! The marks: how many events had been recorded at which time.

use std::{collections::VecDeque, time::SystemTime};

/// How many marks are kept: two minutes of five a second.
const MARKS: usize = 600;

/// Counts of recorded events, in the order of time.
#[derive(Debug, Default)]
pub struct Marks(VecDeque<(SystemTime, u64)>);

impl Marks {
    /// Notes that so many events have been recorded by now.
    pub fn set(&mut self, now: SystemTime, recorded: u64) {
        if self.0.len() == MARKS {
            self.0.pop_front();
        }
        self.0.push_back((now, recorded));
    }

    /// How many events had been recorded by then, or fewer: 0 where nobody knows.
    #[must_use]
    pub fn at(&self, time: SystemTime) -> u64 {
        let before = self.0.iter().rev().find(|(at, _)| *at <= time);
        before.map_or(0, |(_, recorded)| *recorded)
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn a_moment_counts_from_the_mark_before_it() {
        let start = SystemTime::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut marks = Marks::default();
        assert_eq!(marks.at(at(5)), 0);
        marks.set(at(1), 100);
        marks.set(at(2), 200);
        assert_eq!(
            [at(0), at(1), at(2), at(9)].map(|at| marks.at(at)),
            [0, 100, 200, 200]
        );
        for number in 3..2_000 {
            marks.set(at(number), number * 100);
        }
        assert_eq!(marks.0.len(), MARKS);
        assert_eq!(marks.at(at(1_500)), 150_000);
    }
}
