//! Whose work is being done: the trace and the span that events belong to.
//!
//! Ids are those of W3C Trace Context (<https://www.w3.org/TR/trace-context/>); a correlation id
//! is the trace id. A lane remembers the current context, so an event itself carries nothing.

use core::{error::Error, fmt, marker::PhantomData, str::FromStr};

use crate::{lane, random::Random};

/// The id of a trace, one piece of work through all services; never 0.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TraceId(pub u128);

/// The id of a span, one step of a trace; 0 where the trace has no span here yet.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SpanId(pub u64);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A trace and the current span in it.
///
/// Its text form, written by `Display` and read by `parse`, is the value of a `traceparent`
/// header.
///
/// ```
/// use ttlog_core::Context;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context: Context = header.parse()?;
/// assert_eq!(context.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(context.to_string(), header);
/// # Ok::<(), ttlog_core::InvalidTraceparent>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Context {
    /// The trace.
    pub trace_id: TraceId,
    /// The span in it.
    pub span_id: SpanId,
}

impl Context {
    /// How many words a context takes in a record.
    pub(crate) const WORDS: usize = 6;

    /// A new trace, with a span of its own.
    #[must_use]
    pub fn root() -> Self {
        let mut context = Self {
            trace_id: TraceId(1),
            span_id: SpanId(1),
        };
        lane::with_writer(&mut |_, random| context = Self::random_root(random));
        context
    }

    pub(crate) fn random_root(random: &Random) -> Self {
        let trace_id = u128::from(random.next()) << 64 | u128::from(random.next());
        Self {
            trace_id: TraceId(trace_id),
            span_id: SpanId(random.next()),
        }
    }

    /// The same trace with a new span.
    #[must_use]
    pub fn child(self) -> Self {
        let mut context = Self {
            span_id: SpanId(1),
            ..self
        };
        lane::with_writer(&mut |_, random| context = self.random_child(random));
        context
    }

    pub(crate) fn random_child(self, random: &Random) -> Self {
        Self {
            span_id: SpanId(random.next()),
            ..self
        }
    }

    /// What the calling thread (on firmware: the program) is working on.
    #[must_use]
    pub fn current() -> Option<Self> {
        let mut context = None;
        lane::with_writer(&mut |writer, _| context = writer.context());
        context
    }

    /// Makes a context the current one, or none.
    pub(crate) fn set_current(context: Option<Self>) {
        lane::with_writer(&mut |writer, _| writer.set_context(context));
    }

    /// Makes this the current context until the guard is dropped, which brings the one before
    /// back. Costs a record of eight words at either end.
    pub fn enter(self) -> ContextGuard {
        let mut previous = None;
        lane::with_writer(&mut |writer, _| previous = writer.replace_context(Some(self)));
        ContextGuard {
            previous,
            not_send: PhantomData,
        }
    }

    pub(crate) fn to_words(self) -> [u32; Self::WORDS] {
        let trace = self.trace_id.0;
        let span = self.span_id.0;
        [
            trace as u32,
            (trace >> 32) as u32,
            (trace >> 64) as u32,
            (trace >> 96) as u32,
            span as u32,
            (span >> 32) as u32,
        ]
    }

    pub(crate) fn from_words(words: [u32; Self::WORDS]) -> Self {
        let [t0, t1, t2, t3, s0, s1] = words.map(u64::from);
        let trace = u128::from(t3 << 32 | t2) << 64 | u128::from(t1 << 32 | t0);
        Self {
            trace_id: TraceId(trace),
            span_id: SpanId(s1 << 32 | s0),
        }
    }
}

/// Brings the context before back when it is dropped.
#[derive(Debug)]
#[must_use = "the context is left when the guard is dropped"]
pub struct ContextGuard {
    previous: Option<Context>,
    /// A context belongs to a thread.
    not_send: PhantomData<*const ()>,
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        Context::set_current(self.previous);
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-01", self.trace_id, self.span_id)
    }
}

impl FromStr for Context {
    type Err = InvalidTraceparent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceparent> {
        let mut parts = text.trim().split('-');
        let mut part = |length| {
            parts
                .next()
                .filter(|part| part.len() == length)
                .filter(|part| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
                .ok_or(InvalidTraceparent)
        };
        let version = part(2)?;
        let trace = part(32)?;
        let span = part(16)?;
        part(2)?;
        // A later version may append parts; version 00 has these four, and ff is forbidden.
        if version == "ff" || version == "00" && parts.next().is_some() {
            return Err(InvalidTraceparent);
        }
        let trace = u128::from_str_radix(trace, 16).map_err(|_| InvalidTraceparent)?;
        let span = u64::from_str_radix(span, 16).map_err(|_| InvalidTraceparent)?;
        if trace == 0 || span == 0 {
            return Err(InvalidTraceparent);
        }
        Ok(Self {
            trace_id: TraceId(trace),
            span_id: SpanId(span),
        })
    }
}

/// A text that is no `traceparent`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidTraceparent;

impl fmt::Display for InvalidTraceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a traceparent: expected 2, 32, 16 and 2 lower-case hex digits with dashes \
             between, and ids that are not 0",
        )
    }
}

impl Error for InvalidTraceparent {}
