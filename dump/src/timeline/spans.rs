//! Spans that have been entered and not yet left.

use std::collections::HashMap;

use ttlog_core::{
    SpanId,
    decode::{EventKind, Record},
};

use crate::time::Clock;

/// When spans were entered, by file and id.
#[derive(Debug, Default)]
pub(crate) struct OpenSpans(HashMap<(usize, SpanId), u64>);

impl OpenSpans {
    /// The most that are remembered: more are open at once only where ends are missing.
    const MAX: usize = 1 << 17;

    /// Takes note of a record. For an exit, answers how long its span was open.
    pub(crate) fn follow(
        &mut self,
        file: usize,
        clock: Clock,
        kind: EventKind,
        record: &Record<'_>,
    ) -> Option<u64> {
        let span = (file, record.span);
        match kind {
            EventKind::Event => None,
            EventKind::Enter => {
                if self.0.len() < Self::MAX {
                    self.0.insert(span, record.ticks);
                }
                None
            }
            EventKind::Exit => clock.elapsed_ns(self.0.remove(&span)?, record.ticks),
        }
    }
}
