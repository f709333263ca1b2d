//! An event that owns what it says.

use std::{collections::BTreeMap, fmt::Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use ttlog_core::{
    CUT_MARK, Level, ScalarValue, Value,
    decode::{self, EventKind, TimeBase},
    render_value,
};

/// An event, as a view gives it. Serialized, it has the keys that `dump` prints.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// When it was recorded.
    #[serde(serialize_with = "rfc3339")]
    pub timestamp: DateTime<Utc>,
    /// Its level.
    pub level: Level,
    /// Whose event it is.
    pub target: String,
    /// The message, rendered.
    pub message: String,
    /// The arguments by name; by number where they have none.
    pub fields: BTreeMap<String, Field>,
    /// `event`, or `enter` and `exit` of a span.
    pub kind: &'static str,
    /// The name of the thread, or its number.
    pub thread: String,
    /// The source file.
    pub file: String,
    /// The line in it.
    pub line: u32,
    /// The trace, in hexadecimal digits.
    pub trace_id: Option<String>,
    /// The span, in hexadecimal digits.
    pub span_id: Option<String>,
    /// The service.
    pub service: String,
    /// The process.
    pub pid: u32,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Field {
    /// `None`.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer that every reader of JSON takes exactly, up to 2⁵³.
    Integer(i64),
    /// A floating-point number.
    Float(f64),
    /// Text, and what is none of the above: larger integers, and floats that are not finite.
    Text(String),
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Nanos, true))
}

impl Event {
    pub(crate) fn new(event: &decode::Event<'_>, time: &TimeBase, service: &str) -> Self {
        let record = &event.record;
        let callsite = event.callsite;
        let named = |name: &str, at: usize| {
            if name.is_empty() { at.to_string() } else { name.to_owned() }
        };
        let span = match event.kind() {
            EventKind::Event => record.context.map(|context| context.span_id),
            EventKind::Enter | EventKind::Exit => Some(record.span),
        };
        Self {
            timestamp: DateTime::from_timestamp_nanos(
                i64::try_from(time.ns(record.ticks)).unwrap_or(i64::MAX),
            ),
            level: record.level,
            target: callsite.map_or_else(String::new, |callsite| callsite.target.to_owned()),
            message: event.message().to_string(),
            fields: event
                .fields()
                .enumerate()
                .map(|(at, (name, value))| (named(name, at), Field::new(&value)))
                .collect(),
            kind: event.kind().name(),
            thread: match record.thread.name() {
                "" => record.thread.number.to_string(),
                name => name.to_owned(),
            },
            file: callsite.map_or_else(String::new, |callsite| callsite.file.to_owned()),
            line: callsite.map_or(0, |callsite| callsite.line),
            trace_id: record.context.map(|context| context.trace_id.to_string()),
            span_id: span.map(|span| span.to_string()),
            service: service.to_owned(),
            pid: std::process::id(),
        }
    }
}

impl Field {
    /// Beyond this, readers that take all numbers for floats round.
    const INTEGER_MAX: i128 = 1 << 53;

    fn new(value: &Value<'_>) -> Self {
        let scalar = match value {
            Value::None => return Self::Null,
            Value::Plain(scalar) | Value::Some(scalar) => scalar,
        };
        match *scalar {
            ScalarValue::Bool(value) => Self::Bool(value),
            ScalarValue::I8(value) => Self::Integer(value.into()),
            ScalarValue::I16(value) => Self::Integer(value.into()),
            ScalarValue::I32(value) => Self::Integer(value.into()),
            ScalarValue::U8(value) => Self::Integer(value.into()),
            ScalarValue::U16(value) => Self::Integer(value.into()),
            ScalarValue::U32(value) => Self::Integer(value.into()),
            ScalarValue::I64(value) => Self::integer(value.into()),
            ScalarValue::I128(value) => Self::integer(value),
            ScalarValue::U64(value) => Self::integer(value.into()),
            ScalarValue::U128(value) => match i128::try_from(value) {
                Ok(value) => Self::integer(value),
                Err(_) => Self::Text(value.to_string()),
            },
            ScalarValue::F32(value) => Self::float(value.into(), scalar),
            ScalarValue::F64(value) => Self::float(value, scalar),
            ScalarValue::Char(value) => Self::Text(value.into()),
            ScalarValue::Bytes { bytes, cut } => {
                let mut text = String::with_capacity(bytes.len() * 2);
                for byte in bytes {
                    let _ = write!(text, "{byte:02x}");
                }
                text.extend(cut.then_some(CUT_MARK));
                Self::Text(text)
            }
            ScalarValue::Str(text) | ScalarValue::Formatted(text) => {
                Self::Text(text.text.chars().chain(text.cut.then_some(CUT_MARK)).collect())
            }
        }
    }

    fn integer(value: i128) -> Self {
        match i64::try_from(value) {
            Ok(small) if value.abs() <= Self::INTEGER_MAX => Self::Integer(small),
            _ => Self::Text(value.to_string()),
        }
    }

    fn float(value: f64, scalar: &ScalarValue<'_>) -> Self {
        if value.is_finite() {
            return Self::Float(value);
        }
        let mut text = String::new();
        let _ = render_value(&Value::Plain(*scalar), &mut text);
        Self::Text(text)
    }
}

/// Appends the event as JSON.
pub(crate) fn write_json(event: &Event, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    serde_json::to_writer(out, event)
}
