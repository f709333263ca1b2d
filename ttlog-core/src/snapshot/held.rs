//! A snapshot whose pages are held.

use crate::{page::PageHeader, record::walk::Step, ring::Hold};

/// The hold during which a snapshot is taken.
#[derive(Clone, Copy)]
pub(super) struct Held<'h> {
    hold: &'h Hold<'h>,
    /// A pointer, so that only a program that holds links the function.
    lost_until_ticks: fn(&Hold<'_>, usize, &PageHeader) -> u64,
    late: fn(&Hold<'_>, u64, u64, &[u8]) -> u32,
}

impl<'h> Held<'h> {
    pub(super) fn new(hold: &'h Hold<'_>) -> Self {
        Self {
            hold,
            lost_until_ticks: |hold, index, header| hold.lost_until_ticks(index, header),
            late,
        }
    }

    /// Returns the time of the last event that was overwritten in a page and is missing in the snapshot.
    pub(super) fn lost_until_ticks(&self, index: usize, header: &PageHeader) -> u64 {
        (self.lost_until_ticks)(self.hold, index, header)
    }

    /// Returns the number of events in a chunk that are after the moment of the hold. The delta of the first
    /// record counts from `from_ticks`, and the last record is at `until_ticks`.
    pub(super) fn late(&self, from_ticks: u64, until_ticks: u64, records: &[u8]) -> u32 {
        (self.late)(self.hold, from_ticks, until_ticks, records)
    }
}

fn late(hold: &Hold<'_>, from_ticks: u64, until_ticks: u64, mut records: &[u8]) -> u32 {
    let moment_ticks = hold.moment_ticks();
    if until_ticks <= moment_ticks {
        return 0;
    }
    let mut ticks = from_ticks;
    let mut late = 0;
    while let Some(step) = Step::split_from(&mut records) {
        ticks = step.ticks(ticks);
        // As a reader does: the records of a page are in the order of time.
        if step.header.id() != 0 && (late != 0 || ticks > moment_ticks) {
            late += 1;
        }
    }
    late
}
