//! The damage of a file.

use core::fmt;

use serde::{Serialize, Serializer};
use ttlog_core::{
    decode::{DamageKind, NotASnapshot},
    region::RegionError,
};

/// The damaged places of a file: the first ones, and the number of all.
///
/// # Examples
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
/// use ttlog_reader::Snapshots;
///
/// let bytes = std::fs::read(path)?;
/// let mut snapshots = Snapshots::new();
/// snapshots.read("cut off", &bytes[..bytes.len() - 1])?;
/// let damages = &snapshots.files()[0].damages;
/// assert_eq!(damages.count(), 2); // the last block is cut, so the end is missing
/// assert_eq!(snapshots.events().count(), 36); // the other blocks are whole
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Damages {
    places: Vec<Damage>,
    count: u64,
}

/// A damaged place in a file.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Damage, Flaw};
///
/// let damage = Damage { offset: 2_048, flaw: Flaw::Doubled { page: 3 } };
/// assert_eq!(damage.to_string(), "at byte 2048: some events of page 3 are in the file twice");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Damage {
    /// Offset in the file, in bytes.
    pub offset: usize,
    /// The kind of damage.
    #[serde(rename = "problem")]
    pub flaw: Flaw,
}

/// A kind of damage.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Flaw, Snapshots};
///
/// fn missing_events(snapshots: &Snapshots) -> u64 {
///     let damages = snapshots.files().iter().flat_map(|file| file.damages.places());
///     let missing = damages.map(|damage| match damage.flaw {
///         Flaw::Missing { events } => events,
///         _ => 0,
///     });
///     missing.sum()
/// }
/// assert_eq!(missing_events(&Snapshots::new()), 0);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Flaw {
    /// A block is damaged or in the wrong place.
    Block(DamageKind),
    /// A block is whole, but some records of a page in it cannot be read.
    Records {
        /// Number of the page.
        page: u32,
        /// Number of bytes that are not records.
        unread_bytes: usize,
        /// Number of records that no writer writes.
        skipped: u32,
    },
    /// A block is whole, but some events of a page in it have been read before.
    Doubled {
        /// Number of the page.
        page: u32,
    },
    /// There are fewer events than the end block states.
    Missing {
        /// Number of missing events.
        events: u64,
    },
    /// There are more events than the end block states.
    Surplus {
        /// Number of events.
        events: u64,
    },
    /// The file has the run id of another file, but its events differ. It is shown as a run of its own.
    RunCollision {
        /// The id of both runs.
        run_id: u64,
    },
    /// The bytes after the snapshot start another snapshot, which cannot be read.
    Next(NotASnapshot),
    /// Some pages of a ring in an image are damaged.
    Pages {
        /// Number of pages.
        damaged: u32,
    },
    /// A region in an image is damaged.
    Region(RegionError),
    /// The content of the files exceeds the memory limit, so some of it is left out.
    OverBudget {
        /// The limit in bytes.
        limit_bytes: usize,
    },
}

impl Damages {
    /// Maximum number of places that [`places`](Self::places) returns.
    pub const PLACES_MAX: usize = 20;

    /// Returns the first places, at most [`PLACES_MAX`](Self::PLACES_MAX).
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// use ttlog_reader::Snapshots;
    ///
    /// let mut bytes = std::fs::read(path)?;
    /// bytes.extend(b"noise");
    /// let mut snapshots = Snapshots::new();
    /// snapshots.read("shop.bin", &bytes)?;
    /// let places = snapshots.files()[0].damages.places();
    /// assert_eq!(places[0].offset, bytes.len() - 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn places(&self) -> &[Damage] {
        &self.places
    }

    /// Returns the number of all places. 0 if the file is whole.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn note(&mut self, offset: usize, flaw: Flaw) {
        self.count += 1;
        if self.places.len() < Self::PLACES_MAX {
            self.places.push(Damage { offset, flaw });
        }
    }

    /// Notes a flaw, unless it is noted already.
    pub(crate) fn note_once(&mut self, offset: usize, flaw: Flaw) {
        if self.places.iter().all(|damage| damage.flaw != flaw) {
            self.note(offset, flaw);
        }
    }

    /// Sets the offset of all places, because the converted bytes of an image have other offsets.
    pub(crate) fn move_to(&mut self, offset: usize) {
        for damage in &mut self.places {
            damage.offset = offset;
        }
    }
}

impl Serialize for Flaw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl core::error::Error for Damage {}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.flaw)
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(kind) => kind.fmt(f),
            Self::Records {
                page,
                unread_bytes,
                skipped: 0,
            } => write!(
                f,
                "{unread_bytes} bytes of page {page} in this block are not records"
            ),
            Self::Records { page, skipped, .. } => write!(
                f,
                "{skipped} records of page {page} in this block cannot be read"
            ),
            Self::Doubled { page } => {
                write!(f, "some events of page {page} are in the file twice")
            }
            Self::Missing { events } => {
                write!(f, "{events} events that the end block states are missing")
            }
            Self::Surplus { events } => {
                write!(f, "{events} events more than the end block states")
            }
            Self::RunCollision { run_id } => write!(
                f,
                "run {run_id:016x} is the run of another file, but the events differ: the file is \
                 shown as a run of its own"
            ),
            Self::Next(error) => error.fmt(f),
            Self::Pages { damaged } => {
                write!(
                    f,
                    "{damaged} pages of the ring hold content that no writer writes"
                )
            }
            Self::Region(error) => error.fmt(f),
            Self::OverBudget { limit_bytes } => write!(
                f,
                "the content of the files exceeds the memory limit of {} MiB, and some of it is left \
                 out: raise the limit (dump --memory)",
                limit_bytes >> 20
            ),
        }
    }
}
