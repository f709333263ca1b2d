//! The writer: appends records to a page of its own.

mod statement;

use core::{
    cell::Cell,
    sync::atomic::{
        AtomicU32, Ordering::Relaxed, Ordering::Release, Ordering::SeqCst, compiler_fence,
    },
};

use self::statement::Statement;
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
/// What every record needs stands first, close together.
#[derive(Debug)]
#[repr(C)]
pub struct Writer<'a> {
    phase: AtomicU32,
    /// Words of the page in use, whether published or not.
    used: Cell<usize>,
    /// The page's words, for records without further ado: none where the thread or the context has to
    /// be stated first.
    open: Cell<&'a [Word]>,
    last_ticks: Cell<u64>,
    page: Cell<Page<'a>>,
    name: Statement<{ Name::WORDS }>,
    context: Statement<{ Context::WORDS }>,
    /// The context that the page states, while that is another one.
    stated_context: Cell<Option<Context>>,
}

/// Nobody is writing.
const IDLE: u32 = 0;
/// A record is being filled: what interrupts it may write behind it.
const FILLING: u32 = 1;
/// Room is being taken: what interrupts it must not write.
const RESERVING: u32 = 2;

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
            page: Cell::new(Page::NONE),
            open: Cell::new(&[]),
            used: Cell::new(0),
            last_ticks: Cell::new(0),
            name: Statement::new(),
            context: Statement::new(),
            stated_context: Cell::new(None),
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
        if self.phase.load(Relaxed) != IDLE {
            return false;
        }
        self.phase.store(RESERVING, Relaxed);
        compiler_fence(SeqCst);
        let Some((head, room, gap)) = self.take(ticks, header.words()) else {
            self.phase.store(IDLE, Relaxed);
            return false;
        };
        self.append(head, room, header, gap, fill);
        self.publish(head);
        true
    }

    /// As [`write`](Self::write), where [`write_on`](Self::write_on) has answered `false`.
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
        match self.phase.load(Relaxed) {
            IDLE => self.write_after_marks(ring, ticks, header, fill),
            outer => self.write_inside(ring, ticks, header, fill, outer),
        }
    }

    /// Writes where a mark or a new page has to come first.
    fn write_after_marks(
        &self,
        ring: &Ring<'a>,
        ticks: u64,
        header: Header,
        fill: &dyn Fill,
    ) -> Result<(), Refused> {
        self.phase.store(RESERVING, Relaxed);
        compiler_fence(SeqCst);
        let made = self.make_room(ring, ticks, header.words());
        let Ok((head, room, gap)) = made else {
            self.phase.store(IDLE, Relaxed);
            return made.map(drop);
        };
        // It stays where it was for a clock that has gone back.
        self.last_ticks
            .set(self.last_ticks.get().wrapping_add(gap.into()));
        self.append(head, room, header, gap, fill);
        self.publish(head);
        Ok(())
    }

    /// Writes in the middle of a record that was interrupted; whoever wrote that publishes both.
    /// That record stands open in its page, so there can be no other page.
    fn write_inside(
        &self,
        ring: &Ring<'a>,
        ticks: u64,
        header: Header,
        fill: &dyn Fill,
        outer: u32,
    ) -> Result<(), Refused> {
        if outer == RESERVING {
            return Err(Refused::Dropped(Dropped::Nested));
        }
        if header.words() > ring.record_max_words() {
            return Err(Refused::TooLong {
                max_words: ring.record_max_words(),
            });
        }
        self.phase.store(RESERVING, Relaxed);
        compiler_fence(SeqCst);
        let Some((head, room, gap)) = self.take(ticks, header.words()) else {
            self.phase.store(outer, Relaxed);
            return Err(Refused::Dropped(Dropped::Nested));
        };
        self.append(head, room, header, gap, fill);
        Ok(())
    }

    /// Takes room where nothing has to be stated first.
    #[inline(always)]
    fn take(&self, ticks: u64, words: usize) -> Option<Made<'a>> {
        // A clock that has gone back makes a gap that is as good as too long.
        let gap = u32::try_from(ticks.wrapping_sub(self.last_ticks.get())).ok()?;
        let page = self.open.get();
        let head = page.first_chunk()?;
        let room = page.get(self.used.get()..)?.get(..words)?;
        self.last_ticks.set(ticks);
        Some((head, room, gap))
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
        self.used.set(self.used.get() + room.len());
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
        head[page::LENGTH].store(used as u32, Release);
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
        if let Some(head) = self.page.get().words.first_chunk() {
            self.phase.store(FILLING, Relaxed);
            compiler_fence(SeqCst);
            self.publish(head);
        }
    }

    /// Makes sure that `words` words can follow: states thread, context and time where they have
    /// changed, in a new page where this one is full.
    fn make_room(&self, ring: &Ring<'a>, ticks: u64, words: usize) -> Result<Made<'a>, Refused> {
        if words > ring.record_max_words() {
            return Err(Refused::TooLong {
                max_words: ring.record_max_words(),
            });
        }
        if self.page.get().words.is_empty() || !self.state(ticks, words) {
            self.give_back_page(ring);
            let page = ring
                .claim(self.number(), ticks)
                .ok_or(Refused::Dropped(Dropped::NoPage))?;
            self.page.set(page);
            self.used.set(HEADER_WORDS);
            self.last_ticks.set(ticks);
            self.name.begin_page();
            self.context.begin_page();
            self.stated_context.set(None);
            if !self.state(ticks, words) {
                let stated = self.marks_words(ticks);
                return Err(Refused::TooLong {
                    max_words: page.words.len().saturating_sub(HEADER_WORDS + stated),
                });
            }
        }
        let page = self.page.get().words;
        self.open.set(page);
        let room = page.get(self.used.get()..).unwrap_or_default();
        match (page.first_chunk(), room.get(..words)) {
            // A gap that is too long for the word has been stated by a mark.
            (Some(head), Some(room)) => Ok((
                head,
                room,
                ticks.saturating_sub(self.last_ticks.get()) as u32,
            )),
            _ => Err(Refused::Dropped(Dropped::NoPage)),
        }
    }

    /// How many words the marks take that are due before the next record.
    fn marks_words(&self, ticks: u64) -> usize {
        let mut words = 0;
        if self.name.is_due() {
            words += Header::WORDS + self.name.words().len();
        }
        if self.context.is_due() {
            words += Header::WORDS + self.context.words().len();
        }
        if self.is_time_due(ticks) {
            words += Header::WORDS + 2;
        }
        words
    }

    /// Whether the time since the record before is too long for a word.
    fn is_time_due(&self, ticks: u64) -> bool {
        ticks.saturating_sub(self.last_ticks.get()) > u64::from(u32::MAX)
    }

    /// Writes the marks that are due, if they and `words` words more fit the page.
    #[inline]
    fn state(&self, ticks: u64, words: usize) -> bool {
        let page = self.page.get().words;
        let room = page.len().saturating_sub(self.used.get());
        if words > room {
            return false;
        }
        let marks = self.marks_words(ticks);
        if marks != 0 && marks <= room - words {
            self.write_marks(ticks);
        }
        marks <= room - words
    }

    /// Writes the marks that are due.
    #[inline(never)]
    fn write_marks(&self, ticks: u64) {
        if self.name.is_due() {
            self.write_mark(mark::THREAD, self.name.words());
            self.name.set_due(false);
        }
        if self.context.is_due() {
            self.write_mark(mark::CONTEXT, self.context.words());
            self.context.set_due(false);
        }
        if self.is_time_due(ticks) {
            let words = [ticks as u32, (ticks >> 32) as u32].map(Cell::new);
            self.write_mark(mark::TIME, &words);
            self.last_ticks.set(ticks);
        }
    }

    /// Appends a mark. It is published with the next record.
    #[inline(never)]
    fn write_mark(&self, number: u32, words: &[Cell<u32>]) {
        let used = self.used.get();
        let whole = Header::WORDS + words.len();
        let page = self.page.get().words;
        if let Some([first, second, room @ ..]) = page.get(used..used + whole) {
            first.store(Header::mark(number, whole).to_bits(), Relaxed);
            second.store(0, Relaxed);
            for (to, word) in room.iter().zip(words) {
                to.store(word.get(), Relaxed);
            }
            self.used.set(used + whole);
        }
    }

    /// Says who writes from now on.
    pub fn set_name(&self, name: Name) {
        let (words, length) = name.to_words();
        self.between_records(|| {
            if self.name.get() != words {
                self.name.set(words, length);
                self.name.set_due(true);
            }
        });
    }

    /// Who writes.
    #[must_use]
    pub fn name(&self) -> Name {
        Name::from_words(&self.name.get())
    }

    /// The number in the name.
    fn number(&self) -> u32 {
        self.name.words().first().map_or(0, Cell::get)
    }

    /// When the last record was written.
    #[must_use]
    pub fn last_ticks(&self) -> u64 {
        self.last_ticks.get()
    }

    /// The current context.
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        (!self.context.words().is_empty()).then(|| Context::from_words(self.context.get()))
    }

    /// Makes another context the current one, and answers with the one before. It is written down
    /// when an event follows.
    pub fn replace_context(&self, context: Option<Context>) -> Option<Context> {
        let before = self.context();
        self.between_records(|| {
            if !self.context.is_due() {
                self.stated_context.set(before);
            }
            match context {
                Some(context) => self.context.set(context.to_words(), Context::WORDS),
                None => self.context.set([0; Context::WORDS], 0),
            }
            self.context.set_due(context != self.stated_context.get());
        });
        before
    }

    /// Changes what is stated before records, unless a change or a reservation has just been
    /// interrupted.
    fn between_records(&self, change: impl FnOnce()) {
        let outer = self.phase.load(Relaxed);
        if outer != RESERVING {
            self.phase.store(RESERVING, Relaxed);
            compiler_fence(SeqCst);
            change();
            let stated = !self.name.is_due() && !self.context.is_due();
            self.open
                .set(if stated { self.page.get().words } else { &[] });
            compiler_fence(SeqCst);
            self.phase.store(outer, Relaxed);
        }
    }

    /// Gives the page back; the next record claims another.
    pub fn give_back(&self, ring: &Ring<'a>) {
        if self.phase.load(Relaxed) == IDLE {
            self.phase.store(RESERVING, Relaxed);
            compiler_fence(SeqCst);
            self.give_back_page(ring);
            compiler_fence(SeqCst);
            self.phase.store(IDLE, Relaxed);
        }
    }

    fn give_back_page(&self, ring: &Ring<'a>) {
        let page = self.page.replace(Page::NONE);
        self.used.set(0);
        self.open.set(&[]);
        if !page.words.is_empty() {
            ring.give_back(page, self.last_ticks.get());
        }
    }
}

impl Default for Writer<'_> {
    fn default() -> Self {
        Self::new()
    }
}
