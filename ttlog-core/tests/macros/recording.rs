//! A lane that keeps the records of each thread, and the decoded form of these.

use std::{cell::RefCell, fmt, sync::Once};

use ttlog_core::{
    CallsiteInfo, Event, Level, RecordHeader, SplitMix64, Value, Word, Writer,
    decode::{Chunk, EventKind},
    lane::{self, DropCause, Fill, Lane, RecordTooLong, UseWriter},
    registry, render_value,
};

thread_local! {
    static RECORDS: RefCell<Vec<Vec<u32>>> = const { RefCell::new(Vec::new()) };
    /// Holds the context. No record is written through it.
    static WRITER: Writer<'static> = const { Writer::new() };
}

static LANE: Lane = Lane {
    write,
    count_dropped,
    with_writer,
};

fn write(header: RecordHeader, fill: &dyn Fill) -> Result<(), RecordTooLong> {
    let arguments: Vec<Word> = (RecordHeader::WORDS..header.words())
        .map(|_| Word::new(0))
        .collect();
    fill.fill(&arguments);
    let mut record = vec![header.to_bits(), 0];
    record.extend(arguments.into_iter().map(Word::into_inner));
    RECORDS.with_borrow_mut(|records| records.push(record));
    Ok(())
}

fn with_writer(act: UseWriter<'_>) {
    WRITER.with(|writer| act(writer, &SplitMix64::new()));
}

fn count_dropped(_: Level, cause: DropCause) {
    panic!("dropped: {cause:?}");
}

/// A record, decoded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) kind: EventKind,
    pub(crate) level: Level,
    pub(crate) target: String,
    pub(crate) line: u32,
    /// The text of the callsite.
    pub(crate) text: String,
    pub(crate) message: String,
    pub(crate) fields: Vec<Field>,
}

/// An argument, decoded.
#[derive(Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// The kind that is recorded.
    pub(crate) kind: String,
    /// The value as `{}` shows it.
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

/// Returns the records of `act`.
pub(crate) fn recorded(act: impl FnOnce()) -> Vec<Recorded> {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| lane::install(&LANE).unwrap());
    RECORDS.take();
    act();
    RECORDS.take().iter().map(|words| decode(words)).collect()
}

/// Returns the only record of `act`.
pub(crate) fn one(act: impl FnOnce()) -> Recorded {
    let mut records = recorded(act);
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}

fn decode(words: &[u32]) -> Recorded {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let chunk = Chunk {
        page: 0,
        generation: 0,
        writer: 0,
        base_ticks: 0,
        from: 0,
        first_seq: None,
        records: &bytes,
    };
    let record = chunk.records().next().expect("a whole record");
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

/// Returns the name of the variant in a derived `Debug`.
fn variant(debug: &str) -> &str {
    debug.split(['(', ' ']).next().unwrap_or(debug)
}
