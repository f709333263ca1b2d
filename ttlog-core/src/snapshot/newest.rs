//! A snapshot of the newest events only.

use super::{header::SnapshotHeader, totals::Totals};
use crate::{
    level_counts::{LevelCounts, add},
    ring::Ring,
};

/// The limit below which pages are left out, because their events are all too old.
#[derive(Clone, Copy)]
pub(super) struct Newest {
    /// Events before this tick are too old.
    oldest_ticks: u64,
    /// A pointer, so that only a program that limits snapshots links the function.
    leave_out: fn(&Ring<'_>, usize, u64, &mut Totals) -> bool,
}

impl Newest {
    /// Returns what a snapshot with this header leaves out. Returns `None` if it holds all events.
    #[inline]
    pub(super) fn of(ring: &Ring<'_>, header: &SnapshotHeader<'_>) -> Option<Self> {
        (header.events_max != 0).then(|| Self {
            oldest_ticks: oldest_ticks(ring, header.events_max, header.moment_ticks),
            leave_out,
        })
    }

    /// Returns whether all events of a page are too old. If so, counts them.
    pub(super) fn leaves_out(&self, ring: &Ring<'_>, index: usize, totals: &mut Totals) -> bool {
        (self.leave_out)(ring, index, self.oldest_ticks, totals)
    }
}

fn leave_out(ring: &Ring<'_>, index: usize, oldest_ticks: u64, totals: &mut Totals) -> bool {
    let Ok((header, Some(end_ticks))) = ring.page_header_and_end(index) else {
        return false;
    };
    if end_ticks >= oldest_ticks {
        return false;
    }
    add(&mut totals.overwritten, &header.overwritten());
    add(&mut totals.overwritten, &header.counts());
    totals.overwritten_until(header.lost_until_ticks());
    if header.counts() != LevelCounts::default() {
        totals.overwritten_until(end_ticks);
    }
    true
}

/// Returns the latest tick `t` such that the pages starting at or after `t` hold at least `events_max`
/// events; 0 if the ring does not hold as many. Events before it need not be in the snapshot.
///
/// If `moment_ticks` is not 0, only pages count whose events are all before it.
fn oldest_ticks(ring: &Ring<'_>, events_max: u64, moment_ticks: u64) -> u64 {
    let pages = || {
        (0..ring.page_count())
            .filter_map(|index| ring.page_header_and_end(index).ok())
            .filter(|(_, end)| moment_ticks == 0 || end.is_some_and(|end| end <= moment_ticks))
            .map(|(header, _)| header)
    };
    let enough = |since_ticks: u64| {
        let events = pages()
            .filter(|header| header.base_ticks() >= since_ticks)
            .map(|header| header.counts().iter().sum::<u64>());
        events.sum::<u64>() >= events_max
    };
    let (mut low, mut high) = (
        0,
        pages().map(|header| header.base_ticks()).max().unwrap_or(0),
    );
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if enough(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}
