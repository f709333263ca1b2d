//! The region: a ring whose memory states what it is, so that others can read it.
//!
//! The ring of a program that has ended is worth most. If its memory survives (retained RAM after a
//! watchdog reset, an image of the RAM that a debugger has saved, a mapped file), another program reads
//! it: the next run of the program, a tool, another process. These need more than the ring. The ids of
//! callsites are assigned at their first use, so those of a run before mean nothing to this one. A
//! region holds what is missing:
//!
//! ```text
//! header       magic, layout, sizes, number of the boot, checksum, state
//! identity     service, target, build id
//! dictionary   a description of each callsite that has recorded something
//! ring         see `ring`
//! ```
//!
//! The dictionary is written at the first use of a callsite only. An event costs what it costs without
//! a region.
//!
//! # After a reset
//!
//! Memory that survives a reset is divided into two banks. [`recover`] finds the ring of the run before
//! in one of them and makes the new ring in the other, so that the old one stays readable until the
//! program [acknowledges](PreviousRun::acknowledge) it.
//!
//! ```
//! use ttlog_core::{Geometry, Memory, ring::Run};
//! use ttlog_core::region::{RecoveryState, RegionConfig, recover};
//!
//! const CONFIG: RegionConfig<'static> = RegionConfig {
//!     geometry: Geometry { page_words: 128 },
//!     dictionary_words: 256,
//!     service: "pump",
//!     target: "thumbv7m",
//!     build_id: "1.0.3",
//! };
//! static MEMORY: Memory<{ 2 * CONFIG.memory_words(4) }> = Memory::new();
//! let run = Run { id: 0x5eed, clock_hz: 1_000_000, start_ticks: 0 };
//!
//! let first = recover(MEMORY.halves(), &CONFIG, run)?;
//! assert_eq!((first.boot, first.state), (1, RecoveryState::Fresh));
//! // … the program records into first.region.ring(), and is reset …
//! let second = recover(MEMORY.halves(), &CONFIG, run)?;
//! assert_eq!((second.boot, second.state), (2, RecoveryState::Recovered));
//! let previous = second.previous.expect("the first run's ring");
//! // … write a snapshot of previous.region(), then:
//! previous.acknowledge();
//! # Ok::<(), ttlog_core::ring::GeometryError>(())
//! ```
//!
//! [`critical_section::install_banks`](crate::lane::critical_section::install_banks) does this for a
//! program on a board.
//!
//! Nothing here trusts the memory. Whatever bits it holds, nothing panics, and what does not match its
//! checksum is not returned as a ring.

mod append;
mod config;
mod dictionary;
mod identity;
mod place;
mod recovery;
mod state;

use core::{error::Error, fmt};

use self::identity::IdentityWords;
pub use self::{
    config::RegionConfig,
    dictionary::{DICTIONARY_ENTRY_MAX_BYTES, Dictionary},
    identity::{IDENTITY_MAX_BYTES, Identity},
    recovery::{PreviousRun, Recovery, recover},
    state::{Corruption, RecoveryState},
};
use crate::{
    callsite::Callsite,
    checksum::CRC,
    ring::{GeometryError, Ring, Run},
    sync::{Ordering, Word, fence},
};

/// The first word of a region, `TTLM` in memory on a little-endian machine.
pub const REGION_MAGIC: u32 = u32::from_le_bytes(*b"TTLM");

/// The version of the region's layout.
pub const REGION_LAYOUT: u32 = 3;

/// In the place of the magic while a region is being made. It is empty then.
const MAKING: u32 = !REGION_MAGIC;

/// The state of a region whose content has not been acknowledged.
const STATE_LIVE: u32 = u32::from_le_bytes(*b"LIVE");
/// The state of a region whose content has been acknowledged.
const STATE_ACKNOWLEDGED: u32 = u32::from_le_bytes(*b"DONE");

/// A region in memory that the caller provides. Copies are the same region.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    header: &'a [Word; place::HEADER_WORDS],
    identity: &'a [Word],
    dictionary: &'a [Word],
    ring: Ring<'a>,
}

impl<'a> Region<'a> {
    /// Makes a region of `memory` with an empty ring, in the `boot`-th run of the program.
    ///
    /// # Errors
    ///
    /// [`GeometryError`] if the memory does not hold what is configured. The memory is unchanged then.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Geometry, Memory, ring::Run};
    /// use ttlog_core::region::{Region, RegionConfig};
    ///
    /// const CONFIG: RegionConfig<'static> = RegionConfig {
    ///     geometry: Geometry { page_words: 128 },
    ///     dictionary_words: 256,
    ///     service: "pump",
    ///     target: "thumbv7m",
    ///     build_id: "1.0.3",
    /// };
    /// let memory = Memory::<{ CONFIG.memory_words(4) }>::new();
    /// let region = Region::new(&memory, &CONFIG, Run::default(), 1)?;
    /// assert_eq!((region.boot(), region.ring().page_count()), (1, 4));
    /// assert_eq!(region.identity().service(), "pump");
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    pub fn new(
        memory: &'a [Word],
        config: &RegionConfig<'_>,
        run: Run,
        boot: u32,
    ) -> Result<Self, GeometryError> {
        let words = config.region_words(memory.len())?;
        let identity = config.identity();
        let parts = memory
            .get(..words)
            .and_then(|memory| Parts::split(memory, identity.words(), config.dictionary_words));
        let Parts {
            header,
            identity: identity_words,
            dictionary,
            ring,
        } = parts.ok_or(config.too_small(memory.len()))?;

        // First: a reader that finds the memory from here on finds an empty region.
        header[place::MAGIC].store(MAKING, Ordering::Relaxed);
        fence(Ordering::Release);
        for word in dictionary {
            word.store(0, Ordering::Relaxed);
        }
        identity.store(identity_words);
        let ring = Ring::new(ring, config.geometry, run)?;
        for (at, value) in [
            (place::LAYOUT, REGION_LAYOUT),
            (place::WORDS, words as u32),
            (place::DICTIONARY_WORDS, dictionary.len() as u32),
            (place::IDENTITY, identity.lengths()),
            (place::BOOT, boot),
            (place::STATE, STATE_LIVE),
            (place::DICTIONARY_USED, 0),
            (place::UNDESCRIBED, 0),
        ] {
            header[at].store(value, Ordering::Relaxed);
        }
        let region = Self {
            header,
            identity: identity_words,
            dictionary,
            ring,
        };
        header[place::CHECKSUM].store(region.checksum(), Ordering::Relaxed);
        // Last: a reader that finds the magic finds a whole region.
        header[place::MAGIC].store(REGION_MAGIC, Ordering::Release);
        Ok(region)
    }

    /// Reads the region that begins with the first word of `memory`. The memory may hold any bits, and
    /// may be longer than the region.
    ///
    /// The checksum covers what never changes in a region. [`check`](Self::check) checks the pages.
    ///
    /// # Errors
    ///
    /// - [`RegionError::Magic`] if no region begins here.
    /// - [`RegionError::Layout`] if the region has a layout that this version does not know.
    /// - [`RegionError::Geometry`] if the sizes contradict each other or exceed the memory.
    /// - [`RegionError::Checksum`] if the checksum does not match.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ttlog_core::{Geometry, Memory, ring::Run};
    /// use ttlog_core::region::{Region, RegionConfig, RegionError};
    ///
    /// # const CONFIG: RegionConfig<'static> = RegionConfig {
    /// #     geometry: Geometry { page_words: 128 }, dictionary_words: 256,
    /// #     service: "pump", target: "thumbv7m", build_id: "1.0.3",
    /// # };
    /// let memory = Memory::<{ CONFIG.memory_words(4) }>::new();
    /// assert_eq!(Region::read(&memory).unwrap_err(), RegionError::Magic);
    /// Region::new(&memory, &CONFIG, Run::default(), 1)?;
    /// assert_eq!(Region::read(&memory)?.identity().build_id(), "1.0.3");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(memory: &'a [Word]) -> Result<Self, RegionError> {
        let word = |at: usize| memory.get(at).map(|word| word.load(Ordering::Acquire));
        if word(place::MAGIC) != Some(REGION_MAGIC) {
            return Err(RegionError::Magic);
        }
        let geometry = RegionError::Geometry;
        let (Some(layout), Some(words)) = (word(place::LAYOUT), word(place::WORDS)) else {
            return Err(geometry);
        };
        let lengths = IdentityWords::from_lengths(word(place::IDENTITY).unwrap_or(u32::MAX));
        let dictionary_words = word(place::DICTIONARY_WORDS).unwrap_or(u32::MAX);
        let parts = memory
            .get(..words as usize)
            .zip(lengths)
            .and_then(|(memory, identity)| {
                Parts::split(memory, identity.words(), dictionary_words as usize)
            });
        let ring = parts.and_then(|parts| Ring::open(parts.ring));
        let region = parts.zip(ring).map(|(parts, ring)| Self {
            header: parts.header,
            identity: parts.identity,
            dictionary: parts.dictionary,
            ring,
        });
        let is_whole =
            region.is_some_and(|region| Some(region.checksum()) == word(place::CHECKSUM));
        match region {
            // A later version may have other parts, and another checksum.
            _ if !is_whole && layout > REGION_LAYOUT => {
                Err(RegionError::Layout { version: layout })
            }
            Some(region) if is_whole && layout == REGION_LAYOUT => Ok(region),
            Some(_) if is_whole => Err(RegionError::Layout { version: layout }),
            Some(_) => Err(RegionError::Checksum),
            None => Err(geometry),
        }
    }

    /// Returns the ring.
    #[must_use]
    pub fn ring(&self) -> Ring<'a> {
        self.ring
    }

    /// Returns the descriptions of callsites.
    #[must_use]
    pub fn dictionary(&self) -> Dictionary<'a> {
        Dictionary::new(self.dictionary)
    }

    /// Returns service, target and build id.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::read(self.word(place::IDENTITY), self.identity)
    }

    /// Returns the number of the boot that made it: 1 for the first in empty memory.
    #[must_use]
    pub fn boot(&self) -> u32 {
        self.word(place::BOOT)
    }

    /// Returns the number of words of memory.
    #[must_use]
    pub fn words(&self) -> usize {
        self.word(place::WORDS) as usize
    }

    /// Returns the number of callsites that found no room in the dictionary. Their events are kept, but
    /// a reader cannot show their text.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ttlog_core::{Callsite, CallsiteKind, Geometry, Level, Memory, Metadata, ring::Run};
    /// use ttlog_core::region::{Region, RegionConfig};
    ///
    /// # static METADATA: Metadata = Metadata {
    /// #     kind: CallsiteKind::Event, level: Level::Info, target: "pump", file: file!(),
    /// #     line: line!(), text: "started", names: &[], more_kinds: &[],
    /// # };
    /// # static CALLSITE: Callsite = Callsite::new(&METADATA);
    /// const CONFIG: RegionConfig<'static> = RegionConfig {
    ///     dictionary_words: 4,
    /// #     geometry: Geometry { page_words: 128 },
    /// #     service: "pump", target: "thumbv7m", build_id: "1.0.3",
    ///     // …
    /// };
    /// let memory = Memory::<{ CONFIG.memory_words(4) }>::new();
    /// let region = Region::new(&memory, &CONFIG, Run::default(), 1)?;
    /// CALLSITE.enabled();
    /// region.describe(&CALLSITE);
    /// assert_eq!((region.undescribed(), region.dictionary_used_words()), (1, 0));
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    #[must_use]
    pub fn undescribed(&self) -> u32 {
        self.word(place::UNDESCRIBED)
    }

    /// Returns the number of words of the dictionary that are in use.
    #[must_use]
    pub fn dictionary_used_words(&self) -> usize {
        (self.word(place::DICTIONARY_USED) as usize).min(self.dictionary.len())
    }

    /// Returns whether the content has been acknowledged.
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.word(place::STATE) == STATE_ACKNOWLEDGED
    }

    /// Marks the content as no longer needed: the next start reuses the memory and does not report it.
    /// A program may acknowledge its own ring before an intended reset.
    ///
    /// # Examples
    ///
    /// A program that ends as intended leaves nothing to report:
    ///
    /// ```
    /// # use ttlog_core::{Geometry, Memory, ring::Run};
    /// use ttlog_core::region::{RecoveryState, RegionConfig, recover};
    ///
    /// # const CONFIG: RegionConfig<'static> = RegionConfig {
    /// #     geometry: Geometry { page_words: 128 }, dictionary_words: 256,
    /// #     service: "pump", target: "thumbv7m", build_id: "1.0.3",
    /// # };
    /// # let memory = Memory::<{ 2 * CONFIG.memory_words(4) }>::new();
    /// let first = recover(memory.halves(), &CONFIG, Run::default())?;
    /// first.region.acknowledge();
    /// assert!(first.region.is_acknowledged());
    ///
    /// let second = recover(memory.halves(), &CONFIG, Run::default())?;
    /// assert_eq!((second.boot, second.state), (2, RecoveryState::Fresh));
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    pub fn acknowledge(&self) {
        self.header[place::STATE].store(STATE_ACKNOWLEDGED, Ordering::Release);
    }

    /// Appends the description of a callsite to the dictionary, unless it is there.
    ///
    /// Any thread, interrupt or signal handler may call this at any time, and none waits.
    ///
    /// # Cost
    ///
    /// Some microseconds. A lane calls it at the first use of a callsite.
    ///
    /// # When full
    ///
    /// The callsite counts as [undescribed](Self::undescribed).
    ///
    /// # Examples
    ///
    /// ```
    /// # use ttlog_core::{Callsite, CallsiteKind, Geometry, Level, Memory, Metadata, ring::Run};
    /// use ttlog_core::region::{DICTIONARY_ENTRY_MAX_BYTES, Region, RegionConfig};
    ///
    /// # const CONFIG: RegionConfig<'static> = RegionConfig {
    /// #     geometry: Geometry { page_words: 128 }, dictionary_words: 256,
    /// #     service: "pump", target: "thumbv7m", build_id: "1.0.3",
    /// # };
    /// # static METADATA: Metadata = Metadata {
    /// #     kind: CallsiteKind::Event, level: Level::Info, target: "pump", file: file!(),
    /// #     line: line!(), text: "started", names: &[], more_kinds: &[],
    /// # };
    /// # let memory = Memory::<{ CONFIG.memory_words(4) }>::new();
    /// # let region = Region::new(&memory, &CONFIG, Run::default(), 1)?;
    /// static CALLSITE: Callsite = Callsite::new(&METADATA);
    /// CALLSITE.enabled(); // assigns the id
    /// region.describe(&CALLSITE);
    /// region.describe(&CALLSITE);
    ///
    /// let (mut entries, mut buffer) = (region.dictionary().entries(), [0; DICTIONARY_ENTRY_MAX_BYTES]);
    /// assert_eq!(entries.next(&mut buffer).expect("one description").text, "started");
    /// assert!(entries.next(&mut buffer).is_none());
    /// # Ok::<(), ttlog_core::ring::GeometryError>(())
    /// ```
    pub fn describe(&self, callsite: &'static Callsite) {
        append::append(
            callsite,
            self.dictionary,
            &self.header[place::DICTIONARY_USED],
            &self.header[place::UNDESCRIBED],
        );
    }

    /// Returns whether this is the region that `config` makes of `memory_words` words.
    fn is_of(&self, config: &RegionConfig<'_>, memory_words: usize) -> bool {
        let identity = config.identity();
        config.region_words(memory_words) == Ok(self.words())
            && self.dictionary.len() == config.dictionary_words
            && self.word(place::IDENTITY) == identity.lengths()
            && identity.is_in(self.identity)
            && self.ring.page_words() == config.geometry.page_words
    }

    fn word(&self, at: usize) -> u32 {
        self.header[at].load(Ordering::Relaxed)
    }

    /// Computes the checksum of all words that never change, as little-endian bytes.
    fn checksum(&self) -> u32 {
        let mut digest = CRC.digest();
        digest.update(&REGION_MAGIC.to_le_bytes());
        let rest = self.header.get(place::LAYOUT..place::CHECKSUM);
        for word in rest
            .unwrap_or_default()
            .iter()
            .chain(self.identity)
            .chain(self.ring.constant_words())
        {
            digest.update(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        digest.finalize()
    }
}

/// The parts of a region's memory.
#[derive(Clone, Copy)]
struct Parts<'a> {
    header: &'a [Word; place::HEADER_WORDS],
    identity: &'a [Word],
    dictionary: &'a [Word],
    ring: &'a [Word],
}

impl<'a> Parts<'a> {
    fn split(memory: &'a [Word], identity: usize, dictionary: usize) -> Option<Self> {
        let (header, rest) = memory.split_first_chunk()?;
        let (identity, rest) = rest.split_at_checked(identity)?;
        let (dictionary, ring) = rest.split_at_checked(dictionary)?;
        Some(Self {
            header,
            identity,
            dictionary,
            ring,
        })
    }
}

/// Why memory is not a region.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RegionError {
    /// No region begins here.
    Magic,
    /// The layout is one that this version does not know.
    Layout {
        /// Version of the layout.
        version: u32,
    },
    /// The sizes contradict each other or exceed the memory.
    Geometry,
    /// The checksum does not match.
    Checksum,
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("no region begins here: the magic `TTLM` is missing"),
            Self::Layout { version } => write!(
                f,
                "a region of layout version {version}: this program reads version {REGION_LAYOUT}"
            ),
            Self::Geometry => {
                f.write_str("a region whose sizes contradict each other or exceed the memory")
            }
            Self::Checksum => f.write_str("a region whose checksum does not match"),
        }
    }
}

impl Error for RegionError {}
