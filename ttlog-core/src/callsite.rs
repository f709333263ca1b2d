//! The static behind a log statement.

use core::fmt;

use once_cell::race::OnceRef;

use crate::{
    argument::{FIELDS_MAX, Fields, Kinds},
    filter,
    kind::Kind,
    lane::{self, Dropped},
    level::Level,
    record::Header,
    registry,
    sync::{AtomicU32, Ordering},
};

/// What a callsite records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum CallsiteKind {
    /// An event.
    Event = 0,
    /// The entering and the leaving of a span.
    Span = 1,
}

/// What is known of a log statement at compile time; it lies in read-only memory.
#[derive(Debug)]
pub struct Metadata {
    /// Event or span.
    pub kind: CallsiteKind,
    /// The level of its events.
    pub level: Level,
    /// Whose event it is; the module's path where the statement names no target.
    pub target: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
    /// The message, with placeholders that name arguments by number: `total={1:.2}`. A span's name.
    pub text: &'static str,
    /// The arguments' names in order; the empty name for a positional one.
    pub names: &'static [&'static str],
    /// Room for the kinds of the fifth argument and later ones, a byte each, four to a word; known
    /// from the first use on.
    pub more_kinds: &'static [AtomicU32],
}

/// The static behind a log statement: its metadata and, in one word, whether it is enabled and
/// under which id its records stand.
///
/// Placed by the macros; linked into the [`registry`](crate::registry) at its first use. It takes
/// three pointers and two words of RAM.
pub struct Callsite {
    metadata: &'static Metadata,
    state: AtomicU32,
    /// The kinds of the first four arguments; beside the state, because both are looked at for
    /// every event.
    first_kinds: AtomicU32,
    /// Where the registry's tree goes on.
    pub(crate) children: [OnceRef<'static, Self>; 2],
}

/// What the state word says: a record header (level and id) whose low bits, the length's, are
/// flags. Zero before the first use.
mod state {
    use crate::record::Header;

    /// Events are to be recorded. As a length, it is that of a record without arguments: so the
    /// state of an enabled callsite is the header of such a record.
    pub(super) const ENABLED: u32 = Header::WORDS as u32;
    /// It has its id, but is perhaps not linked, and the filter is yet to be asked.
    pub(super) const PENDING: u32 = 1;
    /// There was no id left.
    pub(super) const REFUSED: u32 = 4;
    pub(super) const FLAGS: u32 = ENABLED | PENDING | REFUSED;
}

impl Callsite {
    /// A callsite not yet used.
    #[must_use]
    pub const fn new(metadata: &'static Metadata) -> Self {
        Self {
            metadata,
            state: AtomicU32::new(0),
            first_kinds: AtomicU32::new(0),
            children: [const { OnceRef::new() }, const { OnceRef::new() }],
        }
    }

    /// What was known at compile time.
    #[must_use]
    pub fn metadata(&self) -> &'static Metadata {
        self.metadata
    }

    /// The header of this callsite's records, as of one without arguments, where events are to be
    /// recorded now.
    ///
    /// One relaxed read and one branch; registers the callsite at its first use.
    #[inline]
    pub fn enabled(&'static self) -> Option<Header> {
        let state = self.state.load(Ordering::Relaxed);
        if state & state::ENABLED != 0 {
            return Some(Header::from_bits(state));
        }
        if state == 0 || state & (state::PENDING | state::REFUSED) != 0 {
            return self.first_use();
        }
        None
    }

    /// Registers the callsite. Whoever comes by while another context is at it helps, so nobody
    /// waits, and a signal handler that finds its own thread half-way through gets on.
    #[cold]
    fn first_use(&'static self) -> Option<Header> {
        if self.state.load(Ordering::Relaxed) == 0 {
            let fresh = match registry::next_id() {
                Some(id) => self.header(id).to_bits() & !state::FLAGS | state::PENDING,
                None => state::REFUSED,
            };
            // Where another context was quicker, our id stays unused.
            let _ = self
                .state
                .compare_exchange(0, fresh, Ordering::AcqRel, Ordering::Acquire);
        }
        let state = self.state.load(Ordering::Acquire);
        if state & state::REFUSED != 0 {
            lane::count_dropped(self.metadata.level, Dropped::NoId);
            return None;
        }
        let id = Header::from_bits(state & !state::FLAGS).id();
        registry::link(self, id);
        filter::apply(self);
        self.enabled_now()
    }

    /// The header of this callsite's records, whatever the filter says: for what must be in a
    /// snapshot, such as a panic's text. `None` where there is no id for it.
    pub fn always(&'static self) -> Option<Header> {
        let enabled = self.enabled();
        let id = self.id()?;
        Some(enabled.unwrap_or(self.header(id)))
    }

    fn header(&self, id: u32) -> Header {
        Header::new(id, self.metadata.level)
    }

    /// As [`enabled`](Self::enabled), of a callsite that has been registered.
    pub(crate) fn enabled_now(&self) -> Option<Header> {
        let state = self.state.load(Ordering::Relaxed);
        (state & state::ENABLED != 0).then_some(Header::from_bits(state))
    }

    /// Switches recording on or off.
    pub(crate) fn set_enabled(&'static self, enabled: bool) {
        let id = self.state.load(Ordering::Relaxed) & !state::FLAGS;
        self.state.store(
            id | if enabled { state::ENABLED } else { 0 },
            Ordering::Relaxed,
        );
        if enabled && self.is_described_at_once() {
            registry::tell(self);
        }
    }

    /// The id of this callsite in records, from 1; `None` before its first use.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        let id = Header::from_bits(self.state.load(Ordering::Acquire) & !state::FLAGS).id();
        (id != 0).then_some(id)
    }

    /// Whether the callsite's kinds are known to be `F`'s.
    #[inline]
    pub(crate) fn is_known_for<F: Fields>(&'static self) -> bool {
        let [first, more @ ..] = &F::KINDS;
        self.first_kinds.load(Ordering::Relaxed) == *first
            && (F::COUNT <= 4
                || self
                    .metadata
                    .more_kinds
                    .iter()
                    .zip(more)
                    .all(|(known, kinds)| known.load(Ordering::Relaxed) == *kinds))
    }

    /// Whether the callsite's kinds are these, or could be made so because they were not yet set.
    ///
    /// They are others where a log statement stands in generic code; such a record carries its
    /// own kinds.
    pub(crate) fn has_kinds(&'static self, kinds: &Kinds) -> bool {
        let mut is_news = false;
        let same = self.kind_words().zip(kinds).all(|(known, &kinds)| {
            if known.load(Ordering::Relaxed) == kinds {
                return true;
            }
            match known.compare_exchange(0, kinds, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    is_news = true;
                    true
                }
                Err(other) => other == kinds,
            }
        });
        // Before the first record, so that whoever finds that finds the description.
        if is_news {
            registry::tell(self);
        }
        same
    }

    /// Whether the description is what the records need before the first of them. A span's have
    /// their own kinds.
    fn is_described_at_once(&self) -> bool {
        self.metadata.names.is_empty() || self.metadata.kind == CallsiteKind::Span
    }

    /// Whether the description is what the records need.
    pub(crate) fn is_described(&self) -> bool {
        self.is_described_at_once() || self.kinds().all(|kind| kind.is_some())
    }

    fn kind_words(&self) -> impl Iterator<Item = &AtomicU32> {
        core::iter::once(&self.first_kinds).chain(self.metadata.more_kinds)
    }

    /// Copies the kinds' bytes; 0 where one is not known.
    pub(crate) fn copy_kinds(&self, bytes: &mut [u8; FIELDS_MAX]) {
        for (to, word) in bytes
            .as_chunks_mut::<4>()
            .0
            .iter_mut()
            .zip(self.kind_words())
        {
            *to = word.load(Ordering::Relaxed).to_le_bytes();
        }
    }

    /// The kinds of the arguments as far as they are known: `None` before the first record.
    pub fn kinds(&self) -> impl Iterator<Item = Option<Kind>> {
        (0..self.metadata.names.len()).map(|at| {
            let word = self.kind_words().nth(at / 4)?.load(Ordering::Relaxed);
            Kind::from_byte((word >> (at % 4 * 8)) as u8)
        })
    }
}

impl fmt::Debug for Callsite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callsite")
            .field("metadata", &self.metadata)
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
