//! The way of an event to the lane.

use super::critical_section;
use crate::{fill::Fill, platform::IS_BOARD, record::RecordHeader};

/// Writes an event. Returns `false` and writes nothing if that takes the slow path. `words` is the
/// length in the header; it is passed separately because the compiler mostly knows it.
///
/// A board calls the critical section's lane directly, which saves a third of the instructions of an
/// event. A host calls the installed lane.
#[inline]
pub(crate) fn write_event(header: RecordHeader, words: usize, fill: &impl Fill) -> bool {
    if IS_BOARD {
        critical_section::write_fast(header, words, fill)
    } else {
        super::write(header, fill).is_ok()
    }
}
