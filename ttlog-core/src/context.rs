//! The trace and the span that an event belongs to.
//!
//! The ids are those of [W3C Trace Context](https://www.w3.org/TR/trace-context/). A correlation id
//! is the trace id.

use core::{error::Error, fmt, str::FromStr};

/// The id of a trace: one piece of work through all services. Never 0.
///
/// # Examples
///
/// ```
/// use ttlog_core::TraceId;
///
/// assert_eq!(TraceId(0x4bf9).to_string(), "00000000000000000000000000004bf9");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TraceId(pub u128);

/// The id of a span: one step of a trace. 0 if the trace has no span yet.
///
/// # Examples
///
/// ```
/// use ttlog_core::SpanId;
///
/// assert_eq!(SpanId(0xf067).to_string(), "000000000000f067");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
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

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

/// A trace and the current span in it.
///
/// `Display` writes, and `parse` reads, the value of a `traceparent` header.
///
/// # Examples
///
/// ```
/// use ttlog_core::Context;
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context: Context = header.parse()?;
/// assert_eq!(context.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// assert_eq!(context.to_string(), header);
///
/// let _guard = context.enter(); // events from here on belong to this trace
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
    /// Number of words of a context in a record.
    pub(crate) const WORDS: usize = 6;

    /// Returns the context as it stands in a record.
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

    /// Returns the context that stands in these words.
    pub(crate) fn from_words(words: [u32; Self::WORDS]) -> Self {
        let [t0, t1, t2, t3, s0, s1] = words.map(u64::from);
        let trace = u128::from(t3 << 32 | t2) << 64 | u128::from(t1 << 32 | t0);
        Self {
            trace_id: TraceId(trace),
            span_id: SpanId(s1 << 32 | s0),
        }
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
        // A later version may append parts. Version 00 has these four, and ff is forbidden.
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

/// The text is not a valid `traceparent`.
///
/// # Examples
///
/// ```
/// use ttlog_core::{Context, InvalidTraceparent};
///
/// // The ids must not be 0.
/// let header = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
/// assert_eq!(header.parse::<Context>(), Err(InvalidTraceparent));
/// ```
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
