//! An event that owns its content.

use core::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};
use ttlog_core::{Level, decode::EventKind};

use crate::{
    event_ref::EventRef,
    field::Field,
    json::{KindName, Object},
    time::Time,
};

/// An event that owns its content, so that a program can store it and send it.
///
/// `Serialize` writes the same JSON object as `dump`, and `Deserialize` reads it.
///
/// # Examples
///
/// ```
/// use ttlog_reader::Event;
///
/// // A line of the output of `dump --format ndjson`.
/// let line = r#"{"timestamp":"2026-11-23T12:00:00.123456789Z","level":"ERROR","target":"shop",
///     "message":"order 7 failed","fields":{"order_id":7},"kind":"event","duration_ns":null,
///     "thread":"main","thread_id":1,"file":"src/shop.rs","line":42,"trace_id":null,"span_id":null,
///     "parent_span_id":null,"service":"shop","host":null,"pid":4242,"run":null,"writer":0,"seq":null}"#;
/// let event: Event = serde_json::from_str(line)?;
/// assert_eq!(event.message, "order 7 failed");
/// assert_eq!(event.fields[0].0, "order_id");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The time; `None` if the clock is not known.
    pub timestamp: Option<Time>,
    /// The level.
    pub level: Level,
    /// The target; `None` if the description of the callsite is lost.
    pub target: Option<String>,
    /// The message, with its arguments filled in.
    pub message: String,
    /// The arguments in order, each with a unique key. The key is the argument's name. If it has no
    /// name, or if the name is taken, the key is its position.
    #[serde(serialize_with = "write_fields", deserialize_with = "read_fields")]
    pub fields: Vec<(String, Field<'static>)>,
    /// The kind: an event, or the begin or the end of a span.
    #[serde(with = "KindName")]
    pub kind: EventKind,
    /// The duration of the span, if this is its end and the duration is known.
    pub duration_ns: Option<u64>,
    /// The name of the thread, or its number if it has no name.
    pub thread: String,
    /// The number of the thread.
    pub thread_id: u32,
    /// The source file.
    pub file: Option<String>,
    /// The line in the source file.
    pub line: Option<u32>,
    /// The trace, in 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// The span, in 16 hexadecimal digits.
    pub span_id: Option<String>,
    /// The parent of the span, if this is its begin, in 16 hexadecimal digits.
    pub parent_span_id: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The process id.
    pub pid: Option<u32>,
    /// The run, in 16 hexadecimal digits.
    pub run: Option<String>,
    /// The number of the writer.
    pub writer: u32,
    /// The sequence number in the writer; `None` in format version 1.
    pub seq: Option<u64>,
}

impl From<&EventRef<'_>> for Event {
    fn from(event: &EventRef<'_>) -> Self {
        let source = event.source();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            timestamp: event.time(),
            level: event.level(),
            target: owned(event.target()),
            message: event.message().to_string(),
            fields: event.owned_fields(),
            kind: event.kind(),
            duration_ns: event.duration_ns(),
            thread: event.thread().to_string(),
            thread_id: event.thread_id(),
            file: owned(event.file()),
            line: event.line(),
            trace_id: event.trace_id().map(|id| id.to_string()),
            span_id: event.span_id().map(|id| id.to_string()),
            parent_span_id: event.parent_span_id().map(|id| id.to_string()),
            service: source.service.clone(),
            host: source.host.clone(),
            pid: source.pid,
            run: source.run_id.map(|id| format!("{id:016x}")),
            writer: event.writer(),
            seq: event.seq(),
        }
    }
}

fn write_fields<S: Serializer>(
    fields: &[(String, Field<'static>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    Object(fields.iter().map(|(key, value)| (key, value))).serialize(serializer)
}

fn read_fields<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, Field<'static>)>, D::Error> {
    struct Fields;

    impl<'de> Visitor<'de> for Fields {
        type Value = Vec<(String, Field<'static>)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut fields = Vec::new();
            while let Some((key, value)) = map.next_entry::<String, Field<'_>>()? {
                fields.push((key, value.into_owned()));
            }
            Ok(fields)
        }
    }

    deserializer.deserialize_map(Fields)
}
