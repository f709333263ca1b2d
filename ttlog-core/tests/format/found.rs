//! The events that two readers find in a snapshot, in the same terms.

use core::fmt;

use ttlog_core::{
    ScalarValue, Value,
    decode::{Block, Content, EventKind, Snapshot, TimeBase},
    snapshot::BLOCK_MAX_BYTES,
};

use crate::{
    second_reader::{Argument, File, Value as Raw},
    support,
};

/// An event as either reader finds it.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    unix_ns: i128,
    place: String,
    level: u32,
    thread: (u32, String),
    context: Option<(u128, u64)>,
    spans: (u32, u64, u64),
    fields: Vec<(String, Argument)>,
    /// The writer and the sequence number. `None` in format version 1.
    identity: Option<(u32, u64)>,
    /// The time of the enter record, if this is the end of a span. `None` in format version 1.
    entered_ns: Option<i128>,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            unix_ns,
            place,
            level,
            thread,
            context,
            spans,
            fields,
            identity,
            entered_ns,
        } = self;
        write!(
            f,
            "{unix_ns} {level} {place:?} {thread:?} {context:x?} {spans:x?} {fields:?}"
        )?;
        if let Some((writer, seq)) = identity {
            write!(f, " {writer}/{seq}")?;
        }
        if let Some(entered_ns) = entered_ns {
            write!(f, " entered {entered_ns}")?;
        }
        Ok(())
    }
}

/// Returns the events that the decoder finds.
pub(crate) fn found_by_the_decoder(bytes: &[u8]) -> Vec<Found> {
    let mut buffer = Box::new([0; BLOCK_MAX_BYTES]);
    let mut blocks = Snapshot::new(bytes).unwrap().blocks();
    let Some(Ok(Block {
        content: Content::Header(header),
        ..
    })) = blocks.next(&mut buffer)
    else {
        panic!("no header");
    };
    let time = TimeBase::new(&header);
    let mut found = vec![];
    support::read(bytes, |_, event| {
        let (record, callsite) = (&event.record, event.callsite.unwrap());
        found.push(Found {
            unix_ns: time.ns(record.ticks).into(),
            place: place(
                callsite.target,
                callsite.file,
                callsite.line.into(),
                callsite.text,
            ),
            level: record.level as u32,
            thread: (record.thread.number, record.thread.name().into()),
            context: record
                .context
                .map(|context| (context.trace_id.0, context.span_id.0)),
            spans: (
                u32::from(callsite.is_span()),
                record.span.0,
                record.parent.0,
            ),
            fields: event
                .fields()
                .map(|(name, value)| (name.into(), argument(&value)))
                .collect(),
            identity: record.seq.map(|seq| (record.writer, seq)),
            entered_ns: record.entered_ticks.map(|ticks| time.ns(ticks).into()),
        });
        assert_eq!(
            record.entered_ticks.is_some(),
            record.seq.is_some() && event.kind() == EventKind::Exit
        );
    })
    .unwrap();
    found
}

/// Returns the events that the second reader finds.
pub(crate) fn found_by_the_second_reader(bytes: &[u8]) -> Vec<Found> {
    let file = File::read(bytes);
    let found = file.events.iter().map(|event| {
        let callsite = &event.callsite;
        assert_eq!(u32::from(callsite.level), event.level);
        assert_eq!(callsite.is_span, event.form >= 2);
        Found {
            unix_ns: file.unix_ns(event.ticks),
            place: place(
                &callsite.target,
                &callsite.file,
                callsite.line,
                &callsite.text,
            ),
            level: event.level,
            thread: (event.thread, event.thread_name.clone()),
            context: event.context,
            spans: (u32::from(callsite.is_span), event.span, event.parent),
            fields: callsite
                .names
                .iter()
                .cloned()
                .zip(event.arguments.clone())
                .collect(),
            identity: event.seq.map(|seq| (event.writer, seq)),
            entered_ns: event.entered_ticks.map(|ticks| file.unix_ns(ticks)),
        }
    });
    found.collect()
}

fn place(target: &str, file: &str, line: u64, text: &str) -> String {
    format!("{target} {file}:{line} {text}")
}

/// Returns the decoder's value in the second reader's terms.
fn argument(value: &Value<'_>) -> Argument {
    let (scalar, option) = match value {
        Value::Plain(scalar) => (scalar, 0),
        Value::Some(scalar) => (scalar, 0x80),
        Value::None => {
            return Argument {
                kind: Argument::NONE,
                value: Raw::None,
            };
        }
    };
    let number = |value: u128| Raw::Number(value);
    let word = |value: i32| Raw::Number((value as u32).into());
    let bytes = |bytes: &[u8], cut| Raw::Bytes {
        bytes: bytes.into(),
        cut,
    };
    let (kind, value) = match *scalar {
        ScalarValue::I8(value) => (1, word(value.into())),
        ScalarValue::I16(value) => (2, word(value.into())),
        ScalarValue::I32(value) => (3, word(value)),
        ScalarValue::I64(value) => (4, number((value as u64).into())),
        ScalarValue::I128(value) => (5, number(value as u128)),
        ScalarValue::U8(value) => (6, number(value.into())),
        ScalarValue::U16(value) => (7, number(value.into())),
        ScalarValue::U32(value) => (8, number(value.into())),
        ScalarValue::U64(value) => (9, number(value.into())),
        ScalarValue::U128(value) => (10, number(value)),
        ScalarValue::F32(value) => (11, number(value.to_bits().into())),
        ScalarValue::F64(value) => (12, number(value.to_bits().into())),
        ScalarValue::Bool(value) => (13, number(value.into())),
        ScalarValue::Char(value) => (14, number(u32::from(value).into())),
        ScalarValue::Str(text) => (15, bytes(text.text.as_bytes(), text.cut)),
        ScalarValue::Bytes { bytes: value, cut } => (16, bytes(value, cut)),
        ScalarValue::Formatted(text) => (17, bytes(text.text.as_bytes(), text.cut)),
    };
    Argument {
        kind: kind | option,
        value,
    }
}
