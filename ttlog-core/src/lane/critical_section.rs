//! The lane of a program on one core without threads: main and all interrupt handlers share one
//! writer, and each record is written inside a critical section.
//!
//! Choose it on a microcontroller without an RTOS, or with one whose tasks all run on one core. It
//! needs an implementation of the [`critical-section`](https://docs.rs/critical-section) crate, which
//! the support crate of the chip provides.
//!
//! [`install`] makes a ring in any memory. [`install_banks`] makes one in memory that survives a
//! reset, and gives back the ring of the run before.
//!
//! # Cost
//!
//! An event with three integers takes 127 instructions on a Cortex-M3, 83 of them with interrupts
//! disabled. A new page takes a few hundred, also with interrupts disabled. `examples/firmware`
//! measures both.

use core::cell::{Cell, OnceCell};

use critical_section::Mutex;

use super::{DropCause, Fill, Lane, LaneInstalled, RecordTooLong, UseWriter};
use crate::{
    callsite::Callsite,
    level::Level,
    record::RecordHeader,
    region::{self, Recovery, Region, RegionConfig},
    registry::{self, Observer, ObserverInstalled},
    ring::{Geometry, GeometryError, Ring, Run},
    split_mix::SplitMix64,
    sync::Word,
    writer::{WriteError, Writer},
};

/// The program's clock: a counter that never goes back, and its rate.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Reads the counter. It is called inside the critical section, so it must be quick.
    pub ticks: fn() -> u64,
    /// Ticks in a second.
    pub hz: u64,
}

// What every event needs stands first. All zeros at the start, so it takes no flash.
#[repr(C)]
struct Board {
    /// Reads the clock; `None` before the lane is installed.
    ticks: Cell<Option<fn() -> u64>>,
    writer: Writer<'static>,
    ring: OnceCell<Ring<'static>>,
    region: Cell<Option<Region<'static>>>,
    random: SplitMix64,
}

static BOARD: Mutex<Board> = Mutex::new(Board {
    ticks: Cell::new(None),
    writer: Writer::new(),
    ring: OnceCell::new(),
    region: Cell::new(None),
    random: SplitMix64::new(),
});

static LANE: Lane = Lane {
    write,
    count_dropped,
    with_writer,
};

/// Makes `memory` the program's ring and installs this lane. Call it once, at the program's start.
///
/// `seed` is a number that differs from boot to boot: from a random number generator, or from noise. It
/// is the id of the [run](Run::id), and those of traces and spans come from it. If it is 0, the run has
/// no id, and span ids repeat at every boot.
///
/// # Errors
///
/// - [`InstallError::Geometry`] if the memory cannot be made a ring.
/// - [`InstallError::Lane`] if a lane is installed already.
///
/// # Examples
///
/// ```standalone_crate
/// use ttlog_core::{Geometry, Memory, info};
/// use ttlog_core::lane::critical_section::{self, Clock, InstallError};
///
/// static MEMORY: Memory<1024> = Memory::new();
/// let (geometry, clock) = (Geometry { page_words: 128 }, Clock { ticks: || 7, hz: 1_000_000 });
/// let ring = critical_section::install(&MEMORY, geometry, clock, 0x5eed)?;
/// info!("boot");
/// assert_eq!(ring.oldest_ticks(), Some(7));
/// # Ok::<(), InstallError>(())
/// ```
pub fn install(
    memory: &'static [Word],
    geometry: Geometry,
    clock: Clock,
    seed: u64,
) -> Result<Ring<'static>, InstallError> {
    let ring = Ring::new(memory, geometry, run(clock, seed)).map_err(InstallError::Geometry)?;
    super::install(&LANE).map_err(InstallError::Lane)?;
    begin(ring, clock, None);
    Ok(ring)
}

static OBSERVER: Observer = Observer { described };

/// Makes the program's ring in memory that survives a reset, and installs this lane. Call it once, at
/// the program's start, before the first event.
///
/// Returns the state of the ring of the run before, which stays readable until the program
/// [acknowledges](region::PreviousRun::acknowledge) it; see [`region`].
///
/// `banks` are two slices of memory that the start-up code does not initialise, for example the
/// [`halves`](crate::Memory::halves) of a static in `.uninit`. The callsites' descriptions are kept
/// too, if the configuration has room for them. On a core with a write-back cache the memory must not
/// be cached, because a reset loses what is only in the cache.
///
/// `seed` is as in [`install`]. It may be the same at each boot, a serial number for example: the
/// number of the boot is mixed in.
///
/// # Errors
///
/// - [`InstallError::Geometry`] if a bank does not hold what is configured.
/// - [`InstallError::Lane`] if a lane is installed already.
/// - [`InstallError::Observer`] if a [`registry::Observer`] is installed already.
///
/// # Examples
///
/// ```
/// use ttlog_core::{
///     Geometry, Memory,
///     lane::critical_section::{self, Clock},
///     region::RegionConfig,
///     snapshot::{Encoder, SliceSink, SnapshotHeader},
/// };
///
/// const CONFIG: RegionConfig<'static> = RegionConfig {
///     geometry: Geometry { page_words: 128 },
///     dictionary_words: 256,
///     service: "pump",
///     target: "thumbv7m",
///     build_id: env!("CARGO_PKG_VERSION"),
/// };
/// // On a board: #[unsafe(link_section = ".uninit.ttlog")]
/// static MEMORY: Memory<{ 2 * CONFIG.memory_words(4) }> = Memory::new();
///
/// let clock = Clock { ticks: || 0, hz: 1_000_000 };
/// let serial_number = 0x1234_5678_9abc;
/// let recovery =
///     critical_section::install_banks(MEMORY.halves(), &CONFIG, clock, serial_number)?;
/// ttlog_core::info!("boot number={} state={}", recovery.boot, recovery.state.name());
/// if let Some(previous) = recovery.previous {
///     let (mut scratch, mut flash) = ([0; 512], [0; 4096]);
///     let header = SnapshotHeader::recovered(&previous, &CONFIG, "watchdog");
///     let sink = SliceSink::new(&mut flash);
///     Encoder::stored(&mut scratch).encode_region(&previous.region(), &header, sink)?;
///     previous.acknowledge();
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn install_banks(
    banks: [&'static [Word]; 2],
    config: &RegionConfig<'_>,
    clock: Clock,
    seed: u64,
) -> Result<Recovery<'static>, InstallError> {
    for bank in banks {
        config.check(bank.len()).map_err(InstallError::Geometry)?;
    }
    // Before the lane is installed, which cannot be undone.
    if registry::is_observed() && !super::is_any_installed() {
        return Err(InstallError::Observer(ObserverInstalled));
    }
    // Before the memory is written to: it may be the ring of the lane that is installed.
    super::install(&LANE).map_err(InstallError::Lane)?;
    let recovery =
        region::recover(banks, config, run(clock, seed)).map_err(InstallError::Geometry)?;
    begin(recovery.region.ring(), clock, Some(recovery.region));
    registry::observe(&OBSERVER).map_err(InstallError::Observer)?;
    Ok(recovery)
}

fn run(clock: Clock, seed: u64) -> Run {
    Run {
        id: seed,
        clock_hz: clock.hz,
        start_ticks: (clock.ticks)(),
    }
}

/// Starts to record.
fn begin(ring: Ring<'static>, clock: Clock, region: Option<Region<'static>>) {
    critical_section::with(|section| {
        let board = BOARD.borrow(section);
        board.random.seed(ring.run().id);
        board.region.set(region);
        // The lane is installed once, so there is no ring before.
        let _ = board.ring.set(ring);
        board.ticks.set(Some(clock.ticks));
    });
}

/// Returns the program's ring, once it is installed. A panic or fault handler gets it here.
///
/// # Examples
///
/// ```standalone_crate
/// use ttlog_core::{Geometry, Memory};
/// use ttlog_core::lane::critical_section::{self, Clock};
///
/// assert!(critical_section::ring().is_none());
/// static MEMORY: Memory<1024> = Memory::new();
/// let clock = Clock { ticks: || 7, hz: 1_000_000 };
/// critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
/// let ring = critical_section::ring().expect("the lane is installed");
/// assert_eq!(ring.run().id, 0x5eed);
/// # Ok::<(), critical_section::InstallError>(())
/// ```
#[must_use]
pub fn ring() -> Option<Ring<'static>> {
    critical_section::with(|section| BOARD.borrow(section).ring.get().copied())
}

fn described(callsite: &'static Callsite) {
    let region = critical_section::with(|section| BOARD.borrow(section).region.get());
    // Outside the critical section: it takes longer than an event.
    if let Some(region) = region {
        region.describe(callsite);
    }
}

/// Why the lane was not installed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum InstallError {
    /// The memory cannot be made a ring.
    Geometry(GeometryError),
    /// A lane is installed already.
    Lane(LaneInstalled),
    /// An observer of callsites is installed already.
    Observer(ObserverInstalled),
}

impl core::fmt::Display for InstallError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Geometry(error) => error.fmt(f),
            Self::Lane(error) => error.fmt(f),
            Self::Observer(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for InstallError {}

fn with<R>(act: impl FnOnce(&Board, &Ring<'static>) -> R) -> Option<R> {
    critical_section::with(|section| {
        let board = BOARD.borrow(section);
        board.ring.get().map(|ring| act(board, ring))
    })
}

/// The fast path of a record. Returns `false` and writes nothing if the record needs the slow path,
/// or if this lane is not installed.
#[inline(always)]
pub(super) fn write_fast(header: RecordHeader, words: usize, fill: &impl Fill) -> bool {
    critical_section::with(|section| {
        let board = BOARD.borrow(section);
        let Some(ticks) = board.ticks.get() else {
            return false;
        };
        board.writer.write_words_fast(ticks(), header, words, fill)
    })
}

fn write(header: RecordHeader, fill: &dyn Fill) -> Result<(), RecordTooLong> {
    critical_section::with(|section| BOARD.borrow(section).write_slow(header, fill))
}

impl Board {
    fn write_slow(&self, header: RecordHeader, fill: &dyn Fill) -> Result<(), RecordTooLong> {
        let (Some(ticks), Some(ring)) = (self.ticks.get(), self.ring.get()) else {
            return Ok(());
        };
        match self.writer.write_slow(ring, ticks(), header, fill) {
            Ok(()) => Ok(()),
            Err(WriteError::TooLong { max_words }) => Err(RecordTooLong { max_words }),
            Err(WriteError::Dropped(cause)) => {
                if let Some(level) = Level::from_number(header.level_number()) {
                    ring.count_dropped(level, cause);
                }
                Ok(())
            }
        }
    }
}

fn count_dropped(level: Level, cause: DropCause) {
    with(|_, ring| ring.count_dropped(level, cause));
}

fn with_writer(act: UseWriter<'_>) {
    with(|board, _| act(&board.writer, &board.random));
}
