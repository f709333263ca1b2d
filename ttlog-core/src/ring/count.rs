//! Counting what the ring has seen.

use super::{Ring, place};
use crate::{lane::Dropped, page::PerLevel, snapshot::add, sync::Ordering};

/// What became of the events so far, by level.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Events that can be read now.
    pub kept: PerLevel,
    /// Events whose pages were reused.
    pub overwritten: PerLevel,
    /// Events that never came into the ring, for any cause.
    pub dropped: PerLevel,
}

impl Counts {
    /// All three together.
    #[must_use]
    pub fn recorded(&self) -> PerLevel {
        let mut sum = self.kept;
        add(&mut sum, &self.overwritten);
        add(&mut sum, &self.dropped);
        sum
    }
}

impl Ring<'_> {
    /// Counts the events. Exact while nobody records; else each page is as it was when it was
    /// looked at. Takes some tens of nanoseconds a page.
    #[must_use]
    pub fn count(&self) -> Counts {
        let mut counts = Counts::default();
        for header in (0..self.page_count()).filter_map(|index| self.page_header(index).ok()) {
            add(&mut counts.kept, &header.counts());
            add(&mut counts.overwritten, &header.overwritten());
        }
        for cause in Dropped::ALL {
            add(&mut counts.dropped, &self.dropped(cause));
        }
        counts
    }

    /// How many events were dropped, by cause ([`Dropped`]'s order) and level.
    pub(crate) fn read_dropped(&self, dropped: &mut [PerLevel; Dropped::COUNT]) {
        let counters = self.header.get(place::DROPPED..).unwrap_or_default();
        for (count, counter) in dropped.as_flattened_mut().iter_mut().zip(counters) {
            *count = counter.load(Ordering::Relaxed).into();
        }
    }
}
