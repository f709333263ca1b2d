//! The writer: appends records to a page of its own.

mod marks;

use core::{
    cell::Cell,
    sync::atomic::{
        AtomicU32, Ordering::Relaxed, Ordering::Release, Ordering::SeqCst, compiler_fence,
    },
};

use self::marks::{Marks, write_mark};
use crate::{
    context::Context,
    lane::{Dropped, Fill},
    name::Name,
    page::{self, HEADER_WORDS},
    record::{Header, mark},
    ring::{Page, Ring},
    sync::Word,
};

/// Appends records to pages of a ring, on behalf of one context: a thread, or a program's main
/// loop with its interrupts.
///
/// A record that comes in the middle of another (from a signal handler) takes room behind it; only
/// the outermost commit publishes. Cells are enough, because only one context writes and what may
/// interrupt it looks at `phase` first.
///
/// What every record needs stands first, close together. A new writer is all zeros, so that a static
/// one takes no room in flash.
#[derive(Debug)]
#[repr(C)]
pub struct Writer<'a> {
    phase: AtomicU32,
    /// Words of the page in use, whether published or not. In 16 bits, which hold the largest page's:
    /// so the compiler knows that a few more do not wrap around.
    used: Cell<u16>,
    /// The page, for records without further ado: none where a mark has to come first.
    open: Cell<Option<Page<'a>>>,
    last_ticks: Cell<u64>,
    page: Cell<Option<Page<'a>>>,
    marks: Marks,
}

/// Nobody is writing.
const IDLE: u32 = 0;
/// A record is being filled: what interrupts it may write behind it.
const FILLING: u32 = 1;
/// Room is being taken: what interrupts it must not write.
const RESERVING: u32 = 2;

/// Words of the mark that states the time.
const TIME_MARK_WORDS: usize = Header::WORDS + 2;

/// The head of a page, room in it, and the ticks since the record before.
type Made<'a> = (&'a [Word; HEADER_WORDS], &'a [Word], u32);

/// Why a record was not written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refused {
    /// For this cause; to be counted.
    Dropped(Dropped),
    /// It is longer than any record that fits a page.
    TooLong {
        /// The most words that do.
        max_words: usize,
    },
}

impl<'a> Writer<'a> {
    /// A writer without a page: it claims one for its first record.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            phase: AtomicU32::new(IDLE),
            used: Cell::new(0),
            open: Cell::new(None),
            last_ticks: Cell::new(0),
            page: Cell::new(None),
            marks: Marks::new(),
        }
    }

    /// Appends an event as long as its header says, of which `fill` writes all but the leading two
    /// words.
    ///
    /// # Errors
    ///
    /// [`Refused`], with nothing written.
    #[inline(always)]
    pub fn write(
        &self,
        ring: &Ring<'a>,
        ticks: u64,
        header: Header,
        fill: &dyn Fill,
    ) -> Result<(), Refused> {
        if self.write_on(ticks, header, fill) {
            return Ok(());
        }
        self.write_otherwise(ring, ticks, header, fill)
    }

    /// As [`write`](Self::write), where nothing else has to be done for it: there is room in the
    /// page and nothing to be stated first. Where it is not so, answers `false` with nothing
    /// written.
    #[inline(always)]
    pub fn write_on(&self, ticks: u64, header: Header, fill: &(impl Fill + ?Sized)) -> bool {
        self.write_words_on(ticks, header, header.words(), fill)
    }

    /// As [`write_on`](Self::write_on). `words` is the header's length, apart because the compiler may
    /// know it.
    #[inline(always)]
    pub(crate) fn write_words_on(
        &self,
        ticks: u64,
        header: Header,
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

    /// As [`write`](Self::write), where [`write_on`](Self::write_on) has answered `false`: a mark or
    /// a new page has to come first, or this is in the middle of a record that was interrupted.
    ///
    /// Whoever wrote that record publishes both. It stands open in its page, so there can be no other
    /// page.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    #[cold]
    #[inline(never)]
    pub fn write_otherwise(
        &self,
        ring: &Ring<'a>,
        ticks: u64,
        header: Header,
        fill: &dyn Fill,
    ) -> Result<(), Refused> {
        let outer = self.phase.load(Relaxed);
        if outer == RESERVING {
            return Err(Refused::Dropped(Dropped::Nested));
        }
        let max_words = ring.record_max_words();
        if header.words() > max_words {
            return Err(Refused::TooLong { max_words });
        }
        self.reserve();
        let ready = match outer {
            IDLE => self.make_room(ring, ticks, header.words()),
            _ => Ok(()),
        };
        // For a clock that has gone back, time stands still until there is a new page.
        let ticks = ticks.max(self.last_ticks.get());
        let made = ready.and_then(|()| {
            let nested = Refused::Dropped(Dropped::Nested);
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

    /// Takes room where nothing has to be stated first.
    #[inline(always)]
    fn take(&self, ticks: u64, words: usize) -> Option<Made<'a>> {
        // A clock that has gone back makes a gap that is as good as too long.
        let gap = u32::try_from(ticks.wrapping_sub(self.last_ticks.get())).ok()?;
        let page = self.open.get()?;
        let used = usize::from(self.used.get());
        let room = page.words.get(used..used + words)?;
        self.used.set((used + words) as u16);
        self.last_ticks.set(ticks);
        Some((page.head, room, gap))
    }

    /// Fills room that has been taken. The phase is then [`FILLING`].
    #[inline(always)]
    fn append(
        &self,
        head: &[Word; HEADER_WORDS],
        room: &[Word],
        header: Header,
        gap: u32,
        fill: &(impl Fill + ?Sized),
    ) {
        let count = &head[page::recorded_place(header.level_number())];
        count.store(count.load(Relaxed).wrapping_add(1), Relaxed);

        compiler_fence(SeqCst);
        self.phase.store(FILLING, Relaxed);
        if let [first, second, rest @ ..] = room {
            first.store(header.to_bits(), Relaxed);
            second.store(gap, Relaxed);
            fill.fill(rest);
        }
    }

    /// Publishes all that has been written. What an interruption adds between the last look and
    /// the end of the phase would wait for the next event, so a last look comes after it.
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
        if let Some(page) = self.page.get() {
            self.phase.store(FILLING, Relaxed);
            compiler_fence(SeqCst);
            self.publish(page.head);
        }
    }

    /// Makes sure that `words` words can follow: states thread, context and time where they have
    /// changed, in a new page where this one is full.
    fn make_room(&self, ring: &Ring<'a>, ticks: u64, words: usize) -> Result<(), Refused> {
        let time_words = if self.is_time_due(ticks) {
            TIME_MARK_WORDS
        } else {
            0
        };
        let mut due = self.marks.due_words() + time_words;
        let page_words = self.page.get().map_or(0, |page| page.words.len());
        if page_words < usize::from(self.used.get()) + due + words {
            let next = self.page.get().map_or(0, |page| page.next());
            self.give_back_page(ring);
            let page = ring
                .claim(next, self.marks.number(), ticks)
                .ok_or(Refused::Dropped(Dropped::NoPage))?;
            self.page.set(Some(page));
            self.used.set(HEADER_WORDS as u16);
            self.last_ticks.set(ticks);
            self.marks.begin_page();
            // The time stands in the page's head.
            due = self.marks.due_words();
            let max_words = page.words.len().saturating_sub(HEADER_WORDS + due);
            if words > max_words {
                return Err(Refused::TooLong { max_words });
            }
        }
        if due != 0 {
            self.write_marks(ticks);
        }
        self.open.set(self.page.get());
        Ok(())
    }

    /// Whether the time since the record before is too long for a word.
    fn is_time_due(&self, ticks: u64) -> bool {
        let gap = ticks.checked_sub(self.last_ticks.get());
        gap.is_some_and(|gap| gap > u64::from(u32::MAX))
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

    /// Says who writes from now on.
    pub fn set_name(&self, name: Name) {
        self.between_records(|| self.marks.set_name(name));
    }

    /// Who writes.
    #[must_use]
    pub fn name(&self) -> Name {
        self.marks.name()
    }

    /// When the last record was written.
    #[must_use]
    pub fn last_ticks(&self) -> u64 {
        self.last_ticks.get()
    }

    /// The current context; none for what interrupts a change of it half-way.
    #[inline]
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        if self.phase.load(Relaxed) == RESERVING {
            return None;
        }
        self.marks.context()
    }

    /// Makes another context the current one, and answers with the one before. It is written down
    /// when an event follows.
    pub fn replace_context(&self, context: Option<Context>) -> Option<Context> {
        let before = self.context();
        self.set_context(context);
        before
    }

    /// As [`replace_context`](Self::replace_context).
    pub(crate) fn set_context(&self, context: Option<Context>) {
        self.between_records(|| self.marks.set_context(context));
    }

    /// Changes what is stated before records, unless a change or a reservation has just been
    /// interrupted.
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

    /// Gives the page back; the next record claims another.
    pub fn give_back(&self, ring: &Ring<'a>) {
        if self.phase.load(Relaxed) == IDLE {
            self.reserve();
            self.give_back_page(ring);
            compiler_fence(SeqCst);
            self.phase.store(IDLE, Relaxed);
        }
    }

    fn give_back_page(&self, ring: &Ring<'a>) {
        self.used.set(0);
        self.open.set(None);
        if let Some(page) = self.page.take() {
            ring.give_back(&page, self.last_ticks.get());
        }
    }
}

impl Default for Writer<'_> {
    fn default() -> Self {
        Self::new()
    }
}
