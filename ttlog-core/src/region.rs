//! The region: a ring whose memory says by itself what it is, so that somebody else can read it: the
//! next run of the program, where the memory survives a reset; a reader of the whole RAM; another
//! process that maps the file.
//!
//! ```text
//! header       magic, layout, sizes, number of the boot, checksum, state
//! identity     service, target, build id
//! dictionary   a description of each callsite that has recorded something
//! ring         see `ring`
//! ```
//!
//! The ids of callsites are given out at their first use, so those of a run before mean nothing to
//! this one: hence the dictionary. It is written at the first use of a callsite only; an event
//! costs what it costs without a region.
//!
//! Memory that survives a reset is given as two banks. [`start`] looks for the ring of the run
//! before, says what it [`Found`], and makes the new ring in the other bank, so that the dead one
//! stays readable until the program is [`done`](Dead::done) with it.
//!
//! Nothing here trusts the memory: whatever bits it holds, nothing panics, and what does not check
//! out is not shown as a ring.

mod banks;
mod check;
mod describe;
mod dictionary;
mod identity;
mod plan;

use core::{error::Error, fmt};

use self::identity::IdentityWords;
pub use self::{
    banks::{Boot, Dead, start},
    check::{Corrupt, Found},
    dictionary::{DICTIONARY_ENTRY_MAX_BYTES, Dictionary},
    identity::{IDENTITY_MAX_BYTES, Identity},
    plan::Plan,
};
use crate::{
    callsite::Callsite,
    ring::{GeometryError, Ring},
    snapshot::block::CRC,
    sync::{Ordering, Word, fence},
};

/// The first word of a region, `TTLM` in memory on a little-endian machine.
pub const REGION_MAGIC: u32 = u32::from_le_bytes(*b"TTLM");

/// The version of the region's layout.
pub const REGION_LAYOUT: u32 = 1;

/// In place of the magic while a region is being made: there is nothing in it yet.
const MAKING: u32 = !REGION_MAGIC;

/// The state of a region whose content nobody has taken yet.
const STATE_LIVE: u32 = u32::from_le_bytes(*b"LIVE");
/// The state of a region whose content is not needed any more.
const STATE_DONE: u32 = u32::from_le_bytes(*b"DONE");

/// Where things stand in the region's header.
mod place {
    pub(super) const MAGIC: usize = 0;
    pub(super) const LAYOUT: usize = 1;
    /// Words of the whole region.
    pub(super) const WORDS: usize = 2;
    pub(super) const DICTIONARY_WORDS: usize = 3;
    /// The lengths of the identity's texts in bytes, 8 bits each.
    pub(super) const IDENTITY: usize = 4;
    /// The number of the boot.
    pub(super) const BOOT: usize = 5;
    /// Of the words before this one, the identity, and the ring's words that never change.
    pub(super) const CHECKSUM: usize = 6;
    pub(super) const STATE: usize = 7;
    /// Words of the dictionary in use.
    pub(super) const DICTIONARY_USED: usize = 8;
    /// Callsites that found no room in the dictionary.
    pub(super) const UNDESCRIBED: usize = 9;
    pub(super) const HEADER_WORDS: usize = 10;
}

/// How many words lead a region.
pub(crate) const REGION_HEADER_WORDS: usize = place::HEADER_WORDS;

/// A region in somebody's memory. Copies are the same region.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    header: &'a [Word; place::HEADER_WORDS],
    identity: &'a [Word],
    dictionary: &'a [Word],
    ring: Ring<'a>,
}

impl<'a> Region<'a> {
    /// Makes a region of `memory`, its ring empty, in the `boot`-th run of the program.
    ///
    /// # Errors
    ///
    /// [`GeometryError`] where the memory does not hold what is planned; it is left as it was.
    pub fn new(
        memory: &'a [Word],
        plan: &Plan<'_>,
        clock_hz: u64,
        start_ticks: u64,
        boot: u32,
    ) -> Result<Self, GeometryError> {
        let words = plan.region_words(memory.len())?;
        let too_small = GeometryError::TooSmall {
            words: memory.len(),
        };
        let identity = plan.identity();
        let parts = memory
            .get(..words)
            .and_then(|memory| Parts::split(memory, identity.words(), plan.dictionary_words));
        let Parts {
            header,
            identity: identity_words,
            dictionary,
            ring,
        } = parts.ok_or(too_small)?;

        // First, and before all else: who finds the memory from here on finds nothing in it.
        header[place::MAGIC].store(MAKING, Ordering::Relaxed);
        fence(Ordering::Release);
        for word in dictionary {
            word.store(0, Ordering::Relaxed);
        }
        identity.store(identity_words);
        let ring = Ring::new(ring, plan.geometry, clock_hz, start_ticks)?;
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
        // Last, and after all else: who finds the magic finds a whole region.
        header[place::MAGIC].store(REGION_MAGIC, Ordering::Release);
        Ok(region)
    }

    /// The region that begins with the first word of `memory`, which may hold any bits, and may go
    /// on behind it.
    ///
    /// What never changes in a region is checked by its checksum. The ring's pages are not looked
    /// at; [`check`](Self::check) does.
    ///
    /// # Errors
    ///
    /// [`RegionError`] where there is no region that can be relied on.
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

    /// The ring in it.
    #[must_use]
    pub fn ring(&self) -> Ring<'a> {
        self.ring
    }

    /// The descriptions of callsites in it.
    #[must_use]
    pub fn dictionary(&self) -> Dictionary<'a> {
        Dictionary::new(self.dictionary)
    }

    /// Whose it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::read(self.word(place::IDENTITY), self.identity)
    }

    /// Which run of the program it is from: 1 for the first after the memory held nothing.
    #[must_use]
    pub fn boot(&self) -> u32 {
        self.word(place::BOOT)
    }

    /// How many words of memory it takes.
    #[must_use]
    pub fn words(&self) -> usize {
        self.word(place::WORDS) as usize
    }

    /// How many callsites found no room in the dictionary. Their events are kept, but nobody else
    /// can tell what they say.
    #[must_use]
    pub fn undescribed(&self) -> u32 {
        self.word(place::UNDESCRIBED)
    }

    /// How many words of the dictionary are in use; never more than it has.
    #[must_use]
    pub fn dictionary_used_words(&self) -> usize {
        (self.word(place::DICTIONARY_USED) as usize).min(self.dictionary.len())
    }

    /// Whether the content is not needed any more.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.word(place::STATE) == STATE_DONE
    }

    /// Says that the content is not needed any more: the next start may use the memory, and does
    /// not report it. Before an intended reset a program may say so of its own ring.
    pub fn set_done(&self) {
        self.header[place::STATE].store(STATE_DONE, Ordering::Release);
    }

    /// Appends a description of a callsite to the dictionary, if it is not there.
    ///
    /// Any thread, interrupt or signal handler may do so at any time, and none waits. Takes some
    /// microseconds, so do it at the first use of a callsite; a lane does.
    pub fn describe(&self, callsite: &'static Callsite) {
        describe::append(
            callsite,
            self.dictionary,
            &self.header[place::DICTIONARY_USED],
            &self.header[place::UNDESCRIBED],
        );
    }

    /// Whether this is the region that would be made of `memory_words` words by this plan.
    fn is_of(&self, plan: &Plan<'_>, memory_words: usize) -> bool {
        let identity = plan.identity();
        plan.region_words(memory_words) == Ok(self.words())
            && self.dictionary.len() == plan.dictionary_words
            && self.word(place::IDENTITY) == identity.lengths()
            && identity.is_in(self.identity)
            && self.ring.page_words() == plan.geometry.page_words
    }

    fn word(&self, at: usize) -> u32 {
        self.header[at].load(Ordering::Relaxed)
    }

    /// Of all words that never change, as their little-endian bytes.
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

/// A region's memory.
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

/// Why memory is not a region that can be relied on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RegionError {
    /// It does not begin as one.
    Magic,
    /// It has a layout that this version does not know.
    Layout {
        /// The version that it states.
        version: u32,
    },
    /// Its sizes do not go together, or are larger than the memory.
    Geometry,
    /// Its checksum is not right.
    Checksum,
}

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("no region begins here"),
            Self::Layout { version } => write!(
                f,
                "a region of layout version {version}, and this program reads {REGION_LAYOUT}"
            ),
            Self::Geometry => {
                f.write_str("a region whose sizes do not go together or go beyond the memory")
            }
            Self::Checksum => f.write_str("a region whose header's checksum is not right"),
        }
    }
}

impl Error for RegionError {}
