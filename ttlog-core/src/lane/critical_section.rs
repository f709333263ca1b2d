//! The lane of a program that runs on one core without threads: main and every interrupt handler
//! write through one writer, each inside a critical section.

use core::cell::Cell;

use critical_section::Mutex;

use super::{AlreadyInstalled, Dropped, Fill, Lane, TooLong};
use crate::{
    context::Context,
    level::Level,
    random::Random,
    record::Header,
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

struct Board {
    ring: Cell<Option<Ring<'static>>>,
    clock: Cell<Option<Clock>>,
    writer: Writer<'static>,
    random: Random,
}

static BOARD: Mutex<Board> = Mutex::new(Board {
    ring: Cell::new(None),
    clock: Cell::new(None),
    writer: Writer::new(),
    random: Random::new(),
});

static LANE: Lane = Lane {
    write,
    count_dropped,
    context,
    replace_context,
    random,
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
        let board = BOARD.borrow(section);
        board.clock.set(Some(clock));
        board.random.seed(now);
        board.ring.set(Some(ring));
    });
    Ok(ring)
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
        board.ring.get().map(|ring| act(board, &ring))
    })
}

fn write(header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
    let written = with(|board, ring| {
        let ticks = board.clock.get().map_or(0, |clock| (clock.ticks)());
        let written = board.writer.write(ring, ticks, header, fill);
        if let (Err(Refused::Dropped(cause)), Some(level)) =
            (written, Level::from_number(header.level_number()))
        {
            ring.count_dropped(level, cause);
        }
        written
    });
    match written {
        Some(Err(Refused::TooLong { max_words })) => Err(TooLong { max_words }),
        _ => Ok(()),
    }
}

fn count_dropped(level: Level, cause: Dropped) {
    with(|_, ring| ring.count_dropped(level, cause));
}

fn context() -> Option<Context> {
    with(|board, _| board.writer.context()).flatten()
}

fn replace_context(context: Option<Context>) -> Option<Context> {
    with(|board, _| board.writer.replace_context(context)).flatten()
}

fn random() -> u64 {
    with(|board, _| board.random.next()).unwrap_or(1)
}
