//! The static behind a log statement.

use core::fmt;

use once_cell::race::OnceRef;

use crate::{
    argument::{FIELDS_MAX, Fields},
    kind::Kind,
    metadata::{CallsiteKind, Metadata},
    record::RecordHeader,
    sync::{AtomicU32, Ordering},
};

/// The static behind a log statement: its metadata, and a word with the id of its records and whether
/// it is enabled.
///
/// The macros place one for each statement. It is registered at its first use (see
/// [`registry`](crate::registry)) and takes three pointers and two words of RAM.
///
/// # Examples
///
/// Code that has no macro records through a callsite of its own, by [`record`](Self::record) or
/// [`record_always`](Self::record_always):
///
/// ```
/// use ttlog_core::{Callsite, CallsiteKind, Level, Metadata, fields};
///
/// static METADATA: Metadata = Metadata {
///     kind: CallsiteKind::Event,
///     level: Level::Warn,
///     target: "pump",
///     file: file!(),
///     line: line!(),
///     text: "pressure {0} in {1}",
///     names: &["pressure", "unit"],
///     more_kinds: &[],
/// };
/// static CALLSITE: Callsite = Callsite::new(&METADATA);
///
/// CALLSITE.record(fields![7_u32, "bar"]);
/// ```
pub struct Callsite {
    metadata: &'static Metadata,
    pub(crate) state: AtomicU32,
    /// The kinds of the first four arguments. They stand beside the state because every event reads
    /// both.
    first_kinds: AtomicU32,
    /// The branches of the registry's tree below this callsite.
    pub(crate) children: [OnceRef<'static, Self>; 2],
}

/// The state word: a record header (level and id) in which the bits of the length are flags. Zero
/// before the first use.
pub(crate) mod state {
    use crate::record::RecordHeader;

    /// Events are to be recorded. As a length, it is that of a record without arguments: the state
    /// of an enabled callsite is the header of such a record.
    pub(crate) const ENABLED: u32 = RecordHeader::WORDS as u32;
    /// The callsite has its id, but may not be linked, and the filter has not been applied.
    pub(crate) const PENDING: u32 = 1;
    /// There was no id left.
    pub(crate) const REFUSED: u32 = 4;
    /// All flags.
    pub(crate) const FLAGS: u32 = ENABLED | PENDING | REFUSED;
}

impl Callsite {
    /// Creates a callsite that has not been used.
    #[must_use]
    pub const fn new(metadata: &'static Metadata) -> Self {
        Self {
            metadata,
            state: AtomicU32::new(0),
            first_kinds: AtomicU32::new(0),
            children: [const { OnceRef::new() }, const { OnceRef::new() }],
        }
    }

    /// Returns what is known at compile time.
    #[must_use]
    pub fn metadata(&self) -> &'static Metadata {
        self.metadata
    }

    /// Returns the header of this callsite's records, as of one without arguments, if the callsite
    /// is enabled. Registers the callsite at its first use.
    ///
    /// # Cost
    ///
    /// One relaxed load and one branch, after the first use.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// # use ttlog_core::{Callsite, CallsiteKind, Metadata};
    /// use ttlog_core::{Level, set_filter};
    ///
    /// # static METADATA: Metadata = Metadata {
    /// #     kind: CallsiteKind::Event, level: Level::Info, target: "pump", file: file!(),
    /// #     line: line!(), text: "started", names: &[], more_kinds: &[],
    /// # };
    /// static CALLSITE: Callsite = Callsite::new(&METADATA); // level INFO
    /// assert!(CALLSITE.enabled().is_some());
    /// set_filter("warn")?;
    /// assert!(CALLSITE.enabled().is_none());
    /// assert!(CALLSITE.always().is_some());
    /// # Ok::<(), ttlog_core::FilterError>(())
    /// ```
    #[inline]
    pub fn enabled(&'static self) -> Option<RecordHeader> {
        let state = self.state.load(Ordering::Relaxed);
        if state & state::ENABLED != 0 {
            return Some(RecordHeader::from_bits(state));
        }
        if state == 0 || state & (state::PENDING | state::REFUSED) != 0 {
            return self.first_use();
        }
        None
    }

    /// Returns the header of this callsite's records whether it is enabled or not. Returns `None` if
    /// there was no id left for it.
    pub fn always(&'static self) -> Option<RecordHeader> {
        let enabled = self.enabled();
        let id = self.id()?;
        Some(enabled.unwrap_or(self.header(id)))
    }

    /// Returns the header of records with this id.
    pub(crate) fn header(&self, id: u32) -> RecordHeader {
        RecordHeader::new(id, self.metadata.level)
    }

    /// As [`enabled`](Self::enabled), for a callsite that has been registered.
    pub(crate) fn enabled_now(&self) -> Option<RecordHeader> {
        let state = self.state.load(Ordering::Relaxed);
        (state & state::ENABLED != 0).then_some(RecordHeader::from_bits(state))
    }

    /// Returns the id of this callsite in records, from 1. Returns `None` before the first use.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ttlog_core::{Callsite, CallsiteKind, Level, Metadata};
    /// # static METADATA: Metadata = Metadata {
    /// #     kind: CallsiteKind::Event, level: Level::Info, target: "pump", file: file!(),
    /// #     line: line!(), text: "started", names: &[], more_kinds: &[],
    /// # };
    /// static CALLSITE: Callsite = Callsite::new(&METADATA);
    /// assert_eq!(CALLSITE.id(), None);
    /// let header = CALLSITE.enabled().expect("no filter is set");
    /// assert_eq!(CALLSITE.id(), Some(header.id()));
    /// ```
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        let bits = self.state.load(Ordering::Acquire) & !state::FLAGS;
        let id = RecordHeader::from_bits(bits).id();
        (id != 0).then_some(id)
    }

    /// Returns whether the callsite's kinds are known to be those of `F`.
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

    /// Returns whether the description can be written before the first record: the callsite has no
    /// arguments, or is a span, whose records state their own kinds.
    pub(crate) fn is_described_at_once(&self) -> bool {
        self.metadata.names.is_empty() || self.metadata.kind == CallsiteKind::Span
    }

    /// Returns whether the description states all that the records need.
    pub(crate) fn is_described(&self) -> bool {
        self.is_described_at_once() || self.kinds().all(|kind| kind.is_some())
    }

    /// Returns the words that hold the kinds, four to a word.
    pub(crate) fn kind_words(&self) -> impl Iterator<Item = &AtomicU32> {
        core::iter::once(&self.first_kinds).chain(self.metadata.more_kinds)
    }

    /// Copies the bytes of the kinds. A kind that is not known is 0.
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

    /// Returns the kinds of the arguments in order. A kind is `None` before the first record.
    ///
    /// # Examples
    ///
    /// ```
    /// # use ttlog_core::{Callsite, CallsiteKind, Level, Metadata, Scalar, fields};
    /// # static METADATA: Metadata = Metadata {
    /// #     kind: CallsiteKind::Event, level: Level::Info, target: "pump", file: file!(),
    /// #     line: line!(), text: "pressure {0} in {1}", names: &["pressure", "unit"], more_kinds: &[],
    /// # };
    /// static CALLSITE: Callsite = Callsite::new(&METADATA); // pressure {0} in {1}
    /// assert!(CALLSITE.kinds().all(|kind| kind.is_none()));
    /// CALLSITE.record(fields![7_u32, "bar"]);
    /// let scalars: Vec<_> = CALLSITE.kinds().flatten().map(|kind| kind.scalar).collect();
    /// assert_eq!(scalars, [Scalar::U32, Scalar::Str]);
    /// ```
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
