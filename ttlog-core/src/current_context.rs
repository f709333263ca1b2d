//! The context in which the calling thread or program works.
//!
//! The writer remembers the current context and states it in the page before the first record that
//! belongs to it, so an event itself carries nothing.

use core::marker::PhantomData;

use crate::{
    context::{Context, SpanId, TraceId},
    lane,
    split_mix::SplitMix64,
    sync::{AtomicU32, Ordering},
    writer::EnteredContext,
};

impl Context {
    /// Creates a new trace, with a span of its own.
    ///
    /// No record describes that span. If a reader has to show it, enter the trace by
    /// [`span!`](crate::span!) without a current context instead: it creates both and records the span.
    ///
    /// The ids are random. Before a lane is installed they come from the addresses of the program,
    /// which differ from process to process on a host but not on a board.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Context;
    ///
    /// let context = Context::root();
    /// assert_ne!(context.trace_id, Context::root().trace_id);
    /// // Its text is a `traceparent` header, which another service can read.
    /// assert_eq!(context.to_string().parse(), Ok(context));
    /// ```
    #[must_use]
    pub fn root() -> Self {
        let mut context = None;
        with_random(&mut |random| context = Some(Self::random_root(random)));
        context.unwrap_or(Self {
            trace_id: TraceId(1),
            span_id: SpanId(1),
        })
    }

    pub(crate) fn random_root(random: &SplitMix64) -> Self {
        let trace_id = u128::from(random.next()) << 64 | u128::from(random.next());
        Self {
            trace_id: TraceId(trace_id),
            span_id: SpanId(random.next()),
        }
    }

    /// Creates a new span in the same trace.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::Context;
    ///
    /// let context = Context::root();
    /// let child = context.child();
    /// assert_eq!(child.trace_id, context.trace_id);
    /// assert_ne!(child.span_id, context.span_id);
    /// ```
    #[must_use]
    pub fn child(self) -> Self {
        let mut context = self;
        with_random(&mut |random| context = self.random_child(random));
        context
    }

    pub(crate) fn random_child(self, random: &SplitMix64) -> Self {
        Self {
            span_id: SpanId(random.next()),
            ..self
        }
    }

    /// Returns the current context of the calling thread, or of the program on a board.
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
    /// assert_eq!(Context::current(), None);
    /// let span = span!("pump.start");
    /// assert_eq!(Context::current(), span.context());
    /// # Ok::<(), critical_section::InstallError>(())
    /// ```
    #[must_use]
    pub fn current() -> Option<Self> {
        let mut context = None;
        lane::with_writer(&mut |writer, _| context = writer.context());
        context
    }

    /// Makes this the current context until the guard is dropped, which restores the context
    /// before. Has no effect before a lane is installed.
    ///
    /// Guards of contexts and of spans may be dropped in any order. The current context is the one that
    /// was entered last among those whose guards exist. This holds for 32 guards at the same time on a
    /// host, and for four on a board. Guards beyond these must be dropped in the reverse order.
    ///
    /// # Cost
    ///
    /// A mark of eight words before the first record inside, and another before the first record
    /// after.
    ///
    /// # Examples
    ///
    /// ```
    /// use ttlog_core::{Context, info};
    /// # use ttlog_core::{Geometry, Memory, lane::critical_section::{self, Clock}};
    /// # static MEMORY: Memory<1024> = Memory::new();
    /// # let clock = Clock { ticks: || 7, hz: 1_000_000 };
    /// # critical_section::install(&MEMORY, Geometry { page_words: 128 }, clock, 0x5eed)?;
    ///
    /// let context = Context::root();
    /// {
    ///     let _guard = context.enter();
    ///     info!("this event belongs to the trace");
    ///     assert_eq!(Context::current(), Some(context));
    /// }
    /// assert_eq!(Context::current(), None);
    /// # Ok::<(), critical_section::InstallError>(())
    /// ```
    pub fn enter(self) -> ContextGuard {
        let (mut entered, mut previous) = (None, None);
        lane::with_writer(&mut |writer, _| {
            previous = writer.context();
            entered = writer.enter_context(&self, &previous);
        });
        ContextGuard {
            context: self,
            previous,
            entered,
            not_send: PhantomData,
        }
    }
}

/// Calls `act` with the calling context's random numbers. Without a lane these start from the
/// addresses of a static and of the stack, and from a counter.
fn with_random(act: &mut dyn FnMut(&SplitMix64)) {
    static CALLS: AtomicU32 = AtomicU32::new(0);

    let mut is_done = false;
    lane::with_writer(&mut |_, random| {
        act(random);
        is_done = true;
    });
    if !is_done {
        let calls = CALLS.fetch_add(1, Ordering::Relaxed);
        let random = SplitMix64::new();
        for number in [
            core::ptr::from_ref(&is_done).addr() as u64,
            core::ptr::from_ref(&CALLS).addr() as u64,
            calls.into(),
        ] {
            random.seed(random.next() ^ number);
        }
        act(&random);
    }
}

/// Restores the context before when it is dropped.
#[derive(Debug)]
#[must_use = "the context is left when the guard is dropped"]
pub struct ContextGuard {
    context: Context,
    previous: Option<Context>,
    /// `None` if the context could not be entered.
    entered: Option<EnteredContext>,
    /// A context belongs to a thread.
    not_send: PhantomData<*const ()>,
}

impl Drop for ContextGuard {
    fn drop(&mut self) {
        if let Some(entered) = self.entered {
            lane::with_writer(&mut |writer, _| {
                writer.leave_context(entered, &self.context, &self.previous);
            });
        }
    }
}
