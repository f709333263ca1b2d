//! The spans that are open.

use std::collections::HashMap;

use ttlog_core::{Form, SpanId, decode::Record};

/// The spans that are open, with the times at which they were entered. Only format version 1 needs them,
/// because its exit records do not state these times.
#[derive(Debug, Default)]
pub(crate) struct OpenSpans(pub(crate) HashMap<SpanId, u64>);

impl OpenSpans {
    /// Maximum number of spans in the map. More spans are open at once only if ends are missing.
    const MAX: usize = 1 << 17;

    /// Updates the map with the next event. For the end of a span, returns the time at which the span was
    /// entered.
    pub(crate) fn entered_ticks(&mut self, record: &Record<'_>) -> Option<u64> {
        if record.seq.is_some() || record.span.0 == 0 {
            return record.entered_ticks;
        }
        match record.form {
            Form::Enter => {
                if self.0.len() < Self::MAX {
                    self.0.insert(record.span, record.ticks);
                }
                None
            }
            Form::Exit => self.0.remove(&record.span),
            Form::Plain | Form::OwnKinds => None,
        }
    }
}
