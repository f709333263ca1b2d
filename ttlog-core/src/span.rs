//! A step of work with a beginning and an end.

use core::marker::PhantomData;

use crate::{
    argument::Fields,
    callsite::Callsite,
    context::{Context, SpanId, TraceId},
    lane,
    record::RecordHeader,
    recording::{
        arguments::{AnyArguments, Arguments},
        slow,
    },
    span_table::{self, NewSpan, SpanSlot},
    writer::EnteredContext,
};

/// A span that has been entered. Dropping the guard leaves it.
///
/// Spans may be left in any order, as [`Context::enter`] states.
///
/// The [`span!`](crate::span) macro creates it. Inside, [`Context::current`] is this span, in the
/// same trace as outside or in a new trace if there was none.
///
/// # Examples
///
/// ```
/// use ttlog_core::{info, span};
///
/// let span = span!("order.charge", order_id = 7);
/// info!("this event belongs to the span");
/// let header = span.context().map(|context| context.to_string()); // to send with a request
/// drop(span);
/// # let _ = header;
/// ```
#[derive(Debug)]
#[must_use = "a span ends when its guard is dropped"]
pub struct Span {
    entered: Option<Entered>,
    /// A span is left on the thread that entered it.
    not_send: PhantomData<*const ()>,
}

#[derive(Debug)]
struct Entered {
    header: RecordHeader,
    context: Context,
    previous: Option<Context>,
    /// `None` if the context could not be entered.
    inside: Option<EnteredContext>,
    /// The place in the table of open spans; `None` if the program has none.
    slot: Option<SpanSlot>,
    /// The time of the enter record.
    ticks: u64,
}

/// Enters a span. Returns `None` if the calling context cannot write.
#[inline(never)]
fn enter(
    callsite: &'static Callsite,
    header: RecordHeader,
    arguments: &dyn AnyArguments,
) -> Option<Entered> {
    let mut entered = Entered {
        header,
        context: Context {
            trace_id: TraceId(0),
            span_id: SpanId(0),
        },
        previous: None,
        inside: None,
        slot: None,
        ticks: 0,
    };
    let mut is_begun = false;
    // Each value is stored where it stays: a copy of what has just been stored waits for the stores.
    lane::with_writer(&mut |writer, random| {
        is_begun = true;
        if let Some(current) = writer.context() {
            entered.context = current.random_child(random);
            entered.previous = Some(current);
            return;
        }
        let context = Context::random_root(random);
        entered.context = context;
        // The enter record already belongs to the new trace.
        writer.set_context(Some(Context {
            span_id: SpanId(0),
            ..context
        }));
    });
    if !is_begun {
        return None;
    }
    let span = entered.context.span_id.0;
    let parent = entered.previous.map_or(0, |context| context.span_id.0);
    slow::record_enter(callsite, header, span, parent, arguments);
    lane::with_writer(&mut |writer, _| {
        let ticks = writer.last_ticks();
        entered.ticks = ticks;
        if let Some(table) = span_table::installed() {
            let span = NewSpan {
                header,
                context: &entered.context,
                parent,
                ticks,
                thread: writer.thread_words(),
                depth: writer.context_depth(),
                arguments,
            };
            entered.slot = Some(table.enter(&span));
        }
        entered.inside = writer.enter_context(&entered.context, &entered.previous);
    });
    Some(entered)
}

impl Span {
    /// Enters a span of a callsite that is enabled. `header` is what
    /// [`Callsite::enabled`] returned.
    pub fn enter<F: Fields>(callsite: &'static Callsite, header: RecordHeader, fields: F) -> Self {
        debug_assert_eq!(callsite.id(), Some(header.id()));
        Self {
            entered: enter(callsite, header, &Arguments(fields)),
            not_send: PhantomData,
        }
    }

    /// Creates the guard of a span whose callsite is not enabled. It does nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Span;
    ///
    /// let span = Span::disabled();
    /// assert_eq!(span.context(), None);
    /// ```
    pub const fn disabled() -> Self {
        Self {
            entered: None,
            not_send: PhantomData,
        }
    }

    /// Returns the span's context, to send with a message. Returns `None` if the callsite is not
    /// enabled.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Context, span};
    /// # use ttlog_core::{Geometry, Memory, lane::critical_section::{self, Clock}};
    /// # static MEMORY: Memory<1024> = Memory::new();
    /// # let clock = Clock { ticks: || 7, hz: 1_000_000 };
    /// # critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
    ///
    /// let outer = span!("order.place");
    /// let inner = span!("order.charge");
    /// let (outer, inner) = (outer.context(), inner.context());
    /// assert_eq!(outer.map(|context| context.trace_id), inner.map(|context| context.trace_id));
    /// assert_ne!(outer.map(|context| context.span_id), inner.map(|context| context.span_id));
    /// # Ok::<(), critical_section::InstallError>(())
    /// ```
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        self.entered.as_ref().map(|entered| entered.context)
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let Some(entered) = &self.entered else {
            return;
        };
        if let Some((table, slot)) = span_table::installed().zip(entered.slot) {
            table.leave(slot);
        }
        slow::record_exit(entered.header, entered.context.span_id.0, entered.ticks);
        if let Some(inside) = entered.inside {
            lane::with_writer(&mut |writer, _| {
                writer.leave_context(inside, &entered.context, &entered.previous);
            });
        }
    }
}
