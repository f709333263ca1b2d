//! An event that borrows from the memory of a reader.

use core::{
    fmt::{self, Display},
    ops::Deref,
};

use serde::{Serialize, Serializer, ser::SerializeStruct};
use ttlog_core::{
    Context, Level, SpanId, TraceId, Value,
    decode::{EventKind, Record},
};

use crate::{
    field::Field,
    json::{Hex, Object},
    message::message,
    source::Source,
    statement::Statement,
    time::Time,
};

/// An event that borrows from [`Snapshots`](crate::Snapshots) or a [`Follower`](crate::Follower).
///
/// `Display` writes a line of text with the columns of [`TextFormat::FULL`](crate::TextFormat::FULL). `Serialize` writes the same
/// JSON object as `dump`. [`Event`](crate::Event) is an owned copy.
///
/// # Cost
///
/// Copying an `EventRef` allocates nothing. [`message`](Self::message) and [`fields`](Self::fields)
/// decode the arguments at each call.
///
/// # Examples
///
/// ```
/// use ttlog_reader::{Field, Snapshots};
///
/// /// Returns the highest value of a field, and the time of its event.
/// fn highest(snapshots: &Snapshots, key: &str) -> Option<(i64, String)> {
///     let values = snapshots.events().flat_map(|event| {
///         let time = event.time();
///         event.fields().filter(|(name, _)| *name == key).map(move |(_, value)| (value, time))
///     });
///     let numbers = values.filter_map(|(value, time)| match value {
///         Field::Integer(number) => Some((number, time?.to_string())),
///         _ => None,
///     });
///     numbers.max()
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    pub(crate) source: &'a Source,
    /// The description of the callsite; `None` if it is lost.
    pub(crate) statement: Option<&'a Statement>,
    pub(crate) record: Record<'a>,
    /// The nanoseconds of the time.
    pub(crate) ns: u64,
    /// The time at which the span was entered, if this is its end.
    pub(crate) entered_ticks: Option<u64>,
    /// The index of the file.
    pub(crate) file: usize,
}

impl<'a> EventRef<'a> {
    /// Returns the time. Returns `None` if the clock is not known because the header is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// use ttlog_reader::Level;
    ///
    /// let event = snapshots.events().find(|event| event.level() == Level::Fatal).unwrap();
    /// assert_eq!(event.time().unwrap().to_string(), "2023-11-27T15:38:36.629021000Z");
    /// assert_eq!(event.ns(), 1_701_099_516_629_021_000);
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        self.source.clock.time_of_ns(self.ns)
    }

    /// Returns the nanoseconds of the time, counted from the clock's zero.
    #[must_use]
    pub fn ns(&self) -> u64 {
        self.ns
    }

    /// Returns the level.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// use ttlog_reader::Level;
    ///
    /// let levels: Vec<_> = snapshots.events().map(|event| event.level()).collect();
    /// assert_eq!(levels.iter().max(), Some(&Level::Fatal));
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn level(&self) -> Level {
        self.record.level
    }

    /// Returns the target. Returns `None` if the description of the callsite is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let payments = snapshots.events().filter(|event| event.target() == Some("shop::payment"));
    /// assert_eq!(payments.count(), 4); // the begins and ends of two spans
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn target(&self) -> Option<&'a str> {
        self.statement.map(|statement| &*statement.target)
    }

    /// Returns a value whose `Display` writes the message with its arguments filled in.
    ///
    /// For the begin and the end of a span, the message is the span's name. If the description of the
    /// callsite is lost, the message states that.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let event = snapshots.events().find(|event| event.target() == Some("shop::generic")).unwrap();
    /// assert_eq!(event.message().to_string(), "got 7");
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    pub fn message(&self) -> impl Display + use<'a> {
        let event = *self;
        fmt::from_fn(move |f| event.message_of(&event.values()).fmt(f))
    }

    /// Returns the message with its placeholders: `order {order_id} failed`. Returns `None` if the
    /// description of the callsite is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let same = snapshots.events().filter(|event| event.template() == Some("got {0:?}"));
    /// let messages: Vec<_> = same.map(|event| event.message().to_string()).collect();
    /// assert_eq!(messages, ["got 7", "got \"seven\""]);
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn template(&self) -> Option<&'a str> {
        self.statement.map(|statement| &*statement.text)
    }

    /// Returns the arguments in order, each with a unique key.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// use ttlog_reader::Field;
    ///
    /// let event = snapshots.events().find(|event| event.target() == Some("shop::payment")).unwrap();
    /// let fields: Vec<_> = event.fields().collect();
    /// assert_eq!(fields, [("cents", Field::Integer(9_999))]);
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> + use<'a> {
        let fields = self.keys().zip(self.values());
        fields.map(|(key, value)| (key, Field::new(&value)))
    }

    pub(crate) fn owned_fields(&self) -> Vec<(String, Field<'static>)> {
        let fields = self.fields();
        fields
            .map(|(key, value)| (key.to_owned(), value.into_owned()))
            .collect()
    }

    /// Returns the decoded arguments.
    pub(crate) fn values(
        &self,
    ) -> impl Deref<Target = [Value<'a>]> + IntoIterator<Item = Value<'a>> + use<'a> {
        let kinds = self.statement.map_or(&[][..], |statement| &statement.kinds);
        self.record.values(kinds)
    }

    /// Returns the keys of the arguments.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        let keys = self.statement.map_or(&[][..], |statement| &statement.keys);
        keys.iter().map(|key| &**key)
    }

    /// Returns a value whose `Display` writes the message with these arguments.
    pub(crate) fn message_of(&self, values: &[Value<'_>]) -> impl Display {
        fmt::from_fn(move |f| match self.statement {
            Some(statement) => message(&statement.text, values).fmt(f),
            None => {
                let id = self.record.callsite;
                write!(f, "(the description of callsite {id} is lost)")
            }
        })
    }

    /// Returns whether the message shows this argument.
    pub(crate) fn shows(&self, argument: usize) -> bool {
        self.statement
            .is_some_and(|statement| statement.shows(argument))
    }

    /// Returns the kind: an event, or the begin or the end of a span.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// use ttlog_reader::EventKind;
    ///
    /// let ends = snapshots.events().filter(|event| event.kind() == EventKind::Exit);
    /// let durations: Vec<_> = ends.map(|event| event.duration_ns()).collect();
    /// assert_eq!(durations, [Some(5_000), Some(15_000)]);
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.record.form.into()
    }

    /// Returns the duration of the span if this is its end. Returns `None` if it is not known.
    #[must_use]
    pub fn duration_ns(&self) -> Option<u64> {
        let clock = &self.source.clock;
        clock.elapsed_ns(self.entered_ticks?, self.record.ticks)
    }

    /// Returns the time at which the span was entered if this is its end.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let end = snapshots.events().find(|event| event.duration_ns().is_some()).unwrap();
    /// assert_eq!(end.entered_time().unwrap().to_string(), "2023-11-14T22:13:25.001235000Z");
    /// assert_eq!(end.time().unwrap().to_string(), "2023-11-14T22:13:25.001240000Z");
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn entered_time(&self) -> Option<Time> {
        self.source.clock.time(self.entered_ticks?)
    }

    /// Returns the name of the thread. Returns `None` if it has no name.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let event = snapshots.events().last().unwrap();
    /// assert_eq!((event.thread_name(), event.thread_id()), (Some("worker-7"), 7));
    /// let event = snapshots.events().next().unwrap();
    /// assert_eq!(event.thread_name(), None);
    /// assert_eq!(event.thread().to_string(), "0"); // the number, because it has no name
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn thread_name(&self) -> Option<&str> {
        Some(self.record.thread.name()).filter(|name| !name.is_empty())
    }

    /// Returns the number of the thread.
    #[must_use]
    pub fn thread_id(&self) -> u32 {
        self.record.thread.number
    }

    /// Returns a value whose `Display` writes the name of the thread, or its number if it has no name.
    pub fn thread(&self) -> impl Display {
        fmt::from_fn(|f| match self.thread_name() {
            Some(name) => f.write_str(name),
            None => self.thread_id().fmt(f),
        })
    }

    /// Returns the source file. Returns `None` if the description of the callsite is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let event = snapshots.events().last().unwrap();
    /// assert_eq!((event.file(), event.line()), (Some("src/shop.rs"), Some(10)));
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn file(&self) -> Option<&'a str> {
        self.statement.map(|statement| &*statement.file)
    }

    /// Returns the line in the source file. Returns `None` if the description of the callsite is lost.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.statement.map(|statement| statement.line)
    }

    /// Returns the trace of the event. Returns `None` if it was recorded outside a trace.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// // The begin of a span within another span of its trace.
    /// let begin = snapshots.events().find(|event| event.parent_span_id().is_some()).unwrap();
    /// assert_eq!(begin.trace_id().unwrap().to_string(), "157a3807a48faa9dd573529b34a1d093");
    /// assert_eq!(begin.span_id().unwrap().to_string(), "a2d419334c4667ec");
    /// assert_eq!(begin.parent_span_id().unwrap().to_string(), "2f90b72e996dccbe");
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        let id = self.record.context?.trace_id;
        Some(id).filter(|id| id.0 != 0)
    }

    /// Returns the span in which the event was recorded. For the begin and the end of a span, returns
    /// that span.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        let own = Some(self.record.span).filter(|id| id.0 != 0);
        let current = self.record.context.map(|Context { span_id, .. }| span_id);
        own.or(current).filter(|id| id.0 != 0)
    }

    /// Returns the parent of the span if this is its begin.
    #[must_use]
    pub fn parent_span_id(&self) -> Option<SpanId> {
        Some(self.record.parent).filter(|id| id.0 != 0)
    }

    /// Returns the run, the program and the clock.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let event = snapshots.events().next().unwrap();
    /// assert_eq!(event.source().service.as_deref(), Some("shop"));
    /// assert_eq!(event.source().pid, Some(4_711));
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn source(&self) -> &'a Source {
        self.source
    }

    /// Returns the number of the writer.
    #[must_use]
    pub fn writer(&self) -> u32 {
        self.record.writer
    }

    /// Returns the sequence number in the writer. Returns `None` in format version 1.
    ///
    /// The run, the writer and this number identify the event.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let event = snapshots.events().last().unwrap();
    /// let identity = (event.source().run_id, event.writer(), event.seq());
    /// assert_eq!(identity, (Some(0x0123_4567_89ab_cdef), 7, Some(0)));
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        self.record.seq
    }

    /// Returns the index of the event's file in [`Snapshots::files`](crate::Snapshots::files). If
    /// several files contain the event, that is the file that was opened first. Returns 0 for an event
    /// of a [`Follower`](crate::Follower).
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let event = snapshots.events().next().unwrap();
    /// let file = &snapshots.files()[event.file_number()];
    /// assert_eq!(file.header.reason.as_deref(), Some("order_placed"));
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn file_number(&self) -> usize {
        self.file
    }
}

impl Serialize for EventRef<'_> {
    /// Writes the keys of [`Event`](crate::Event) in the same order, without copies.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.values();
        let source = self.source();
        let trace_id = self.trace_id().map(|id| Hex::<32>(id.0));
        let span_id = self.span_id().map(|id| Hex::<16>(id.0.into()));
        let parent_span_id = self.parent_span_id().map(|id| Hex::<16>(id.0.into()));
        let run = source.run_id.map(|id| Hex::<16>(id.into()));
        let mut json = serializer.serialize_struct("Event", 20)?;
        json.serialize_field("timestamp", &self.time())?;
        json.serialize_field("level", &self.level())?;
        json.serialize_field("target", &self.target())?;
        json.serialize_field("message", &format_args!("{}", self.message_of(&values)))?;
        let fields = self.keys().zip(values.iter().map(Field::new));
        json.serialize_field("fields", &Object(fields))?;
        json.serialize_field("kind", self.kind().name())?;
        json.serialize_field("duration_ns", &self.duration_ns())?;
        match self.thread_name() {
            Some(name) => json.serialize_field("thread", name)?,
            None => json.serialize_field("thread", &self.thread_id().to_string())?,
        }
        json.serialize_field("thread_id", &self.thread_id())?;
        json.serialize_field("file", &self.file())?;
        json.serialize_field("line", &self.line())?;
        json.serialize_field("trace_id", &trace_id)?;
        json.serialize_field("span_id", &span_id)?;
        json.serialize_field("parent_span_id", &parent_span_id)?;
        json.serialize_field("service", &source.service)?;
        json.serialize_field("host", &source.host)?;
        json.serialize_field("pid", &source.pid)?;
        json.serialize_field("run", &run)?;
        json.serialize_field("writer", &self.writer())?;
        json.serialize_field("seq", &self.seq())?;
        json.end()
    }
}
