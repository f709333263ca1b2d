//! A step of work with a beginning and an end.

use core::marker::PhantomData;

use crate::{
    argument::Fields,
    callsite::Callsite,
    context::{Context, SpanId},
    lane,
    record::{self, Header},
};

/// A span that has been entered; dropping the guard leaves it.
///
/// Made by the `span!` macro. Inside, [`Context::current`] is this span of the same trace, or of a
/// new one where there was none.
#[derive(Debug)]
#[must_use = "a span ends when its guard is dropped"]
pub struct Span {
    entered: Option<Entered>,
    /// A span is left on the thread that entered it.
    not_send: PhantomData<*const ()>,
}

#[derive(Debug)]
struct Entered {
    header: Header,
    context: Context,
    previous: Option<Context>,
}

impl Span {
    /// Enters a span of a callsite that is enabled.
    pub fn enter<F: Fields>(callsite: &'static Callsite, header: Header, fields: F) -> Self {
        debug_assert_eq!(callsite.id(), Some(header.id()));
        let mut begun = None;
        lane::with_writer(&mut |writer, random| {
            let current = writer.context();
            let context = match current {
                Some(current) => current.random_child(random),
                None => Context::random_root(random),
            };
            if current.is_none() {
                // The record of the entering already belongs to the new trace.
                writer.set_context(Some(Context {
                    span_id: SpanId(0),
                    ..context
                }));
            }
            begun = Some((context, current));
        });
        let Some((context, previous)) = begun else {
            return Self::disabled();
        };
        let parent = previous.map_or(0, |context| context.span_id.0);
        record::record_enter(callsite, header, context.span_id.0, parent, fields);
        Context::set_current(Some(context));
        let entered = Some(Entered {
            header,
            context,
            previous,
        });
        Self {
            entered,
            not_send: PhantomData,
        }
    }

    /// The guard of a span whose callsite is not enabled: it does nothing.
    pub const fn disabled() -> Self {
        Self {
            entered: None,
            not_send: PhantomData,
        }
    }

    /// The span's context, to hand on with a message; `None` where the callsite is not enabled.
    #[must_use]
    pub fn context(&self) -> Option<Context> {
        self.entered.as_ref().map(|entered| entered.context)
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(Entered {
            header,
            context,
            previous,
        }) = self.entered.take()
        {
            record::record_exit(header, context.span_id.0);
            Context::set_current(previous);
        }
    }
}
