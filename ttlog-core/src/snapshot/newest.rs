//! A snapshot of the newest events only.

use super::{
    header::SnapshotHeader,
    totals::{Totals, add},
};
use crate::{page::PerLevel, ring::Ring};

/// How to leave pages out whose events are all too old.
#[derive(Clone, Copy)]
pub(super) struct Newest {
    /// The latest moment that so many pages begin after as hold enough events.
    oldest_ticks: u64,
    /// As a pointer, so that only a program which limits snapshots links what it points to.
    leave_out: fn(&Ring<'_>, usize, u64, &mut Totals) -> bool,
}

impl Newest {
    /// What a snapshot with this header may leave out. `None` where it holds all events.
    #[inline]
    pub(super) fn of(ring: &Ring<'_>, header: &SnapshotHeader<'_>) -> Option<Self> {
        (header.events_max != 0).then(|| Self {
            oldest_ticks: oldest_ticks(ring, header.events_max, header.taken_ticks),
            leave_out,
        })
    }

    /// Whether all events of a page are too old; it is in the totals then.
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
    totals.complete_since(header.lost_until_ticks());
    if header.counts() != PerLevel::default() {
        totals.complete_since(end_ticks);
    }
    true
}

/// The latest moment that so many pages begin after as hold at least `events_max` events; 0 where
/// the ring does not hold as many. Events from before it need not be in the snapshot.
///
/// With a `taken_ticks`, only pages count whose events all were until then.
fn oldest_ticks(ring: &Ring<'_>, events_max: u64, taken_ticks: u64) -> u64 {
    let pages = || {
        (0..ring.page_count())
            .filter_map(|index| ring.page_header_and_end(index).ok())
            .filter(|(_, end)| taken_ticks == 0 || end.is_some_and(|end| end <= taken_ticks))
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
