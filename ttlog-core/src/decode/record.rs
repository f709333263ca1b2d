//! Records, with what is known from the marks before them.

use super::walk::Step;
use crate::{
    context::{Context, SpanId},
    level::Level,
    name::Name,
    record::{Form, Header, mark},
};

/// Who wrote a record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Thread {
    /// Its number, 0 on firmware.
    pub number: u32,
    name: Name,
}

impl Thread {
    /// Its name, cut to 32 bytes; empty where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
}

/// Where in which page a record stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Place {
    pub(super) page: u32,
    pub(super) generation: u32,
    pub(super) word: u32,
}

/// A place between two records of a page, and what holds there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor {
    /// The time of the record before.
    pub ticks: u64,
    /// The writer.
    pub thread: Thread,
    /// The current context.
    pub context: Option<Context>,
    /// Where it is, in a snapshot.
    pub(super) place: Option<Place>,
}

/// An event's record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The id of the callsite.
    pub callsite: u32,
    /// The level.
    pub level: Level,
    /// When it was recorded.
    pub ticks: u64,
    /// By whom.
    pub thread: Thread,
    /// The context in which it was.
    pub context: Option<Context>,
    pub(crate) form: Form,
    /// For a span's record, its own id; else 0.
    pub span: SpanId,
    /// For the entering of a span, its parent; else 0.
    pub parent: SpanId,
    /// The kinds, where the record carries them.
    pub(crate) own_kinds: bool,
    /// Kinds and arguments.
    pub(crate) body: &'a [u8],
}

impl<'a> Record<'a> {
    /// The words behind the header and the span's ids, little-endian.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }
}

impl Cursor {
    /// The start of a page.
    #[must_use]
    pub fn new(writer: u32, base_ticks: u64) -> Self {
        let thread = Thread {
            number: writer,
            name: Name::NONE,
        };
        Self {
            ticks: base_ticks,
            thread,
            context: None,
            place: None,
        }
    }

    /// The same place, at another time.
    #[must_use]
    pub fn at(self, ticks: u64) -> Self {
        Self { ticks, ..self }
    }

    /// Takes the next event off the front of `bytes`, and the marks before it. `None` at the end,
    /// or where what follows is no record.
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Record<'a>> {
        loop {
            let step = Step::split_from(bytes)?;
            self.ticks = step.ticks(self.ticks);
            if let Some(place) = &mut self.place {
                place.word += step.header.words() as u32;
            }
            if step.header.id() == 0 {
                self.take_mark(&step);
            } else if let Some(record) = self.event(step.header, step.body) {
                return Some(record);
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
                let name = Name::new(number, str::from_utf8(name).unwrap_or_default());
                self.thread = Thread { number, name };
            }
            _ => {}
        }
    }

    fn event<'a>(&self, header: Header, mut body: &'a [u8]) -> Option<Record<'a>> {
        let form = header.form();
        let (mut span, mut parent) = (SpanId(0), SpanId(0));
        if let Form::Enter | Form::Exit = form {
            span = SpanId(take_u64(&mut body)?);
        }
        if let Form::Enter = form {
            parent = SpanId(take_u64(&mut body)?);
        }
        Some(Record {
            callsite: header.id(),
            level: Level::from_number(header.level_number())?,
            ticks: self.ticks,
            thread: self.thread,
            context: self.context,
            form,
            span,
            parent,
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

pub(super) fn take_word(bytes: &mut &[u8]) -> Option<u32> {
    let (&word, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(word))
}

pub(super) fn take_u64(bytes: &mut &[u8]) -> Option<u64> {
    let low = take_word(bytes)?;
    let high = take_word(bytes)?;
    Some(u64::from(high) << 32 | u64::from(low))
}

/// Takes bytes with their length word, and whether their end was cut off.
pub(super) fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<(&'a [u8], bool)> {
    let length = take_word(bytes)?;
    let cut = length & crate::argument::LENGTH_CUT != 0;
    let length = (length & !crate::argument::LENGTH_CUT) as usize;
    let (padded, rest) = bytes.split_at_checked(length.checked_next_multiple_of(4)?)?;
    *bytes = rest;
    Some((padded.get(..length)?, cut))
}
