//! An event that owns what it says.

use std::{collections::HashMap, fmt::Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use ttlog_core::{
    CUT_MARK, Level, ScalarValue, SpanId, Value,
    decode::{self, EventKind, TimeBase},
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
    /// The arguments in order, each under a name of its own: the number where it has none, or
    /// where it is taken already.
    #[serde(serialize_with = "object")]
    pub fields: Vec<(String, Field)>,
    /// `event`, or `enter` and `exit` of a span.
    pub kind: &'static str,
    /// For an `exit`, how long the span was open, if the `enter` was seen.
    pub duration_ns: Option<u64>,
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
    /// For an `enter`, the span around it, in hexadecimal digits.
    pub parent_span_id: Option<String>,
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
    /// A floating-point number, as short as it can be said.
    Single(f32),
    /// A floating-point number.
    Float(f64),
    /// Text, and what is none of the above: larger integers, and floats that are not finite.
    Text(String),
}

fn rfc3339<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Nanos, true))
}

fn object<S: Serializer>(fields: &[(String, Field)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
}

/// When the spans that are open were entered.
#[derive(Debug, Default)]
pub(crate) struct OpenSpans(HashMap<SpanId, u64>);

impl OpenSpans {
    /// The most that are remembered: more are open at once only where ends were missed.
    const MAX: usize = 1 << 17;

    /// Takes note of an event. For an exit, answers for how many ticks its span was open.
    pub(crate) fn follow(&mut self, event: &decode::Event<'_>) -> Option<u64> {
        let record = &event.record;
        match event.kind() {
            EventKind::Event => None,
            EventKind::Enter => {
                if self.0.len() < Self::MAX {
                    self.0.insert(record.span, record.ticks);
                }
                None
            }
            EventKind::Exit => {
                let entered = self.0.remove(&record.span)?;
                Some(record.ticks.saturating_sub(entered))
            }
        }
    }
}

impl Event {
    /// Puts an event together; `open_ticks` is for how long its span was open.
    pub(crate) fn new(
        event: &decode::Event<'_>,
        time: &TimeBase,
        service: &str,
        open_ticks: Option<u64>,
    ) -> Self {
        let record = &event.record;
        let callsite = event.callsite;
        let span = match event.kind() {
            EventKind::Event => record.context.map(|context| context.span_id),
            EventKind::Enter | EventKind::Exit => Some(record.span),
        };
        let known = |id: &SpanId| id.0 != 0;
        let mut fields: Vec<(String, Field)> = Vec::new();
        for (name, value) in event.fields() {
            let name = unique_name(&fields, name);
            fields.push((name, Field::new(&value)));
        }
        Self {
            timestamp: DateTime::from_timestamp_nanos(
                i64::try_from(time.ns(record.ticks)).unwrap_or(i64::MAX),
            ),
            level: record.level,
            target: callsite.map_or_else(String::new, |callsite| callsite.target.to_owned()),
            message: event.message().to_string(),
            fields,
            kind: event.kind().name(),
            duration_ns: open_ticks.map(|ticks| time.elapsed_ns(ticks.into())),
            thread: match record.thread.name() {
                "" => record.thread.number.to_string(),
                name => name.to_owned(),
            },
            file: callsite.map_or_else(String::new, |callsite| callsite.file.to_owned()),
            line: callsite.map_or(0, |callsite| callsite.line),
            trace_id: record
                .context
                .map(|context| context.trace_id)
                .filter(|id| id.0 != 0)
                .map(|id| id.to_string()),
            span_id: span.filter(known).map(|span| span.to_string()),
            parent_span_id: Some(record.parent)
                .filter(known)
                .map(|span| span.to_string()),
            service: service.to_owned(),
            pid: std::process::id(),
        }
    }
}

/// The name, or the number where there is none or it is taken, as `dump` has it.
fn unique_name(fields: &[(String, Field)], name: &str) -> String {
    let is_taken = |name: &str| fields.iter().any(|(other, _)| other == name);
    let mut key = name.to_owned();
    if name.is_empty() || is_taken(name) {
        key = fields.len().to_string();
    }
    // A field before may be named as a number.
    while is_taken(&key) {
        key.push('_');
    }
    key
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
            ScalarValue::F32(value) if value.is_finite() => Self::Single(value),
            ScalarValue::F64(value) if value.is_finite() => Self::Float(value),
            // As Rust has them; JSON has no word for them.
            ScalarValue::F32(value) => Self::Text(format!("{value:?}")),
            ScalarValue::F64(value) => Self::Text(format!("{value:?}")),
            ScalarValue::Char(value) => Self::Text(value.into()),
            ScalarValue::Bytes { bytes, cut } => {
                let mut text = String::with_capacity(bytes.len() * 2);
                for byte in bytes {
                    let _ = write!(text, "{byte:02x}");
                }
                text.extend(cut.then_some(CUT_MARK));
                Self::Text(text)
            }
            ScalarValue::Str(text) | ScalarValue::Formatted(text) => Self::Text(
                text.text
                    .chars()
                    .chain(text.cut.then_some(CUT_MARK))
                    .collect(),
            ),
        }
    }

    fn integer(value: i128) -> Self {
        match i64::try_from(value) {
            Ok(small) if value.abs() <= Self::INTEGER_MAX => Self::Integer(small),
            _ => Self::Text(value.to_string()),
        }
    }
}

/// Appends the event as JSON.
pub(crate) fn write_json(event: &Event, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    serde_json::to_writer(out, event)
}
