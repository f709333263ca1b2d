//! Two regions by turns: one holds what the run before left behind, the other is this run's.

use super::{Corrupt, Found, Plan, Region, RegionError, place};
use crate::{
    ring::GeometryError,
    snapshot::SnapshotHeader,
    sync::{Ordering, Word},
};

/// What a program finds in its memory when it starts, and its own region there.
#[derive(Clone, Copy, Debug)]
pub struct Boot<'a> {
    /// What became of the ring of the run before.
    pub found: Found,
    /// Which run of the program this is, from 1: one more than that of the newest ring in the
    /// memory.
    pub number: u32,
    /// This run's region, its ring empty.
    pub region: Region<'a>,
    /// The ring of the run before, where there is one to be read. Until it is
    /// [`done`](Dead::done) with, the next starts do not touch it either, and record into the same
    /// memory as this one.
    pub dead: Option<Dead<'a>>,
}

/// The ring of a run that is over.
#[derive(Clone, Copy, Debug)]
pub struct Dead<'a> {
    region: Region<'a>,
}

impl<'a> Dead<'a> {
    /// Its region, for [`Encoder::encode_region`](crate::snapshot::Encoder::encode_region).
    #[must_use]
    pub fn region(&self) -> Region<'a> {
        self.region
    }

    /// Which run of the program it is from. Where it is not the one before this, those between
    /// died while this one was still not done with, and have overwritten each other.
    #[must_use]
    pub fn boot(&self) -> u32 {
        self.region.boot()
    }

    /// The header of a snapshot of it: with the dead run's clock, and without a wall clock, because
    /// nobody knows what time it was.
    #[must_use]
    pub fn header<'h>(&self, plan: &Plan<'h>, reason: &'h str) -> SnapshotHeader<'h> {
        let ring = self.region.ring();
        SnapshotHeader {
            service: plan.service,
            reason,
            target: plan.target,
            build_id: plan.build_id,
            ..SnapshotHeader::of(&ring, 0)
        }
    }

    /// Says that it is not needed any more, because its snapshot is written: the next start may use
    /// its memory.
    pub fn done(self) {
        self.region.set_done();
    }
}

/// Looks for the ring of the run before in two banks of memory, and makes this run's region in the
/// bank that is free. Before the first event.
///
/// A ring that nobody was done with is kept, and of two the older, because what went wrong first is
/// worth more than what followed from it.
///
/// # Errors
///
/// [`GeometryError`] where a bank does not hold what is planned; both are left as they were.
// Not in line: whoever calls it once would have it compiled for speed.
#[inline(never)]
pub fn start<'a>(
    banks: [&'a [Word]; 2],
    plan: &Plan<'_>,
    clock_hz: u64,
    start_ticks: u64,
) -> Result<Boot<'a>, GeometryError> {
    for bank in banks {
        plan.region_words(bank.len())?;
    }
    let looks = banks.map(|bank| Look::at(bank, plan));
    let number = |look: &Look<'_>| match look {
        Look::Region(region) => Some(region.boot()),
        _ => None,
    };
    let newest = match (number(&looks[0]), number(&looks[1])) {
        (Some(first), Some(second)) => Some(if is_later(first, second) {
            first
        } else {
            second
        }),
        (first, second) => first.or(second),
    };
    let undone = |look: &Look<'a>| match look {
        Look::Region(region) if !region.is_done() => Some(*region),
        _ => None,
    };
    let (dead, free) = match (undone(&looks[0]), undone(&looks[1])) {
        (Some(first), Some(second)) if is_later(first.boot(), second.boot()) => (Some(second), 0),
        (Some(first), _) => (Some(first), 1),
        (None, Some(second)) => (Some(second), 0),
        // What is corrupt goes first, else what is older.
        (None, None) => (None, free_bank(&looks)),
    };
    let corrupt = looks.iter().find_map(|look| match look {
        Look::Corrupt(corrupt) => Some(*corrupt),
        _ => None,
    });
    let found = match (dead, corrupt) {
        (Some(region), _) => region.check(),
        (None, Some(corrupt)) => Found::Corrupt(corrupt),
        (None, None) => Found::Fresh,
    };
    // It is reported once.
    for (bank, look) in banks.iter().zip(&looks) {
        if let Look::Corrupt(_) = look {
            forget(bank, plan);
        }
    }
    let number = newest.map_or(1, |newest| newest.wrapping_add(1));
    let bank = if free == 0 { banks[0] } else { banks[1] };
    let region = Region::new(bank, plan, clock_hz, start_ticks, number)?;
    Ok(Boot {
        found,
        number,
        region,
        dead: dead.map(|region| Dead { region }),
    })
}

/// What a bank holds.
#[derive(Clone, Copy, Debug)]
enum Look<'a> {
    /// What it has held since it got power.
    Nothing,
    Corrupt(Corrupt),
    Region(Region<'a>),
}

impl<'a> Look<'a> {
    fn at(bank: &'a [Word], plan: &Plan<'_>) -> Self {
        match Region::read(bank) {
            Ok(region) if region.is_of(plan, bank.len()) => Self::Region(region),
            Ok(_) => Self::Corrupt(Corrupt::Foreign),
            // The magic itself may be what is damaged: the ring behind it has its own.
            Err(RegionError::Magic) if is_being_made(bank) || !has_ring(bank, plan) => {
                Self::Nothing
            }
            Err(error) => Self::Corrupt(Corrupt::Header(error)),
        }
    }
}

/// The run that made the region ended before the region was there.
fn is_being_made(bank: &[Word]) -> bool {
    let magic = bank.get(place::MAGIC);
    magic.is_some_and(|word| word.load(Ordering::Relaxed) == super::MAKING)
}

/// Whether a ring stands where the plan has it.
fn has_ring(bank: &[Word], plan: &Plan<'_>) -> bool {
    let magic = bank.get(plan.lead_words());
    magic.is_some_and(|word| word.load(Ordering::Relaxed) == crate::ring::MAGIC)
}

/// Makes a bank one that holds nothing.
fn forget(bank: &[Word], plan: &Plan<'_>) {
    for at in [place::MAGIC, plan.lead_words()] {
        if let Some(word) = bank.get(at) {
            word.store(0, Ordering::Relaxed);
        }
    }
}

fn free_bank(looks: &[Look<'_>; 2]) -> usize {
    match looks {
        [Look::Region(first), Look::Region(second)] => {
            usize::from(is_later(first.boot(), second.boot()))
        }
        // What this run may need to know of the run before is not in the newest region.
        [Look::Region(_), _] => 1,
        _ => 0,
    }
}

/// Whether one number of a boot comes after another; they wrap.
fn is_later(boot: u32, than: u32) -> bool {
    boot.wrapping_sub(than) as i32 > 0
}
