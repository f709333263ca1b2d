//! The table of open spans.
//!
//! The record of a span's beginning may be overwritten while the span is open. So a program can provide
//! memory in which each span that is entered has a slot until it is left. A snapshot contains a copy of the
//! slots in use.

mod slot;

use core::{cell::Cell, fmt};

use once_cell::race::OnceRef;

use self::slot::Slot;
pub(crate) use self::slot::{ENTRY_MAX_WORDS, IS_CUT, LEAD_WORDS};
use crate::{
    context::Context,
    record::RecordHeader,
    recording::arguments::AnyArguments,
    sync::{
        Ordering::{Acquire, Relaxed, Release},
        Word,
    },
    thread_name::ThreadName,
};

/// The words before the slots.
const HEADER_WORDS: usize = 4;
/// Number of open spans of this run that have no slot.
const MISSING: usize = 0;
/// Number of the run among those that have used the table.
const EPOCH: usize = 1;
/// The id of the run, low word first.
const RUN_ID: usize = 2;

/// Number of slots that are tried for a span.
const ATTEMPTS: usize = 32;

/// A table of the spans that are open, in memory that the program provides.
///
/// [`record_open_spans`](crate::record_open_spans) makes it the table of the program. All contexts of the
/// program enter and leave spans at the same time, without a lock. An encoder reads the table meanwhile, also
/// in a panic handler or a signal handler.
///
/// # Cost
///
/// A slot takes 48 words. Entering a span writes them, and leaving it writes one. A program without a table
/// does not link this code.
///
/// # When full
///
/// A span that finds no free slot is not in the table. Their number is in the snapshot. A span tries 32
/// slots, so this may happen before all slots are in use.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Memory, SpanTable, record_open_spans, span};
/// # use ttlog_core::{Geometry, lane::critical_section::{self, Clock}};
///
/// static SLOTS: Memory<{ SpanTable::memory_words(4) }> = Memory::new();
/// static TABLE: SpanTable<'static> = SpanTable::new(SLOTS.words());
///
/// # static MEMORY: Memory<1024> = Memory::new();
/// # let clock = Clock { ticks: || 7, hz: 1_000_000 };
/// let ring = critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
/// record_open_spans(&TABLE, ring.run().id)?;
/// let _span = span!("pump.start", pump = 3);
/// // A snapshot that is taken now contains the span, whatever has been overwritten.
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SpanTable<'a> {
    header: &'a [Word],
    slots: &'a [[Word; slot::WORDS]],
    // Pointers, so that only a program that makes a table links the code.
    enter: fn(&SpanTable<'_>, &NewSpan<'_>) -> SpanSlot,
    leave: fn(&SpanTable<'_>, SpanSlot),
}

/// The program's table.
static TABLE: OnceRef<'static, SpanTable<'static>> = OnceRef::new();

/// A span that is entered.
pub(crate) struct NewSpan<'a> {
    /// The header of the callsite's records.
    pub(crate) header: RecordHeader,
    /// The context inside.
    pub(crate) context: &'a Context,
    /// The id of the parent; 0 if there is none.
    pub(crate) parent: u64,
    /// The time of the enter record.
    pub(crate) ticks: u64,
    /// The words of the thread's name.
    pub(crate) thread: &'a [Cell<u32>; ThreadName::WORDS],
    /// Number of spans and contexts that are open below. A guess of where the next free slot is.
    pub(crate) depth: usize,
    pub(crate) arguments: &'a dyn AnyArguments,
}

/// The place of a span in the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanSlot {
    /// The index; `usize::MAX` if the span found no slot.
    index: usize,
    /// The state of the slot, or the epoch if there is none.
    state: u32,
}

impl<'a> SpanTable<'a> {
    /// Returns the number of words of a table with this number of slots.
    #[must_use]
    pub const fn memory_words(slots: usize) -> usize {
        HEADER_WORDS + slots * slot::WORDS
    }

    /// Makes a table of memory that is all zeros. Words that are too few for a slot are not used.
    #[must_use]
    pub const fn new(memory: &'a [Word]) -> Self {
        let (header, slots) = match memory.split_at_checked(HEADER_WORDS) {
            Some((header, slots)) => (header, slots.as_chunks().0),
            None => (&[] as &[_], &[] as &[_]),
        };
        Self {
            header,
            slots,
            enter,
            leave,
        }
    }

    /// Returns the number of slots.
    #[must_use]
    pub const fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// Begins a run: slots of the runs before are free.
    pub(crate) fn begin_run(&self, run_id: u64) {
        if let [missing, epoch, low, high] = self.header {
            epoch.fetch_add(1, Relaxed);
            missing.store(0, Relaxed);
            low.store(run_id as u32, Relaxed);
            high.store((run_id >> 32) as u32, Release);
        }
    }

    /// Returns whether the table is that of this run.
    pub(crate) fn is_of_run(&self, run_id: u64) -> bool {
        self.header(RUN_ID + 1, Acquire) == (run_id >> 32) as u32
            && self.header(RUN_ID, Relaxed) == run_id as u32
    }

    /// Returns the number of open spans that have no slot.
    pub(crate) fn missing(&self) -> u32 {
        self.header(MISSING, Relaxed)
    }

    fn header(&self, at: usize, order: core::sync::atomic::Ordering) -> u32 {
        self.header.get(at).map_or(0, |word| word.load(order))
    }

    /// Copies the entry in a slot, if a span of this run is in it. Returns its words.
    pub(crate) fn copy<'w>(
        &self,
        index: usize,
        words: &'w mut [u32; ENTRY_MAX_WORDS],
    ) -> Option<&'w [u32]> {
        let epoch = self.header(EPOCH, Relaxed);
        if !Slot(self.slots.get(index)?).copy(epoch, words) {
            return None;
        }
        let length = RecordHeader::from_bits(words[0]).words();
        words.get(..length)
    }
}

/// Gives a span a slot.
fn enter(table: &SpanTable<'_>, span: &NewSpan<'_>) -> SpanSlot {
    let epoch = table.header(EPOCH, Relaxed);
    let count = table.slots.len();
    // Threads begin at places of their own, and a thread's spans stand one after the other.
    let [number, ..] = span.thread;
    let begin = (u64::from(number.get().wrapping_mul(0x9E37_79B9)) * count as u64) >> 32;
    let mut index = begin as usize + span.depth;
    for _ in 0..ATTEMPTS.min(count) {
        if index >= count {
            index = index.checked_rem(count).unwrap_or_default();
        }
        if let Some(words) = table.slots.get(index)
            && let Some(state) = Slot(words).claim(epoch)
        {
            Slot(words).fill(epoch, span);
            Slot(words).publish(state);
            return SpanSlot { index, state };
        }
        index += 1;
    }
    if let Some(missing) = table.header.get(MISSING) {
        missing.fetch_add(1, Relaxed);
    }
    SpanSlot {
        index: usize::MAX,
        state: epoch,
    }
}

/// Frees the slot of a span.
fn leave(table: &SpanTable<'_>, slot: SpanSlot) {
    if let Some(words) = table.slots.get(slot.index) {
        Slot(words).free(slot.state);
    } else if let Some(missing) = table.header.get(MISSING)
        && table.header(EPOCH, Relaxed) == slot.state
    {
        missing.fetch_add(u32::MAX, Relaxed);
    }
}
impl fmt::Debug for SpanTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanTable")
            .field("slots", &self.slots.len())
            .field("missing", &self.missing())
            .finish_non_exhaustive()
    }
}

/// Makes a table the program's. Returns whether it is.
pub(crate) fn install(table: &'static SpanTable<'static>) -> bool {
    let _ = TABLE.set(table);
    installed().is_some_and(|installed| core::ptr::eq(installed, table))
}

/// Returns the program's table.
#[inline]
pub(crate) fn installed() -> Option<&'static SpanTable<'static>> {
    TABLE.get()
}

impl SpanTable<'static> {
    /// Gives a span a slot.
    pub(crate) fn enter(&self, span: &NewSpan<'_>) -> SpanSlot {
        (self.enter)(self, span)
    }

    /// Frees the slot of a span.
    pub(crate) fn leave(&self, slot: SpanSlot) {
        (self.leave)(self, slot);
    }
}

#[cfg(all(test, loom))]
mod model;
