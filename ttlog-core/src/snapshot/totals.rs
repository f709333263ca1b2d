//! The end block: what was recorded, and what became of it.

use serde::{Deserialize, Serialize};

use crate::{
    drop_cause::DropCause,
    level_counts::{LevelCounts, add},
    packer::{Pack, Packer},
};

/// The content of the end block, in postcard's encoding. All arrays by level are TRACE first.
///
/// Every event that was recorded is in exactly one of `kept`, `overwritten` and `dropped`.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Level, RecordHeader, SnapshotHeader, Word, Writer};
/// use ttlog_core::snapshot::{ByteSink, Encoder};
/// # use ttlog_core::{Memory, Ring, ring::{Geometry, Run}};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
///
/// Writer::new().write(&ring, 17, RecordHeader::new(1, Level::Warn), &|_: &[Word]| {})?;
/// let header = SnapshotHeader::of(&ring, 18);
/// let totals = Encoder::stored(&mut [0; 512]).encode(&ring, &header, ByteSink(|_| {}))?;
/// assert_eq!(totals.kept[Level::Warn as usize], 1);
/// assert_eq!(totals.overwritten, [0; Level::COUNT]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Totals {
    /// Events in this file, those after the moment of the snapshot included.
    pub kept: LevelCounts,
    /// Events whose pages were reused, and events left out: because they exceed the number of events
    /// that the snapshot holds, or do not fit the scratch buffer.
    pub overwritten: LevelCounts,
    /// Events that were not recorded, by cause (in the order of [`DropCause`]).
    pub dropped: [LevelCounts; DropCause::COUNT],
    /// Number of recorded events that went through a page which several threads share.
    pub shared: u32,
    /// No event after this tick was overwritten.
    pub complete_since_ticks: u64,
    /// Number of pages that could not be read whole, because their writer was stopped while it claimed
    /// them. If it is not 0, the numbers above may lack what was in these pages.
    pub torn_pages: u32,
    /// Number of blocks before this one.
    pub blocks: u32,
    /// Checksum of the checksums of all blocks before this one: 0, and for each block the checksum of
    /// the value before and of the block's checksum, four little-endian bytes each.
    pub blocks_checksum: u32,
    /// Number of events in `kept` that are after the moment, if the snapshot was
    /// [held](crate::snapshot::Encoder::encode_held); otherwise 0, and on a board. This is not in the
    /// file: a reader leaves these events out, and counts them itself.
    #[serde(skip)]
    pub late: u64,
}

impl Totals {
    /// Returns the number of events that were recorded or dropped, by level.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{DropCause, Level, Totals};
    ///
    /// let mut totals = Totals::default();
    /// totals.kept[Level::Info as usize] = 5;
    /// totals.overwritten[Level::Info as usize] = 100;
    /// totals.dropped[DropCause::NoPage as usize][Level::Info as usize] = 1;
    /// assert_eq!(totals.recorded()[Level::Info as usize], 106);
    /// ```
    #[must_use]
    pub fn recorded(&self) -> LevelCounts {
        let mut sum = LevelCounts::default();
        for part in [&self.kept, &self.overwritten]
            .into_iter()
            .chain(&self.dropped)
        {
            add(&mut sum, part);
        }
        sum
    }

    /// Notes that events were overwritten until this tick.
    #[inline(never)]
    pub(crate) fn overwritten_until(&mut self, ticks: u64) {
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
            .put_integer(self.blocks.into())
            .put_integer(self.blocks_checksum.into());
    }
}
