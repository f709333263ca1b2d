//! What was recorded, and what became of it.

use ttlog_core::{Level, Totals, decode::Record, page::PerLevel};

/// A snapshot's numbers, as they are after reading: recorded = kept + overwritten + dropped, and
/// what damage has made unreadable. What came after the snapshot was taken is in none of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Accounting {
    /// Events that the file gives.
    pub(crate) kept: PerLevel,
    /// What the snapshot states; `None` where its end is lost.
    pub(crate) totals: Option<Totals>,
    /// Events that came while the snapshot was being written: in the file, but not of it.
    late: PerLevel,
    /// Events left out because there are more than the snapshot is to show.
    trimmed: PerLevel,
    trimmed_until_ticks: u64,
}

impl Accounting {
    pub(crate) fn new(kept: PerLevel, late: PerLevel, totals: Option<Totals>) -> Self {
        Self {
            kept,
            late,
            totals,
            ..Self::default()
        }
    }

    /// Leaves the oldest event out.
    pub(crate) fn trim(&mut self, oldest: &Record<'_>) {
        let level = oldest.level as usize;
        self.kept[level] = self.kept[level].saturating_sub(1);
        self.trimmed[level] += 1;
        self.trimmed_until_ticks = oldest.ticks;
    }

    /// How many events are left out.
    pub(crate) fn trimmed(&self) -> u64 {
        self.trimmed.iter().sum()
    }

    pub(crate) fn recorded(&self) -> Option<PerLevel> {
        let totals = self.totals?;
        let parts = [self.kept, self.overwritten()?, self.unreadable()?];
        Some(sum(parts.iter().chain(&totals.dropped)))
    }

    pub(crate) fn overwritten(&self) -> Option<PerLevel> {
        self.totals
            .map(|totals| sum([&totals.overwritten, &self.trimmed]))
    }

    /// Events that were in the snapshot before it was damaged.
    pub(crate) fn unreadable(&self) -> Option<PerLevel> {
        let totals = self.totals?;
        let found = sum([&self.kept, &self.trimmed, &self.late]);
        Some(core::array::from_fn(|level| {
            totals.kept[level].saturating_sub(found[level])
        }))
    }

    /// Dropped events of all causes.
    pub(crate) fn dropped(&self) -> Option<PerLevel> {
        self.totals.map(|totals| sum(&totals.dropped))
    }

    /// Since when nothing was overwritten.
    pub(crate) fn complete_since_ticks(&self) -> Option<u64> {
        self.totals
            .map(|totals| totals.complete_since_ticks.max(self.trimmed_until_ticks))
    }
}

/// The sum over all levels.
pub(crate) fn total(counts: &PerLevel) -> u64 {
    counts
        .iter()
        .fold(0, |sum, count| sum.saturating_add(*count))
}

fn sum<'a>(parts: impl IntoIterator<Item = &'a PerLevel>) -> PerLevel {
    parts.into_iter().fold([0; Level::COUNT], |sum, part| {
        core::array::from_fn(|level| sum[level].saturating_add(part[level]))
    })
}
