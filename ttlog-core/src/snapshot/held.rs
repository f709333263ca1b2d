//! A snapshot whose pages are held.

use crate::{page::PageHeader, ring::Hold};

/// The hold during which a snapshot is taken.
#[derive(Clone, Copy)]
pub(super) struct Held<'h> {
    hold: &'h Hold<'h>,
    /// A pointer, so that only a program that holds links the function.
    lost_until_ticks: fn(&Hold<'_>, usize, &PageHeader) -> u64,
}

impl<'h> Held<'h> {
    pub(super) fn new(hold: &'h Hold<'_>) -> Self {
        Self {
            hold,
            lost_until_ticks: |hold, index, header| hold.lost_until_ticks(index, header),
        }
    }

    /// Returns the time of the last event that was overwritten in a page and is missing in the snapshot.
    pub(super) fn lost_until_ticks(&self, index: usize, header: &PageHeader) -> u64 {
        (self.lost_until_ticks)(self.hold, index, header)
    }
}
