//! What two readers tell of a snapshot, in the same terms.

use core::fmt;

use ttlog_core::{
    ScalarValue, Value,
    decode::{Block, Content, Snapshot, TimeBase},
    snapshot::BLOCK_MAX_BYTES,
};

use crate::{
    second_reader::{Argument, File, Value as Raw},
    support,
};

/// An event, whoever has read it.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    unix_ns: i128,
    place: String,
    level: u32,
    thread: (u32, String),
    context: Option<(u128, u64)>,
    spans: (u32, u64, u64),
    fields: Vec<(String, Argument)>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            unix_ns,
            place,
            level,
            thread,
            context,
            spans,
            fields,
        } = self;
        write!(
            f,
            "{unix_ns} {level} {place:?} {thread:?} {context:x?} {spans:x?} {fields:?}"
        )
    }
}

pub(crate) fn told_by_the_decoder(bytes: &[u8]) -> Vec<Told> {
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
    let mut told = vec![];
    support::read(bytes, |_, event| {
        let (record, callsite) = (&event.record, event.callsite.unwrap());
        told.push(Told {
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
        });
    })
    .unwrap();
    told
}

pub(crate) fn told_by_the_second_reader(bytes: &[u8]) -> Vec<Told> {
    let file = File::read(bytes);
    let told = file.events.iter().map(|event| {
        let callsite = &event.callsite;
        assert_eq!(u32::from(callsite.level), event.level);
        assert_eq!(callsite.is_span, event.form >= 2);
        Told {
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
        }
    });
    told.collect()
}

fn place(target: &str, file: &str, line: u64, text: &str) -> String {
    format!("{target} {file}:{line} {text}")
}

/// The decoder's value in the second reader's terms.
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
