//! Reading records one by one, with what the marks before them state.

use super::{Form, RecordHeader, mark, walk::Step};
use crate::{
    context::{Context, SpanId},
    level::Level,
    page::PageHeader,
    thread_name::ThreadName,
};

/// The thread that wrote a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Thread {
    /// The thread's number; 0 on a board.
    pub number: u32,
    name: ThreadName,
}

impl Thread {
    pub(crate) fn new(name: ThreadName) -> Self {
        Self {
            number: name.number,
            name,
        }
    }

    fn unnamed(number: u32) -> Self {
        Self {
            number,
            name: ThreadName::NONE,
        }
    }

    /// Returns the thread's name, cut to 32 bytes. It is empty if the thread has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
}

/// The place of a record in its ring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) page: u32,
    pub(crate) generation: u32,
    pub(crate) word: u32,
}

/// A place between two records of a page, and what holds there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor {
    /// The time of the record before.
    pub ticks: u64,
    /// The thread.
    pub thread: Thread,
    /// The current context.
    pub context: Option<Context>,
    /// The number of the page's writer.
    pub writer: u32,
    /// Sequence number of the next event in its writer. `None` in a snapshot of format version 1,
    /// which has no such numbers.
    pub seq: Option<u64>,
    /// Number of records of the chunk that were skipped, because no writer writes such.
    pub skipped: u32,
    /// The place in a ring; `None` outside of a snapshot.
    pub(crate) place: Option<Place>,
}

/// An event's record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The id of the callsite.
    pub callsite: u32,
    /// The level.
    pub level: Level,
    /// The time at which it was recorded.
    pub ticks: u64,
    /// The thread that recorded it.
    pub thread: Thread,
    /// The context in which it was recorded.
    pub context: Option<Context>,
    /// The number of the writer.
    pub writer: u32,
    /// Sequence number in the writer. `None` in a snapshot of format version 1.
    pub seq: Option<u64>,
    /// The form of the record.
    pub form: Form,
    /// The span's own id, if the record is of a span; 0 otherwise.
    pub span: SpanId,
    /// The parent's id, if the record is the beginning of a span; 0 otherwise.
    pub parent: SpanId,
    /// The time of the enter record, if the record is the end of a span. `None` otherwise, and in a
    /// snapshot of format version 1.
    pub entered_ticks: Option<u64>,
    /// True if the record states its own kinds.
    pub(crate) own_kinds: bool,
    /// Kinds and arguments.
    pub(crate) body: &'a [u8],
}

impl<'a> Record<'a> {
    /// Returns the words behind the header and the ids of a span, in little-endian order.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }
}

impl Cursor {
    /// Returns the start of a page that is read in a ring.
    pub(crate) fn new(header: &PageHeader) -> Self {
        Self::start(
            header.writer(),
            header.base_ticks(),
            Some(header.first_seq()),
        )
    }

    /// Returns the start of a page of this writer.
    pub(crate) fn start(writer: u32, base_ticks: u64, seq: Option<u64>) -> Self {
        Self {
            ticks: base_ticks,
            thread: Thread::unnamed(writer),
            context: None,
            writer,
            seq,
            skipped: 0,
            place: None,
        }
    }

    /// Takes the next event off the front of `bytes`, and the marks before it. Returns `None` at the
    /// end, or if what follows is not a record.
    ///
    /// # Examples
    ///
    /// All records of a chunk, each with its sequence number:
    ///
    /// ```
    /// use ttlog_core::{Level, Memory, RecordHeader, Word, Writer};
    /// use ttlog_core::ring::{Geometry, Position, Ring, Run};
    ///
    /// # let memory = Memory::<1024>::new();
    /// # let ring = Ring::new(&memory, Geometry { page_words: 128 }, Run::default())?;
    /// # let (mut position, mut buffer) = (Position::default(), [0; 4 * 128]);
    /// let writer = Writer::new();
    /// for ticks in [17, 20] {
    ///     writer.write(&ring, ticks, RecordHeader::new(1, Level::Info), &|_: &[Word]| {})?;
    /// }
    /// let mut news = ring.follow(0, &mut position, &mut buffer).expect("two records");
    /// let mut read = vec![];
    /// while let Some(record) = news.cursor.next(&mut news.records) {
    ///     read.push((record.seq, record.ticks));
    /// }
    /// assert_eq!(read, [(Some(0), 17), (Some(1), 20)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Record<'a>> {
        loop {
            let step = Step::split_from(bytes)?;
            self.ticks = step.ticks(self.ticks);
            if let Some(place) = &mut self.place {
                place.word += step.header.words() as u32;
            }
            if step.header.id() == 0 {
                self.take_mark(&step);
                continue;
            }
            let record = self.event(step.header, step.body);
            self.seq = self.seq.map(|seq| seq.wrapping_add(1));
            match record {
                Some(record) => return Some(record),
                None => self.skipped += 1,
            }
        }
    }

    fn take_mark(&mut self, step: &Step<'_>) {
        match step.header.level_number() {
            mark::CONTEXT => {
                let mut words = words(step.body);
                let mut context = [0; Context::WORDS];
                let whole = context
                    .iter_mut()
                    .all(|to| words.next().map(|word| *to = word).is_some());
                self.context = whole.then(|| Context::from_words(context));
            }
            mark::THREAD => {
                let mut body = step.body;
                let Some(number) = take_word(&mut body) else {
                    return;
                };
                let name = take_bytes(&mut body).map_or(&[][..], |(bytes, _)| bytes);
                let name = ThreadName::new(number, str::from_utf8(name).unwrap_or_default());
                self.thread = Thread::new(name);
            }
            _ => {}
        }
    }

    /// Returns the event of a record. Returns `None` if it is not one that a writer writes.
    fn event<'a>(&self, header: RecordHeader, mut body: &'a [u8]) -> Option<Record<'a>> {
        let form = header.form();
        let (mut span, mut parent) = (SpanId(0), SpanId(0));
        let mut entered_ticks = None;
        if let Form::Enter | Form::Exit = form {
            span = SpanId(take_u64(&mut body)?);
        }
        match form {
            Form::Enter => parent = SpanId(take_u64(&mut body)?),
            Form::Exit => entered_ticks = take_u64(&mut body),
            Form::Plain | Form::OwnKinds => {}
        }
        Some(Record {
            callsite: header.id(),
            level: Level::from_number(header.level_number())?,
            ticks: self.ticks,
            thread: self.thread,
            context: self.context,
            writer: self.writer,
            seq: self.seq,
            form,
            span,
            parent,
            entered_ticks,
            own_kinds: matches!(form, Form::OwnKinds | Form::Enter),
            body,
        })
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes
        .as_chunks::<4>()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
}

/// Takes a word.
pub(crate) fn take_word(bytes: &mut &[u8]) -> Option<u32> {
    let (&word, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(word))
}

/// Takes two words, the low word first.
pub(crate) fn take_u64(bytes: &mut &[u8]) -> Option<u64> {
    let low = take_word(bytes)?;
    let high = take_word(bytes)?;
    Some(u64::from(high) << 32 | u64::from(low))
}

/// Takes bytes with their length word. Also returns whether their end was cut off.
pub(crate) fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<(&'a [u8], bool)> {
    let length = take_word(bytes)?;
    let cut = length & crate::argument::LENGTH_CUT != 0;
    let length = (length & !crate::argument::LENGTH_CUT) as usize;
    let (padded, rest) = bytes.split_at_checked(length.checked_next_multiple_of(4)?)?;
    *bytes = rest;
    Some((padded.get(..length)?, cut))
}
