//! The lane: which writer a record goes through.
//!
//! A log statement does not know who calls it: a thread, an interrupt handler, a signal handler. The
//! lane does. It finds the writer of the calling context, reads the clock, and writes the record.
//! A program installs one lane, once, as it would install a logger. Without a lane, an event is
//! dropped for the cost of one load.
//!
//! | lane | installed by |
//! | --- | --- |
//! | [`critical_section`] | a program on one core without threads: main and all interrupt handlers share one writer |
//! | the lane of `ttlog-std` | a program on a host: each thread has a writer |
//! | your own | a program with other contexts, an RTOS for example |
//!
//! # Examples
//!
//! A lane of your own is three functions:
//!
//! ```
//! use std::cell::RefCell;
//! use ttlog_core::{
//!     Level, Memory, RecordHeader, Ring, SplitMix64, WriteError, Writer,
//!     lane::{self, DropCause, Fill, Lane, RecordTooLong, UseWriter},
//!     ring::{Geometry, Run},
//! };
//!
//! struct Recorder {
//!     ring: Ring<'static>,
//!     writer: Writer<'static>,
//!     random: SplitMix64,
//! }
//!
//! static MEMORY: Memory<1024> = Memory::new();
//! thread_local!(static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) });
//!
//! fn write(header: RecordHeader, fill: &dyn Fill) -> Result<(), RecordTooLong> {
//!     RECORDER.with_borrow(|recorder| {
//!         let Some(recorder) = recorder else { return Ok(()) };
//!         match recorder.writer.write(&recorder.ring, 0, header, fill) {
//!             Ok(()) => Ok(()),
//!             Err(WriteError::TooLong { max_words }) => Err(RecordTooLong { max_words }),
//!             Err(WriteError::Dropped(cause)) => {
//!                 if let Some(level) = Level::from_number(header.level_number()) {
//!                     recorder.ring.count_dropped(level, cause);
//!                 }
//!                 Ok(())
//!             }
//!         }
//!     })
//! }
//!
//! fn count_dropped(level: Level, cause: DropCause) {
//!     RECORDER.with_borrow(|recorder| {
//!         if let Some(recorder) = recorder {
//!             recorder.ring.count_dropped(level, cause);
//!         }
//!     });
//! }
//!
//! fn with_writer(act: UseWriter<'_>) {
//!     RECORDER.with_borrow(|recorder| {
//!         if let Some(recorder) = recorder {
//!             act(&recorder.writer, &recorder.random);
//!         }
//!     });
//! }
//!
//! static LANE: Lane = Lane { write, count_dropped, with_writer };
//!
//! let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, Run::default())?;
//! RECORDER.set(Some(Recorder { ring, writer: Writer::new(), random: SplitMix64::new() }));
//! lane::install(&LANE)?;
//! ttlog_core::info!("recorded through this lane");
//! assert_eq!(ring.count().kept.iter().sum::<u64>(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod critical_section;
pub(crate) mod dispatch;

use once_cell::race::OnceRef;

pub use crate::{
    drop_cause::DropCause,
    fill::{Fill, RecordTooLong},
};
use crate::{level::Level, record::RecordHeader, split_mix::SplitMix64, writer::Writer};

/// Uses the writer and the random numbers of the calling context.
pub type UseWriter<'a> = &'a mut dyn FnMut(&Writer<'static>, &SplitMix64);

/// The functions of a lane. Any context that logs may call them, signal and interrupt handlers
/// included.
#[derive(Debug)]
pub struct Lane {
    /// Writes a record of the length that its header states. `fill` writes the arguments. The lane
    /// drops and counts a record that finds no room.
    pub write: fn(RecordHeader, &dyn Fill) -> Result<(), RecordTooLong>,
    /// Counts an event that could not be written.
    pub count_dropped: fn(Level, DropCause),
    /// Calls the argument once with the writer and the random numbers of the calling context, or not
    /// at all if the context cannot write. Contexts and spans use it, so only a program that has any
    /// links it. The writer's [`last_ticks`](Writer::last_ticks) must be the time of the context's last
    /// record.
    pub with_writer: fn(UseWriter<'_>),
}

static LANE: OnceRef<'static, Lane> = OnceRef::new();

/// Installs the program's lane.
///
/// # Errors
///
/// [`LaneInstalled`] if a lane is installed already. That lane stays.
pub fn install(lane: &'static Lane) -> Result<(), LaneInstalled> {
    LANE.set(lane).map_err(|()| LaneInstalled)
}

/// Returns whether the program has a lane.
pub(crate) fn is_any_installed() -> bool {
    LANE.get().is_some()
}

/// Returns whether this lane is the one that is installed.
///
/// # Examples
///
/// ```standalone_crate
/// use ttlog_core::lane::{self, Lane};
///
/// static LANE: Lane = Lane {
///     write: |_header, _fill| Ok(()),
///     count_dropped: |_level, _cause| {},
///     with_writer: |_act| {},
/// };
/// assert!(!lane::is_installed(&LANE));
/// assert!(lane::install(&LANE).is_ok());
/// assert!(lane::is_installed(&LANE));
/// assert!(lane::install(&LANE).is_err());
/// ```
#[must_use]
pub fn is_installed(lane: &'static Lane) -> bool {
    LANE.get()
        .is_some_and(|installed| core::ptr::eq(installed, lane))
}

/// A lane is installed already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LaneInstalled;

impl core::fmt::Display for LaneInstalled {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a lane is installed already: install only one, at the program's start")
    }
}

impl core::error::Error for LaneInstalled {}

#[inline]
pub(crate) fn write(header: RecordHeader, fill: &dyn Fill) -> Result<(), RecordTooLong> {
    match LANE.get() {
        Some(lane) => (lane.write)(header, fill),
        None => Ok(()),
    }
}

pub(crate) fn count_dropped(level: Level, cause: DropCause) {
    if let Some(lane) = LANE.get() {
        (lane.count_dropped)(level, cause);
    }
}

/// Calls `act` with the writer and the random numbers of the calling context, if there is a lane and
/// the context can write.
pub(crate) fn with_writer(act: UseWriter<'_>) {
    if let Some(lane) = LANE.get() {
        (lane.with_writer)(act);
    }
}
