//! The end block: what was recorded, and what became of it.

use serde::{Deserialize, Serialize};

use super::packer::{Pack, Packer};
use crate::{lane::Dropped, page::PerLevel};

/// The content of the end block, in postcard's encoding. All arrays by level are TRACE first.
///
/// Every event that was recorded is in exactly one of `kept`, `overwritten` and `dropped`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Totals {
    /// Events in this file, those that came after the snapshot was taken included.
    pub kept: PerLevel,
    /// Events whose pages were reused, and those left out: because they are over the number of
    /// events that the snapshot holds, or do not fit the scratch buffer.
    pub overwritten: PerLevel,
    /// Events that never came into the ring, by cause ([`Dropped`]'s order).
    pub dropped: [PerLevel; Dropped::COUNT],
    /// Of the recorded events, how many went through a page that writers shared.
    pub shared: u32,
    /// No event after this moment of the ring's clock was overwritten.
    pub complete_since_ticks: u64,
    /// Pages that could not be read whole, because their writer was stopped while it claimed
    /// them. Where this is not 0, the numbers above may lack what was in these pages.
    pub torn_pages: u32,
    /// Blocks before this one.
    pub blocks: u32,
}

impl Totals {
    /// Events that were recorded or should have been, by level.
    #[must_use]
    pub fn recorded(&self) -> PerLevel {
        let mut sum = [0; crate::Level::COUNT];
        for part in [&self.kept, &self.overwritten]
            .into_iter()
            .chain(&self.dropped)
        {
            add(&mut sum, part);
        }
        sum
    }

    /// Notes that events were overwritten until then.
    #[inline(never)]
    pub(crate) fn complete_since(&mut self, ticks: u64) {
        self.complete_since_ticks = self.complete_since_ticks.max(ticks);
    }
}

impl Pack for Totals {
    fn pack(&self, packer: &mut Packer<'_>) {
        packer
            .put_integers(&self.kept)
            .put_integers(&self.overwritten)
            .put_integers(self.dropped.as_flattened())
            .put_integer(self.shared.into())
            .put_integer(self.complete_since_ticks)
            .put_integer(self.torn_pages.into())
            .put_integer(self.blocks.into());
    }
}

pub(crate) fn add(sum: &mut PerLevel, part: &PerLevel) {
    for (sum, part) in sum.iter_mut().zip(part) {
        *sum = sum.saturating_add(*part);
    }
}
