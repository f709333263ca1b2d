//! The writer: appends records to a page of its own.

mod marks;
mod open_contexts;

use core::{
    cell::Cell,
    error::Error,
    fmt,
    sync::atomic::{
        AtomicU32, Ordering::Relaxed, Ordering::Release, Ordering::SeqCst, compiler_fence,
    },
};

pub(crate) use self::open_contexts::EnteredContext;
use self::{
    marks::{Marks, write_mark},
    open_contexts::OpenContexts,
};
use crate::{
    context::Context,
    drop_cause::DropCause,
    fill::Fill,
    page::{self, Claim, HEADER_WORDS},
    record::{RecordHeader, mark},
    ring::{Page, Ring},
    sync::Word,
    thread_name::ThreadName,
};

/// Appends records to pages of a ring, on behalf of one context: a thread, or a program's main loop
/// with its interrupts.
///
/// A record that interrupts another one (from a signal handler) takes the room behind it. Only the
/// outermost record publishes. Cells are enough, because only one context writes, and what may
/// interrupt it checks the phase first.
///
/// Each event has a sequence number in its writer. The page's header states that of its first event,
/// so the events themselves carry nothing.
///
/// # Cost
///
/// A record is a few stores. Every few hundred records the writer claims a new page. A new writer is
/// all zeros, so a static one takes no flash.
///
/// # When full
///
/// If all pages are owned by other writers or held, the record is dropped with [`DropCause::NoPage`].
///
/// # Examples
///
/// See [`ring`](crate::ring).
// What every record needs stands first, close together.
#[derive(Debug)]
#[repr(C)]
pub struct Writer<'a> {
    phase: AtomicU32,
    /// Number of words of the page in use, published or not. 16 bits hold the length of the largest
    /// page, and tell the compiler that a sum with a record's length does not wrap.
    used: Cell<u16>,
    /// The page, if the next record can take the fast path. `None` if a mark is due first.
    open: Cell<Option<Page<'a>>>,
    last_ticks: Cell<u64>,
    page: Cell<Option<Page<'a>>>,
    number: Cell<u32>,
    /// Sequence number of the first event of the next page.
    next_seq: Cell<u64>,
    marks: Marks,
    open_contexts: OpenContexts,
}

/// The writer is not writing.
const IDLE: u32 = 0;
/// A record is being filled. What interrupts it may write behind it.
const FILLING: u32 = 1;
/// Room is being taken. What interrupts this must not write.
const RESERVING: u32 = 2;

/// Number of words of the mark that states the time.
const TIME_MARK_WORDS: usize = RecordHeader::WORDS + 2;

/// The head of a page, the room taken in it, and the ticks since the record before.
type Taken<'a> = (&'a [Word; HEADER_WORDS], &'a [Word], u32);

/// Why a record was not written.
///
/// # Examples
///
/// A ring of two pages has none for a third writer:
///
/// ```
/// use ttlog_core::{DropCause, Level, Memory, RecordHeader, Word, WriteError, Writer};
/// use ttlog_core::ring::{Geometry, Ring, Run};
///
/// const GEOMETRY: Geometry = Geometry { page_words: 128 };
/// let memory = Memory::<{ GEOMETRY.memory_words(2) }>::new();
/// let ring = Ring::new(&memory, GEOMETRY, Run::default())?;
/// let results = [Writer::new(), Writer::new(), Writer::new()]
///     .map(|writer| writer.write(&ring, 0, RecordHeader::new(1, Level::Info), &|_: &[Word]| {}));
/// assert_eq!(results, [Ok(()), Ok(()), Err(WriteError::Dropped(DropCause::NoPage))]);
/// # Ok::<(), ttlog_core::ring::GeometryError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WriteError {
    /// The event is dropped. The caller counts it.
    Dropped(DropCause),
    /// The record is longer than any record that fits a page.
    TooLong {
        /// Number of words of the longest record that fits.
        max_words: usize,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped(cause) => write!(f, "the event is dropped: {}", cause.name()),
            Self::TooLong { max_words } => {
                write!(
                    f,
                    "the record is too long for a page: at most {max_words} words fit"
                )
            }
        }
    }
}

impl Error for WriteError {}

impl<'a> Writer<'a> {
    /// Creates a writer without a page. It claims one for its first record.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            phase: AtomicU32::new(IDLE),
            used: Cell::new(0),
            open: Cell::new(None),
            last_ticks: Cell::new(0),
            page: Cell::new(None),
            number: Cell::new(0),
            next_seq: Cell::new(0),
            marks: Marks::new(),
            open_contexts: OpenContexts::new(),
        }
    }

    /// Appends an event of the length that its header states. `fill` writes all but the leading two
    /// words.
    ///
    /// # Errors
    ///
    /// - [`WriteError::Dropped`] if there is no room.
    /// - [`WriteError::TooLong`] if the record does not fit a page.
    ///
    /// Nothing is written then.
    ///
    /// # Examples
    ///
    /// A record with one argument takes three words:
    ///
    /// ```
    /// use std::sync::atomic::Ordering::Relaxed;
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Position, Ring, Run};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// let header = RecordHeader::new(1, Level::Info).with_words(RecordHeader::WORDS + 1);
    /// Writer::new().write(&ring, 17, header, &|room: &[Word]| room[0].store(7, Relaxed))?;
    ///
    /// # let (mut position, mut buffer) = (Position::default(), [0; 4 * 128]);
    /// let mut news = ring.follow(0, &mut position, &mut buffer).expect("one record");
    /// let record = news.cursor.next(&mut news.records).expect("a whole record");
    /// assert_eq!(record.body(), 7_u32.to_le_bytes());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline(always)]
    pub fn write(
        &self,
        ring: &Ring<'a>,
        ticks: u64,
        header: RecordHeader,
        fill: &dyn Fill,
    ) -> Result<(), WriteError> {
        if self.write_fast(ticks, header, fill) {
            return Ok(());
        }
        self.write_slow(ring, ticks, header, fill)
    }

    /// The fast path of [`write`](Self::write). Succeeds if the page has room and no mark is due.
    /// Otherwise returns `false` and writes nothing; call [`write_slow`](Self::write_slow) next.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Ring, Run};
    ///
    /// let memory = Memory::<1024>::new();
    /// let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// let (writer, header) = (Writer::new(), RecordHeader::new(1, Level::Info));
    /// let no_arguments = |_: &[Word]| {};
    ///
    /// // A new writer has no page.
    /// assert!(!writer.write_fast(17, header, &no_arguments));
    /// writer.write_slow(&ring, 17, header, &no_arguments)?;
    /// assert!(writer.write_fast(18, header, &no_arguments));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline(always)]
    pub fn write_fast(
        &self,
        ticks: u64,
        header: RecordHeader,
        fill: &(impl Fill + ?Sized),
    ) -> bool {
        self.write_words_fast(ticks, header, header.words(), fill)
    }

    /// As [`write_fast`](Self::write_fast). `words` is the length in the header, passed separately
    /// because the compiler may know it.
    #[inline(always)]
    pub(crate) fn write_words_fast(
        &self,
        ticks: u64,
        header: RecordHeader,
        words: usize,
        fill: &(impl Fill + ?Sized),
    ) -> bool {
        if self.phase.load(Relaxed) != IDLE {
            return false;
        }
        self.reserve();
        let Some((head, room, gap)) = self.take(ticks, words) else {
            self.phase.store(IDLE, Relaxed);
            return false;
        };
        self.append(head, room, header, gap, fill);
        self.publish(head);
        true
    }

    /// The slow path of [`write`](Self::write), for when [`write_fast`](Self::write_fast) has returned
    /// `false`: a mark or a new page has to come first, or the call interrupts another record.
    ///
    /// An interrupted record is open in its page, so this record must go into the same page. The
    /// interrupted record publishes both.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    #[cold]
    #[inline(never)]
    pub fn write_slow(
        &self,
        ring: &Ring<'a>,
        ticks: u64,
        header: RecordHeader,
        fill: &dyn Fill,
    ) -> Result<(), WriteError> {
        let outer = self.phase.load(Relaxed);
        if outer == RESERVING {
            return Err(WriteError::Dropped(DropCause::Nested));
        }
        let max_words = ring.record_max_words();
        if header.words() > max_words {
            return Err(WriteError::TooLong { max_words });
        }
        self.reserve();
        let ready = match outer {
            IDLE => self.make_room(ring, ticks, header.words()),
            _ => Ok(()),
        };
        // If the clock has gone back, the time stands still until there is a new page.
        let ticks = ticks.max(self.last_ticks.get());
        let made = ready.and_then(|()| {
            let nested = WriteError::Dropped(DropCause::Nested);
            self.take(ticks, header.words()).ok_or(nested)
        });
        match made {
            Ok((head, room, gap)) => {
                self.append(head, room, header, gap, fill);
                if outer == IDLE {
                    self.publish(head);
                }
                Ok(())
            }
            Err(refused) => {
                self.phase.store(outer, Relaxed);
                Err(refused)
            }
        }
    }

    /// Enters the phase in which nothing else may be written.
    #[inline(always)]
    fn reserve(&self) {
        self.phase.store(RESERVING, Relaxed);
        compiler_fence(SeqCst);
    }

    /// Takes room for a record, if no mark is due.
    #[inline(always)]
    fn take(&self, ticks: u64, words: usize) -> Option<Taken<'a>> {
        // If the clock has gone back, the gap is too long as well.
        let gap = u32::try_from(ticks.wrapping_sub(self.last_ticks.get())).ok()?;
        let page = self.open.get()?;
        let used = usize::from(self.used.get());
        let room = page.words.get(used..used + words)?;
        self.used.set((used + words) as u16);
        self.last_ticks.set(ticks);
        Some((page.head, room, gap))
    }

    /// Fills room that has been taken, and enters the phase [`FILLING`].
    #[inline(always)]
    fn append(
        &self,
        head: &[Word; HEADER_WORDS],
        room: &[Word],
        header: RecordHeader,
        gap: u32,
        fill: &(impl Fill + ?Sized),
    ) {
        let count = &head[page::recorded_index(header.level_number())];
        count.store(count.load(Relaxed).wrapping_add(1), Relaxed);

        compiler_fence(SeqCst);
        self.phase.store(FILLING, Relaxed);
        if let [first, second, rest @ ..] = room {
            first.store(header.to_bits(), Relaxed);
            second.store(gap, Relaxed);
            fill.fill(rest);
        }
    }

    /// Publishes all that has been written. An interruption may add a record between the load of
    /// `used` and the end of the phase; the check after the phase finds it.
    #[inline(always)]
    fn publish(&self, head: &[Word; HEADER_WORDS]) {
        let used = self.used.get();
        head[page::LENGTH].store(used.into(), Release);
        compiler_fence(SeqCst);
        self.phase.store(IDLE, Relaxed);
        compiler_fence(SeqCst);
        if self.used.get() != used {
            self.publish_again();
        }
    }

    /// Publishes what an interruption has added.
    #[cold]
    #[inline(never)]
    fn publish_again(&self) {
        // Before the page is read: another interruption could turn it.
        self.phase.store(FILLING, Relaxed);
        compiler_fence(SeqCst);
        match self.page.get() {
            Some(page) => self.publish(page.head),
            None => self.phase.store(IDLE, Relaxed),
        }
    }

    /// Makes room for a record of `words` words: claims a new page if this one is full, and writes the
    /// marks that are due.
    fn make_room(&self, ring: &Ring<'a>, ticks: u64, words: usize) -> Result<(), WriteError> {
        let time_words = if self.is_time_due(ticks) {
            TIME_MARK_WORDS
        } else {
            0
        };
        let mut due = self.marks.due_words() + time_words;
        let page_words = self.page.get().map_or(0, |page| page.words.len());
        if page_words < usize::from(self.used.get()) + due + words {
            let page = self.turn_page(ring, ticks)?;
            self.used.set(HEADER_WORDS as u16);
            self.last_ticks.set(ticks);
            self.marks.begin_page();
            // The page's header states the time.
            due = self.marks.due_words();
            let max_words = page.words.len().saturating_sub(HEADER_WORDS + due);
            if words > max_words {
                return Err(WriteError::TooLong { max_words });
            }
        }
        if due != 0 {
            self.write_marks(ticks);
        }
        self.open.set(self.page.get());
        Ok(())
    }

    /// Claims a page, and releases the one before.
    fn turn_page(&self, ring: &Ring<'a>, ticks: u64) -> Result<Page<'a>, WriteError> {
        let full = self.end_page();
        let claim = Claim {
            writer: self.number.get(),
            base_ticks: ticks,
            first_seq: self.next_seq.get(),
        };
        let end_ticks = self.last_ticks.get();
        let claimed = match &full {
            Some(page) if ring.reuse_under_hold(page, end_ticks, &claim) => full,
            _ => ring.exchange(full.as_ref(), end_ticks, &claim),
        };
        self.page.set(claimed);
        claimed.ok_or(WriteError::Dropped(DropCause::NoPage))
    }

    /// Returns whether the time since the record before is too long for a word.
    fn is_time_due(&self, ticks: u64) -> bool {
        let last_ticks = self.last_ticks.get();
        // The second comparison is rarely made.
        ticks.wrapping_sub(last_ticks) >> 32 != 0 && ticks > last_ticks
    }

    /// Writes the marks that are due.
    #[inline(never)]
    fn write_marks(&self, ticks: u64) {
        let page = self.page.get().map_or(&[][..], |page| page.words);
        let room = page.get(self.used.get().into()..).unwrap_or_default();
        let mut rest = self.marks.write(room);
        if self.is_time_due(ticks) {
            let time = [ticks as u32, (ticks >> 32) as u32].map(Cell::new);
            rest = write_mark(mark::TIME, TIME_MARK_WORDS, &time, rest);
            self.last_ticks.set(ticks);
        }
        self.used.set((page.len() - rest.len()) as u16);
    }

    /// Sets the number of this writer in its ring, and starts its sequence numbers at 0. Two writers
    /// of a ring must not have the same number. Default: 0.
    ///
    /// [Release](Self::release) the page of the ring before first.
    pub fn set_number(&self, number: u32) {
        self.number.set(number);
        self.next_seq.set(0);
    }

    /// Sets the thread that the next records belong to.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, ThreadName, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Position, Ring, Run};
    ///
    /// # let memory = Memory::<1024>::new();
    /// # let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// # let (mut position, mut buffer) = (Position::default(), [0; 4 * 128]);
    /// let writer = Writer::new();
    /// writer.set_thread(ThreadName::new(3, "checkout"));
    /// writer.write(&ring, 0, RecordHeader::new(1, Level::Info), &|_: &[Word]| {})?;
    ///
    /// let mut news = ring.follow(0, &mut position, &mut buffer).expect("one record");
    /// let record = news.cursor.next(&mut news.records).expect("a whole record");
    /// assert_eq!((record.thread.number, record.thread.name()), (3, "checkout"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_thread(&self, name: ThreadName) {
        self.between_records(|| self.marks.set_thread(name));
    }

    /// Returns the thread that records belong to.
    #[must_use]
    pub fn thread(&self) -> ThreadName {
        self.marks.thread()
    }

    /// Returns the time of the last record.
    ///
    /// # Examples
    ///
    /// The time of a record never goes back, even if the clock does:
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Ring, Run};
    ///
    /// # let memory = Memory::<1024>::new();
    /// # let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// let (writer, header) = (Writer::new(), RecordHeader::new(1, Level::Info));
    /// writer.write(&ring, 17, header, &|_: &[Word]| {})?;
    /// writer.write(&ring, 5, header, &|_: &[Word]| {})?;
    /// assert_eq!(writer.last_ticks(), 17);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn last_ticks(&self) -> u64 {
        self.last_ticks.get()
    }

    /// Notes that this context has written its last record through another writer, at `ticks`. This
    /// writer must have no page.
    pub fn set_last_ticks(&self, ticks: u64) {
        debug_assert!(self.page.get().is_none());
        self.last_ticks.set(ticks);
    }

    /// Returns the current context. Returns `None` if the call interrupts a change of the context.
    #[inline]
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        if self.phase.load(Relaxed) == RESERVING {
            return None;
        }
        self.marks.context()
    }

    /// Replaces the current context, and returns the one before. The context is written with the next
    /// event.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Context, SpanId, TraceId, Writer};
    ///
    /// let context = Context { trace_id: TraceId(1), span_id: SpanId(2) };
    /// let writer = Writer::new();
    /// assert_eq!(writer.replace_context(Some(context)), None);
    /// assert_eq!(writer.context(), Some(context));
    /// assert_eq!(writer.replace_context(None), Some(context));
    /// ```
    pub fn replace_context(&self, context: Option<Context>) -> Option<Context> {
        let before = self.context();
        self.set_context(context);
        before
    }

    /// As [`replace_context`](Self::replace_context).
    pub(crate) fn set_context(&self, context: Option<Context>) {
        self.between_records(|| self.marks.set_context(context));
    }

    /// Enters a context, which is the current one from then on. `previous` is the one before it. Returns
    /// `None`, and changes nothing, if the call interrupts a change of the context.
    pub(crate) fn enter_context(
        &self,
        context: &Context,
        previous: &Option<Context>,
    ) -> Option<EnteredContext> {
        let mut entered = None;
        self.between_records(|| {
            entered = Some(self.open_contexts.enter(context, previous));
            self.marks.set_context(Some(*context));
        });
        entered
    }

    /// Returns the words of the thread that records belong to.
    pub(crate) fn thread_words(&self) -> &[Cell<u32>; ThreadName::WORDS] {
        self.marks.thread_words()
    }

    /// Returns the number of contexts that have been entered and not left.
    pub(crate) fn context_depth(&self) -> usize {
        self.open_contexts.depth()
    }

    /// Leaves a context. `context` and `previous` are as they were entered. The current context is then the
    /// one that was entered last among those that have not been left.
    pub(crate) fn leave_context(
        &self,
        left: EnteredContext,
        context: &Context,
        previous: &Option<Context>,
    ) {
        self.between_records(|| {
            let is_current = || self.marks.context().as_ref() == Some(context);
            if let Some(current) = self.open_contexts.leave(left, is_current, previous) {
                self.marks.set_context(current);
            }
        });
    }

    /// Changes what the marks state, unless the call interrupts a change or a reservation.
    fn between_records(&self, change: impl FnOnce()) {
        let outer = self.phase.load(Relaxed);
        if outer != RESERVING {
            self.reserve();
            change();
            let is_open = self.marks.due_words() == 0;
            self.open.set(self.page.get().filter(|_| is_open));
            compiler_fence(SeqCst);
            self.phase.store(outer, Relaxed);
        }
    }

    /// Releases the page, and returns `true`. The next record claims another. Does nothing, and returns
    /// `false`, if the call interrupts a record: the interrupted record needs the page.
    ///
    /// # Examples
    ///
    /// A thread that ends releases its page, so that other writers can reuse it:
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Ring, Run};
    ///
    /// # const GEOMETRY: Geometry = Geometry { page_words: 128 };
    /// # let memory = Memory::<{ GEOMETRY.memory_words(2) }>::new();
    /// # let ring = Ring::new(&memory, GEOMETRY, Run::default())?;
    /// for _ in 0..10 {
    ///     let writer = Writer::new();
    ///     writer.write(&ring, 0, RecordHeader::new(1, Level::Info), &|_: &[Word]| {})?;
    ///     assert!(writer.release(&ring));
    /// }
    /// assert_eq!(ring.count().recorded().iter().sum::<u64>(), 10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn release(&self, ring: &Ring<'a>) -> bool {
        let is_idle = self.phase.load(Relaxed) == IDLE;
        if is_idle {
            self.reserve();
            if let Some(page) = self.end_page() {
                ring.release(&page, self.last_ticks.get());
            }
            compiler_fence(SeqCst);
            self.phase.store(IDLE, Relaxed);
        }
        is_idle
    }

    /// Publishes the page, and takes it.
    fn end_page(&self) -> Option<Page<'a>> {
        let used = self.used.replace(0);
        self.open.set(None);
        let page = self.page.take()?;
        // An interruption may have added a record that is not published yet.
        page.head[page::LENGTH].store(used.into(), Release);
        let next_seq = self.next_seq.get().wrapping_add(page.events().into());
        self.next_seq.set(next_seq);
        Some(page)
    }
}

impl Default for Writer<'_> {
    fn default() -> Self {
        Self::new()
    }
}
