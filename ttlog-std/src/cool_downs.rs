//! The cool-downs of reasons that have a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use crate::reason::Reason;

/// Maximum number of reasons. Another one removes the reason whose cool-down ends first.
const REASONS_MAX: usize = 1024;

/// The reasons that were written last, and the ends of their cool-downs.
#[derive(Debug)]
pub(crate) struct CoolDowns {
    time: Duration,
    ends: BTreeMap<Reason, Instant>,
    /// The same, in the order of the ends.
    order: BTreeSet<(Instant, Reason)>,
}

impl CoolDowns {
    /// Creates a table in which each cool-down takes `time`.
    pub(crate) fn new(time: Duration) -> Self {
        Self {
            time,
            ends: BTreeMap::new(),
            order: BTreeSet::new(),
        }
    }

    /// Returns the duration of a cool-down.
    pub(crate) fn time(&self) -> Duration {
        self.time
    }

    /// Begins the cool-down of a reason. Returns its end.
    pub(crate) fn begin(&mut self, reason: &Reason, now: Instant) -> Instant {
        // A cool-down that the clock cannot represent never ends.
        let end = now.checked_add(self.time);
        let end = end.unwrap_or(now + Duration::from_secs(u32::MAX.into()));
        if let Some(before) = self.ends.insert(reason.clone(), end) {
            self.order.remove(&(before, reason.clone()));
        }
        self.order.insert((end, reason.clone()));
        if self.ends.len() > REASONS_MAX
            && let Some((_, first)) = self.order.pop_first()
        {
            self.ends.remove(&first);
        }
        end
    }

    /// Returns the end of a reason's cool-down, which may have passed. Returns `None` if the reason has no
    /// file, or was removed from the table.
    pub(crate) fn end(&self, reason: &Reason) -> Option<Instant> {
        self.ends.get(reason).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_bounded_and_keeps_the_cool_downs_that_end_last() {
        let mut cool_downs = CoolDowns::new(Duration::from_secs(3_600));
        let start = Instant::now();
        let reason = |number: usize| Reason::new(&number.to_string());
        for number in 0..100_000 {
            let now = start + Duration::from_millis(number as u64);
            cool_downs.begin(&reason(number), now);
            // Begins again, so it never ends first.
            cool_downs.begin(&reason(0), now);
        }
        assert_eq!(cool_downs.ends.len(), REASONS_MAX);
        assert_eq!(cool_downs.order.len(), REASONS_MAX);
        assert!(cool_downs.end(&reason(0)).is_some());
        assert!(cool_downs.end(&reason(99_999)).is_some());
        assert_eq!(cool_downs.end(&reason(100)), None);
    }
}
