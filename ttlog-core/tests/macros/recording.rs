//! A lane that keeps each thread's records, and what the decoder reads in them.

use std::{cell::RefCell, fmt, sync::Once};

use ttlog_core::{
    CallsiteInfo, Event, Header, Level, Random, Value, Word, Writer,
    decode::{Cursor, EventKind},
    lane::{self, Dropped, Fill, Lane, TooLong, UseWriter},
    registry, render_value,
};

thread_local! {
    static RECORDS: RefCell<Vec<Vec<u32>>> = const { RefCell::new(Vec::new()) };
    /// Keeps the context; nothing is written through it.
    static WRITER: Writer<'static> = const { Writer::new() };
}

static LANE: Lane = Lane {
    write,
    count_dropped,
    with_writer,
};

fn write(header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
    let arguments: Vec<Word> = (Header::WORDS..header.words())
        .map(|_| Word::new(0))
        .collect();
    fill.fill(&arguments);
    let mut record = vec![header.to_bits(), 0];
    record.extend(arguments.into_iter().map(Word::into_inner));
    RECORDS.with_borrow_mut(|records| records.push(record));
    Ok(())
}

fn with_writer(act: UseWriter<'_>) {
    WRITER.with(|writer| act(writer, &Random::new()));
}

fn count_dropped(_: Level, cause: Dropped) {
    panic!("dropped: {cause:?}");
}

/// A record, decoded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) kind: EventKind,
    pub(crate) level: Level,
    pub(crate) target: String,
    pub(crate) line: u32,
    /// The text as the callsite has it.
    pub(crate) text: String,
    pub(crate) message: String,
    pub(crate) fields: Vec<Field>,
}

/// An argument, decoded.
#[derive(Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Its type in the record.
    pub(crate) kind: String,
    /// What `{}` shows of it.
    pub(crate) shown: String,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} = {}", self.name, self.kind, self.shown)
    }
}

impl PartialEq<(&str, &str, &str)> for Field {
    fn eq(&self, other: &(&str, &str, &str)) -> bool {
        (&*self.name, &*self.kind, &*self.shown) == *other
    }
}

/// What `act` records.
pub(crate) fn recorded(act: impl FnOnce()) -> Vec<Recorded> {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| lane::install(&LANE).unwrap());
    RECORDS.take();
    act();
    RECORDS.take().iter().map(|words| decode(words)).collect()
}

/// The only record of `act`.
pub(crate) fn one(act: impl FnOnce()) -> Recorded {
    let mut records = recorded(act);
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}

fn decode(words: &[u32]) -> Recorded {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let record = Cursor::new(0, 0)
        .next(&mut &*bytes)
        .expect("a whole record");
    let callsite = registry::get(record.callsite).expect("a registered callsite");
    let info = CallsiteInfo::of(callsite).expect("a callsite with an id");
    let event = Event::new(record, Some(&info));
    Recorded {
        kind: event.kind(),
        level: record.level,
        target: info.target.to_owned(),
        line: info.line,
        text: info.text.to_owned(),
        message: event.message().to_string(),
        fields: event
            .fields()
            .map(|(name, value)| field(name, value))
            .collect(),
    }
}

fn field(name: &str, value: Value<'_>) -> Field {
    let kind = match value {
        Value::None => "None".to_owned(),
        Value::Some(scalar) => format!("Some {}", variant(&format!("{scalar:?}"))),
        Value::Plain(scalar) => variant(&format!("{scalar:?}")).to_owned(),
    };
    let mut shown = String::new();
    render_value(&value, &mut shown).unwrap();
    Field {
        name: name.to_owned(),
        kind,
        shown,
    }
}

/// What stands before the parenthesis or brace in a derived `Debug`.
fn variant(debug: &str) -> &str {
    debug.split(['(', ' ']).next().unwrap_or(debug)
}
