//! The lane of a program that runs on one core without threads: main and every interrupt handler
//! write through one writer, each inside a critical section.

use core::cell::{Cell, OnceCell};

use critical_section::Mutex;

use super::{AlreadyInstalled, Dropped, Fill, Lane, TooLong, UseWriter};
use crate::{
    callsite::Callsite,
    level::Level,
    random::Random,
    record::Header,
    region::{self, Boot, Plan, Region},
    registry::{self, Observer},
    ring::{Geometry, GeometryError, Ring},
    sync::Word,
    writer::{Refused, Writer},
};

/// The time: a counter that never goes back, and its rate.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Reads the counter. It is called inside the critical section, so it must be quick.
    pub ticks: fn() -> u64,
    /// Ticks in a second.
    pub hz: u64,
}

/// What every event needs stands first. It begins as zeros, so that it takes no room in flash.
#[repr(C)]
struct Board {
    /// How the clock is read.
    ticks: Cell<Option<fn() -> u64>>,
    writer: Writer<'static>,
    ring: OnceCell<Ring<'static>>,
    region: Cell<Option<Region<'static>>>,
    random: Random,
}

static BOARD: Mutex<Board> = Mutex::new(Board {
    ticks: Cell::new(None),
    writer: Writer::new(),
    ring: OnceCell::new(),
    region: Cell::new(None),
    random: Random::new(),
});

static LANE: Lane = Lane {
    write,
    count_dropped,
    with_writer,
};

/// Makes `memory` the program's ring and installs this lane. Once, at the start of the program.
///
/// # Errors
///
/// [`InstallError`] where the memory does not suit, or a lane is installed already.
pub fn install(
    memory: &'static [Word],
    geometry: Geometry,
    clock: Clock,
) -> Result<Ring<'static>, InstallError> {
    let now = (clock.ticks)();
    let ring = Ring::new(memory, geometry, clock.hz, now).map_err(InstallError::Geometry)?;
    super::install(&LANE).map_err(InstallError::Already)?;
    critical_section::with(|section| {
        BOARD.borrow(section).begin(ring, clock, now);
    });
    Ok(ring)
}

static OBSERVER: Observer = Observer { described };

/// Makes the program's ring in memory that survives a reset, and installs this lane. Once, at the
/// start of the program, before the first event.
///
/// Says what became of the ring of the run before, which stays readable until the program is done
/// with it; see [`region`]. `banks` are two pieces of memory that nobody initialises at the start,
/// for example the [`halves`](crate::Memory::halves) of a static in `.uninit`. The callsites'
/// descriptions are kept, too, if the plan has room for them. On a core with a write-back cache the
/// memory must not be cached, because a reset takes what is in the cache only.
///
/// ```
/// use ttlog_core::{
///     Geometry, Memory,
///     lane::critical_section::{self, Clock},
///     region::Plan,
///     snapshot::{Encoder, SliceSink},
/// };
///
/// const PLAN: Plan<'static> = Plan {
///     geometry: Geometry { page_words: 128 },
///     dictionary_words: 256,
///     service: "pump",
///     target: "thumbv7m",
///     build_id: env!("CARGO_PKG_VERSION"),
/// };
/// // On a board: #[unsafe(link_section = ".uninit.ttlog")]
/// static MEMORY: Memory<{ 2 * PLAN.memory_words(4) }> = Memory::new();
///
/// let clock = Clock { ticks: || 0, hz: 1_000_000 };
/// let boot = critical_section::install_banks(MEMORY.halves(), &PLAN, clock)?;
/// ttlog_core::info!("boot number={} found={}", boot.number, boot.found.name());
/// if let Some(dead) = boot.dead {
///     let (mut scratch, mut flash) = ([0; 512], [0; 4096]);
///     let header = dead.header(&PLAN, "watchdog");
///     let sink = SliceSink::new(&mut flash);
///     Encoder::stored(&mut scratch).encode_region(&dead.region(), &header, sink)?;
///     dead.done();
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`InstallError`] where the memory does not suit, or a lane or a
/// [`registry::Observer`] is installed already.
pub fn install_banks(
    banks: [&'static [Word]; 2],
    plan: &Plan<'_>,
    clock: Clock,
) -> Result<Boot<'static>, InstallError> {
    for bank in banks {
        plan.check(bank.len()).map_err(InstallError::Geometry)?;
    }
    // Before the memory is touched: it may be the ring of the lane that is installed.
    super::install(&LANE).map_err(InstallError::Already)?;
    let now = (clock.ticks)();
    let boot = region::start(banks, plan, clock.hz, now).map_err(InstallError::Geometry)?;
    critical_section::with(|section| {
        let board = BOARD.borrow(section);
        board.region.set(Some(boot.region));
        // A clock that starts anew with each boot must not give the same ids again.
        let seed = now ^ u64::from(boot.number) << 32;
        board.begin(boot.region.ring(), clock, seed);
    });
    registry::observe(&OBSERVER).map_err(InstallError::Already)?;
    Ok(boot)
}

/// The program's ring, once it is installed: for a panic or fault handler, which has it from nobody.
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
    /// There is a lane.
    Already(AlreadyInstalled),
}

impl core::fmt::Display for InstallError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Geometry(error) => error.fmt(f),
            Self::Already(error) => error.fmt(f),
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

/// Writes a record where nothing else has to be done for it. Where it is not so, or this lane is
/// not installed, answers `false` with nothing written.
#[cfg_attr(not(target_os = "none"), expect(dead_code, reason = "a board's way"))]
#[inline(always)]
pub(super) fn write_on(header: Header, words: usize, fill: &impl Fill) -> bool {
    critical_section::with(|section| {
        let board = BOARD.borrow(section);
        let Some(ticks) = board.ticks.get() else {
            return false;
        };
        board.writer.write_words_on(ticks(), header, words, fill)
    })
}

fn write(header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
    critical_section::with(|section| BOARD.borrow(section).write_otherwise(header, fill))
}

impl Board {
    /// Begins to record.
    fn begin(&self, ring: Ring<'static>, clock: Clock, seed: u64) {
        self.random.seed(seed);
        // There is no ring before, as the lane is installed once.
        let _ = self.ring.set(ring);
        self.ticks.set(Some(clock.ticks));
    }

    fn write_otherwise(&self, header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
        let (Some(ticks), Some(ring)) = (self.ticks.get(), self.ring.get()) else {
            return Ok(());
        };
        match self.writer.write_otherwise(ring, ticks(), header, fill) {
            Ok(()) => Ok(()),
            Err(Refused::TooLong { max_words }) => Err(TooLong { max_words }),
            Err(Refused::Dropped(cause)) => {
                if let Some(level) = Level::from_number(header.level_number()) {
                    ring.count_dropped(level, cause);
                }
                Ok(())
            }
        }
    }
}

fn count_dropped(level: Level, cause: Dropped) {
    with(|_, ring| ring.count_dropped(level, cause));
}

fn with_writer(act: UseWriter<'_>) {
    with(|board, _| act(&board.writer, &board.random));
}
