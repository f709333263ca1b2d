//! An event: a record together with its callsite.

use core::fmt;

use super::values::Values;
use crate::{
    argument::FIELDS_MAX,
    callsite_info::CallsiteInfo,
    record::{
        Form,
        cursor::{Record, take_word},
    },
    render::render,
    value::Value,
};

/// The kind of an event.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Form, decode::EventKind};
///
/// assert_eq!(EventKind::from(Form::OwnKinds), EventKind::Event);
/// assert_eq!(EventKind::from(Form::Exit).name(), "exit");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// An event.
    Event,
    /// The beginning of a span.
    Enter,
    /// The end of a span.
    Exit,
}

impl From<Form> for EventKind {
    fn from(form: Form) -> Self {
        match form {
            Form::Plain | Form::OwnKinds => Self::Event,
            Form::Enter => Self::Enter,
            Form::Exit => Self::Exit,
        }
    }
}

impl EventKind {
    /// Returns the kind as `dump` prints it, `enter` for example.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Enter => "enter",
            Self::Exit => "exit",
        }
    }
}

/// A record together with its callsite.
///
/// # Examples
///
/// ```
/// use ttlog_core::Event;
///
/// # use ttlog_core::{Level, RecordHeader, decode::Chunk};
/// # let header = RecordHeader::new(1, Level::Info).with_words(3);
/// # let records = [header.to_bits(), 5, 7].map(u32::to_le_bytes).concat();
/// # let chunk = Chunk {
/// #     page: 0,
/// #     generation: 1,
/// #     writer: 1,
/// #     base_ticks: 100,
/// #     from: 26,
/// #     first_seq: Some(40),
/// #     records: &records,
/// # };
/// # use ttlog_core::{CallsiteInfo, Kind, Scalar};
/// # let info = CallsiteInfo {
/// #     id: 1,
/// #     level: Level::Info as u8,
/// #     kind: 0,
/// #     line: 7,
/// #     target: "shop",
/// #     file: "src/shop.rs",
/// #     text: "order {0} paid",
/// #     names: ["order"].into_iter().collect(),
/// #     kinds: [Kind { scalar: Scalar::U32, optional: false }.to_byte()].into_iter().collect(),
/// # };
/// // `chunk` holds a record of the callsite `info`, whose text is "order {0} paid".
/// let record = chunk.records().next().expect("a record");
/// let event = Event::new(record, Some(&info));
/// assert_eq!(event.message().to_string(), "order 7 paid");
/// assert_eq!(event.record.ticks, 105);
/// ```
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The record.
    pub record: Record<'a>,
    /// The callsite; `None` if its description is lost.
    pub callsite: Option<&'a CallsiteInfo<'a>>,
    values: heapless::Vec<Value<'a>, FIELDS_MAX>,
}

impl<'a> Record<'a> {
    /// Decodes the arguments. `kinds` are those that the callsite states.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Kind, Scalar, ScalarValue, Value};
    ///
    /// # use ttlog_core::{Level, RecordHeader, decode::Chunk};
    /// # let header = RecordHeader::new(1, Level::Info).with_words(3);
    /// # let records = [header.to_bits(), 5, 7].map(u32::to_le_bytes).concat();
    /// # let chunk = Chunk {
    /// #     page: 0,
    /// #     generation: 1,
    /// #     writer: 1,
    /// #     base_ticks: 100,
    /// #     from: 26,
    /// #     first_seq: Some(40),
    /// #     records: &records,
    /// # };
    /// // `chunk` holds a record with one argument, a `u32`.
    /// let record = chunk.records().next().expect("a record");
    /// let kind = Kind { scalar: Scalar::U32, optional: false };
    /// assert_eq!(record.values(&[kind.to_byte()])[0], Value::Plain(ScalarValue::U32(7)));
    /// ```
    #[must_use]
    pub fn values(&self, kinds: &[u8]) -> heapless::Vec<Value<'a>, FIELDS_MAX> {
        let mut body = self.body;
        let mut own = [0; FIELDS_MAX];
        let count = kinds.len().min(FIELDS_MAX);
        let kinds = if self.own_kinds {
            for to in own
                .as_chunks_mut::<4>()
                .0
                .iter_mut()
                .take(count.div_ceil(4))
            {
                *to = take_word(&mut body).unwrap_or_default().to_le_bytes();
            }
            own.get(..count).unwrap_or_default()
        } else {
            kinds
        };
        match self.form {
            Form::Exit => heapless::Vec::new(),
            _ => Values::new(kinds, body).take(FIELDS_MAX).collect(),
        }
    }
}

impl<'a> Event<'a> {
    /// Joins a record and its callsite, and decodes the arguments.
    #[must_use]
    pub fn new(record: Record<'a>, callsite: Option<&'a CallsiteInfo<'a>>) -> Self {
        let kinds = callsite.map_or(&[][..], |callsite| &callsite.kinds);
        Self {
            record,
            callsite,
            values: record.values(kinds),
        }
    }

    /// Returns the kind of the event.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Event, decode::EventKind};
    ///
    /// # use ttlog_core::{Level, RecordHeader, decode::Chunk};
    /// # let header = RecordHeader::new(1, Level::Info).with_words(3);
    /// # let records = [header.to_bits(), 5, 7].map(u32::to_le_bytes).concat();
    /// # let chunk = Chunk {
    /// #     page: 0,
    /// #     generation: 1,
    /// #     writer: 1,
    /// #     base_ticks: 100,
    /// #     from: 26,
    /// #     first_seq: Some(40),
    /// #     records: &records,
    /// # };
    /// // `chunk` holds a record of an event.
    /// let event = Event::new(chunk.records().next().expect("a record"), None);
    /// assert_eq!(event.kind(), EventKind::Event);
    /// ```
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.record.form.into()
    }

    /// Returns the arguments in order.
    #[must_use]
    pub fn values(&self) -> &[Value<'a>] {
        &self.values
    }

    /// Returns the arguments with their names. A positional argument has the empty name.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Event, ScalarValue, Value};
    ///
    /// # use ttlog_core::{Level, RecordHeader, decode::Chunk};
    /// # let header = RecordHeader::new(1, Level::Info).with_words(3);
    /// # let records = [header.to_bits(), 5, 7].map(u32::to_le_bytes).concat();
    /// # let chunk = Chunk {
    /// #     page: 0,
    /// #     generation: 1,
    /// #     writer: 1,
    /// #     base_ticks: 100,
    /// #     from: 26,
    /// #     first_seq: Some(40),
    /// #     records: &records,
    /// # };
    /// # use ttlog_core::{CallsiteInfo, Kind, Scalar};
    /// # let info = CallsiteInfo {
    /// #     id: 1,
    /// #     level: Level::Info as u8,
    /// #     kind: 0,
    /// #     line: 7,
    /// #     target: "shop",
    /// #     file: "src/shop.rs",
    /// #     text: "order {0} paid",
    /// #     names: ["order"].into_iter().collect(),
    /// #     kinds: [Kind { scalar: Scalar::U32, optional: false }.to_byte()].into_iter().collect(),
    /// # };
    /// // `chunk` holds a record of the callsite `info`, with the field `order`.
    /// let event = Event::new(chunk.records().next().expect("a record"), Some(&info));
    /// let fields: Vec<(&str, Value<'_>)> = event.fields().collect();
    /// assert_eq!(fields, [("order", Value::Plain(ScalarValue::U32(7)))]);
    /// ```
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> {
        let names = self.callsite.map_or(&[][..], |callsite| &callsite.names);
        names.iter().copied().zip(self.values.iter().copied())
    }

    /// Returns the message, which is rendered when it is displayed. If the callsite is lost, the message
    /// says so.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Event;
    ///
    /// # use ttlog_core::{Level, RecordHeader, decode::Chunk};
    /// # let header = RecordHeader::new(1, Level::Info).with_words(3);
    /// # let records = [header.to_bits(), 5, 7].map(u32::to_le_bytes).concat();
    /// # let chunk = Chunk {
    /// #     page: 0,
    /// #     generation: 1,
    /// #     writer: 1,
    /// #     base_ticks: 100,
    /// #     from: 26,
    /// #     first_seq: Some(40),
    /// #     records: &records,
    /// # };
    /// // `chunk` holds a record of callsite 1, whose description is lost.
    /// let event = Event::new(chunk.records().next().expect("a record"), None);
    /// assert_eq!(event.message().to_string(), "(the description of callsite 1 is lost)");
    /// ```
    pub fn message(&self) -> impl fmt::Display {
        fmt::from_fn(|f| match self.callsite {
            Some(callsite) => render(callsite.text, &self.values, f),
            None => write!(
                f,
                "(the description of callsite {} is lost)",
                self.record.callsite
            ),
        })
    }
}
