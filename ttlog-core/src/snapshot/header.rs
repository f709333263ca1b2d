//! The header block: which run the snapshot is from, when it was taken, and why.

use serde::{Deserialize, Serialize};

#[cfg(not(target_os = "none"))]
use crate::module::Modules;
use crate::{
    clock_segment::ClockSegments,
    packer::{Pack, Packer},
    region::{PreviousRun, RegionConfig},
    ring::Ring,
};

/// The cause of a snapshot.
///
/// # Examples
///
/// ```
/// use ttlog_core::snapshot::SnapshotKind;
///
/// assert_eq!(SnapshotKind::from(1), SnapshotKind::Panic);
/// assert_eq!(SnapshotKind::from(99), SnapshotKind::Unknown);
/// assert_eq!(SnapshotKind::Panic.name(), "panic");
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(from = "u8", into = "u8")]
#[repr(u8)]
#[non_exhaustive]
pub enum SnapshotKind {
    /// The program requested it.
    #[default]
    Request = 0,
    /// A panic.
    Panic = 1,
    /// A signal that ends the process.
    Signal = 2,
    /// The end of the program.
    Exit = 3,
    /// A later run found the ring of a run that had ended.
    Recovered = 4,
    /// A reader found the ring in an image of a memory.
    Image = 5,
    /// A kind that this version does not know.
    Unknown = 255,
}

impl SnapshotKind {
    /// Returns the kind as `dump` prints it, `request` for example.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Panic => "panic",
            Self::Signal => "signal",
            Self::Exit => "exit",
            Self::Recovered => "recovered",
            Self::Image => "image",
            Self::Unknown => "unknown",
        }
    }
}

impl From<u8> for SnapshotKind {
    fn from(number: u8) -> Self {
        [
            Self::Request,
            Self::Panic,
            Self::Signal,
            Self::Exit,
            Self::Recovered,
            Self::Image,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == number)
        .unwrap_or(Self::Unknown)
    }
}

impl From<SnapshotKind> for u8 {
    fn from(kind: SnapshotKind) -> Self {
        kind as Self
    }
}

/// The content of the header block, in postcard's encoding.
///
/// New fields are added behind the last one, and a reader ignores what follows the fields it knows.
///
/// # Examples
///
/// ```
/// use ttlog_core::{SnapshotHeader, snapshot::SnapshotKind};
/// # use ttlog_core::{Memory, Ring, ring::{Geometry, Run}};
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
/// # let ring = Ring::new(&MEMORY, Geometry { page_words: 128 }, run)?;
///
/// let header = SnapshotHeader {
///     kind: SnapshotKind::Panic,
///     service: "pump",
///     events_max: 500, // only the newest
///     ..SnapshotHeader::of(&ring, 17)
/// };
/// assert_eq!((header.run_id, header.moment_ticks), (0x5eed, 17));
/// # Ok::<(), ttlog_core::ring::GeometryError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SnapshotHeader<'a> {
    /// The id of the run; 0 if it is not known. Every block states it.
    #[serde(skip)]
    pub run_id: u64,
    /// The cause of the snapshot.
    pub kind: SnapshotKind,
    /// The service's name.
    pub service: &'a str,
    /// The machine's name; empty if there is none.
    pub host: &'a str,
    /// The process; 0 if there is none.
    pub pid: u32,
    /// Why the snapshot was taken.
    pub reason: &'a str,
    /// Number of requests with this reason, since the last snapshot with it, that got no snapshot of
    /// their own.
    pub merged: u32,
    /// The target that wrote the snapshot, `x86_64-linux` for example.
    pub target: &'a str,
    /// The name of the program's build; empty if it is not known.
    pub build_id: &'a str,
    /// The filter in force; empty if everything is recorded.
    pub filter: &'a str,
    /// Number of pages of the ring.
    pub page_count: u32,
    /// Number of words of a page.
    pub page_words: u32,
    /// Ticks of the ring's clock in a second; 0 if only the segments tell.
    pub clock_hz: u64,
    /// The time at which the run began, in ticks.
    pub start_ticks: u64,
    /// The moment at which the snapshot was requested, in ticks; 0 if it is not known. Later events
    /// were recorded while the snapshot was written, and do not belong to it.
    pub moment_ticks: u64,
    /// Maximum number of events to show, the newest; 0 for all.
    pub events_max: u64,
    /// The wall clock. None on a board without one.
    #[serde(borrow)]
    pub segments: ClockSegments<'a>,
    /// The program and its shared libraries in memory. A board has none, and its header has no such field.
    #[cfg(not(target_os = "none"))]
    #[serde(skip)]
    pub modules: Modules<'a>,
}

impl<'a> SnapshotHeader<'a> {
    /// Returns a header with what a ring knows: its run, its clock and its size. `moment_ticks` is the
    /// moment of the snapshot on that clock; 0 if it is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ttlog_core::{Ring, SnapshotHeader};
    /// # fn header(ring: &Ring<'_>, now: u64) {
    /// let header = SnapshotHeader { service: "pump", reason: "asked", ..SnapshotHeader::of(ring, now) };
    /// # }
    /// ```
    #[must_use]
    pub fn of(ring: &Ring<'_>, moment_ticks: u64) -> Self {
        let run = ring.run();
        Self {
            run_id: run.id,
            page_count: ring.page_count() as u32,
            page_words: ring.page_words() as u32,
            clock_hz: run.clock_hz,
            start_ticks: run.start_ticks,
            moment_ticks,
            ..Self::default()
        }
    }

    /// Returns a header for the ring of a run that has ended, with that run's clock. It has no wall
    /// clock, because the time of day of that run is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{SnapshotHeader, region::recover, snapshot::SnapshotKind};
    /// # use ttlog_core::{Geometry, Memory, region::RegionConfig, ring::Run};
    /// # const CONFIG: RegionConfig<'static> = RegionConfig {
    /// #     geometry: Geometry { page_words: 128 },
    /// #     dictionary_words: 256,
    /// #     service: "pump",
    /// #     target: "thumbv7m",
    /// #     build_id: "1.0.3",
    /// # };
    /// # static MEMORY: Memory<{ 2 * CONFIG.memory_words(4) }> = Memory::new();
    /// # let run = Run { id: 0x5eed, clock_hz: 1_000, start_ticks: 0 };
    ///
    /// recover(MEMORY.halves(), &CONFIG, run)?; // the first start
    /// let second = recover(MEMORY.halves(), &CONFIG, run)?; // the start after a reset
    /// let previous = second.previous.expect("the ring of the first run");
    /// let header = SnapshotHeader::recovered(&previous, &CONFIG, "watchdog");
    /// assert_eq!((header.kind, header.service), (SnapshotKind::Recovered, "pump"));
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    #[must_use]
    pub fn recovered(
        previous: &PreviousRun<'_>,
        config: &RegionConfig<'a>,
        reason: &'a str,
    ) -> Self {
        Self {
            kind: SnapshotKind::Recovered,
            service: config.service,
            reason,
            target: config.target,
            build_id: config.build_id,
            ..Self::of(&previous.region().ring(), 0)
        }
    }
}

impl<'a> SnapshotHeader<'a> {
    /// Reads the content of a header block. An older recorder wrote no modules, and a board writes none.
    pub(crate) fn from_bytes(bytes: &'a [u8]) -> Option<Self> {
        let (header, _rest) = postcard::take_from_bytes::<Self>(bytes).ok()?;
        #[cfg(not(target_os = "none"))]
        let header = Self {
            modules: Modules::of_header(_rest)?,
            ..header
        };
        Some(header)
    }
}

impl Pack for SnapshotHeader<'_> {
    fn pack(&self, packer: &mut Packer<'_>) {
        packer
            .put(&[self.kind as u8])
            .put_bytes(self.service.as_bytes())
            .put_bytes(self.host.as_bytes())
            .put_integer(self.pid.into())
            .put_bytes(self.reason.as_bytes())
            .put_integer(self.merged.into())
            .put_bytes(self.target.as_bytes())
            .put_bytes(self.build_id.as_bytes())
            .put_bytes(self.filter.as_bytes())
            .put_integer(self.page_count.into())
            .put_integer(self.page_words.into())
            .put_integers(&[
                self.clock_hz,
                self.start_ticks,
                self.moment_ticks,
                self.events_max,
            ])
            .put_bytes(self.segments.0);
        #[cfg(not(target_os = "none"))]
        self.modules.pack(packer);
    }
}
