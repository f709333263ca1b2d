//! Two regions by turns: one holds what the run before has left behind, the other is this run's.

use super::{Corruption, RecoveryState, Region, RegionConfig, RegionError, place};
use crate::{
    ring::{GeometryError, Run},
    sync::{Ordering, Word},
};

/// The state of the memory when a program starts, and the region of this run.
#[derive(Clone, Copy, Debug)]
pub struct Recovery<'a> {
    /// The state of the ring of the run before.
    pub state: RecoveryState,
    /// The number of this boot, from 1: one more than that of the newest ring in the memory.
    pub boot: u32,
    /// The region of this run. Its ring is empty.
    pub region: Region<'a>,
    /// The ring of the run before, if it can be read. Until it is
    /// [acknowledged](PreviousRun::acknowledge), later starts keep it too, and record into the same
    /// memory as this one.
    pub previous: Option<PreviousRun<'a>>,
}

/// The ring of a run that has ended.
///
/// # Examples
///
/// A previous run stays until it is acknowledged:
///
/// ```
/// # use ttlog_core::{Geometry, Memory, ring::Run};
/// use ttlog_core::region::{RegionConfig, recover};
///
/// # const CONFIG: RegionConfig<'static> = RegionConfig {
/// #     geometry: Geometry { page_words: 128 }, dictionary_words: 256,
/// #     service: "pump", target: "thumbv7m", build_id: "1.0.3",
/// # };
/// # let memory = Memory::<{ 2 * CONFIG.memory_words(4) }>::new();
/// # recover(memory.halves(), &CONFIG, Run::default())?;
/// for boot in [2, 3] {
///     let recovery = recover(memory.halves(), &CONFIG, Run::default())?;
///     let previous = recovery.previous.expect("the ring of the first boot");
///     assert_eq!((recovery.boot, previous.boot()), (boot, 1));
/// }
/// # Ok::<(), ttlog_core::ring::GeometryError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PreviousRun<'a> {
    region: Region<'a>,
}

impl<'a> PreviousRun<'a> {
    /// Returns its region, for
    /// [`Encoder::encode_region`](crate::snapshot::Encoder::encode_region).
    #[must_use]
    pub fn region(&self) -> Region<'a> {
        self.region
    }

    /// Returns the number of its boot. If that is not the boot before this one, the runs between ended
    /// while this ring was not acknowledged, and have overwritten each other.
    #[must_use]
    pub fn boot(&self) -> u32 {
        self.region.boot()
    }

    /// Marks the ring as no longer needed, because its snapshot is written: the next start may use its
    /// memory.
    pub fn acknowledge(self) {
        self.region.acknowledge();
    }
}

/// Finds the ring of the run before in two banks of memory, and makes this run's region in the bank that
/// is free. Call it before the first event.
///
/// A ring that has not been acknowledged is preserved. If both banks hold one, the older is preserved:
/// the first failure usually explains the second.
///
/// The id of this run is made of that of `run` and the number of the boot; see [`Run::of_boot`].
///
/// # Errors
///
/// [`GeometryError`] if a bank does not hold what is configured. Both banks are unchanged then.
///
/// # Examples
///
/// ```
/// # use ttlog_core::{Geometry, Level, Memory, RecordHeader, Word, Writer, ring::Run};
/// use ttlog_core::region::{RecoveryState, RegionConfig, recover};
///
/// # const CONFIG: RegionConfig<'static> = RegionConfig {
/// #     geometry: Geometry { page_words: 128 }, dictionary_words: 256,
/// #     service: "pump", target: "thumbv7m", build_id: "1.0.3",
/// # };
/// # let memory = Memory::<{ 2 * CONFIG.memory_words(4) }>::new();
/// let ring = recover(memory.halves(), &CONFIG, Run::default())?.region.ring();
/// Writer::new().write(&ring, 17, RecordHeader::new(1, Level::Error), &|_: &[Word]| {})?;
/// // … a reset …
/// let recovery = recover(memory.halves(), &CONFIG, Run::default())?;
/// assert_eq!(recovery.state, RecoveryState::Recovered);
/// let previous = recovery.previous.expect("the first run's ring");
/// assert_eq!(previous.region().ring().count().kept[Level::Error as usize], 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// Not in line: the caller, which calls it once, may be compiled for speed.
#[inline(never)]
pub fn recover<'a>(
    banks: [&'a [Word]; 2],
    config: &RegionConfig<'_>,
    run: Run,
) -> Result<Recovery<'a>, GeometryError> {
    for bank in banks {
        config.region_words(bank.len())?;
    }
    let states = banks.map(|bank| BankState::of(bank, config));
    let number = |state: &BankState<'_>| match state {
        BankState::Region(region) => Some(region.boot()),
        _ => None,
    };
    let newest = match (number(&states[0]), number(&states[1])) {
        (Some(first), Some(second)) => Some(if is_later(first, second) {
            first
        } else {
            second
        }),
        (first, second) => first.or(second),
    };
    let unacknowledged = |state: &BankState<'a>| match state {
        BankState::Region(region) if !region.is_acknowledged() => Some(*region),
        _ => None,
    };
    let (previous, free) = match (unacknowledged(&states[0]), unacknowledged(&states[1])) {
        (Some(first), Some(second)) if is_later(first.boot(), second.boot()) => (Some(second), 0),
        (Some(first), _) => (Some(first), 1),
        (None, Some(second)) => (Some(second), 0),
        // A corrupt bank is reused first, otherwise the older one.
        (None, None) => (None, free_bank(&states)),
    };
    let corrupt = states.iter().find_map(|state| match state {
        BankState::Corrupt(corrupt) => Some(*corrupt),
        _ => None,
    });
    let state = match (previous, corrupt) {
        (Some(region), _) => region.check(),
        (None, Some(corrupt)) => RecoveryState::Corrupt(corrupt),
        (None, None) => RecoveryState::Fresh,
    };
    // Corruption is reported once.
    for (bank, found) in banks.iter().zip(&states) {
        if let BankState::Corrupt(_) = found {
            forget(bank, config);
        }
    }
    let boot = newest.map_or(1, |newest| newest.wrapping_add(1));
    let bank = if free == 0 { banks[0] } else { banks[1] };
    let region = Region::new(bank, config, run.of_boot(boot), boot)?;
    Ok(Recovery {
        state,
        boot,
        region,
        previous: previous.map(|region| PreviousRun { region }),
    })
}

/// The content of a bank.
#[derive(Clone, Copy, Debug)]
enum BankState<'a> {
    /// Nothing, or what it has held since it got power.
    Nothing,
    Corrupt(Corruption),
    Region(Region<'a>),
}

impl<'a> BankState<'a> {
    fn of(bank: &'a [Word], config: &RegionConfig<'_>) -> Self {
        match Region::read(bank) {
            Ok(region) if region.is_of(config, bank.len()) => Self::Region(region),
            Ok(_) => Self::Corrupt(Corruption::Foreign),
            // The magic itself may be damaged. The ring behind it has its own.
            Err(RegionError::Magic) if is_being_made(bank) || !has_ring(bank, config) => {
                Self::Nothing
            }
            Err(error) => Self::Corrupt(Corruption::Header(error)),
        }
    }
}

/// Returns whether the run that made the region ended before the region was complete.
fn is_being_made(bank: &[Word]) -> bool {
    let magic = bank.get(place::MAGIC);
    magic.is_some_and(|word| word.load(Ordering::Relaxed) == super::MAKING)
}

/// Returns whether a ring begins in the place that is configured.
fn has_ring(bank: &[Word], config: &RegionConfig<'_>) -> bool {
    let magic = bank.get(config.lead_words());
    magic.is_some_and(|word| word.load(Ordering::Relaxed) == crate::ring::MAGIC)
}

/// Makes a bank one that holds nothing.
fn forget(bank: &[Word], config: &RegionConfig<'_>) {
    for at in [place::MAGIC, config.lead_words()] {
        if let Some(word) = bank.get(at) {
            word.store(0, Ordering::Relaxed);
        }
    }
}

fn free_bank(states: &[BankState<'_>; 2]) -> usize {
    match states {
        [BankState::Region(first), BankState::Region(second)] => {
            usize::from(is_later(first.boot(), second.boot()))
        }
        // The newest region is kept.
        [BankState::Region(_), _] => 1,
        _ => 0,
    }
}

/// Returns whether the number of a boot comes after another. The numbers wrap.
fn is_later(boot: u32, than: u32) -> bool {
    boot.wrapping_sub(than) as i32 > 0
}
