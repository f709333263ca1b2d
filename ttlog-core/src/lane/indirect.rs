//! How an event gets to the lane: as anything else does.

use super::Fill;
use crate::record::Header;

/// Writes an event, and answers whether it is written; nothing is where it is not.
#[inline]
pub(crate) fn write_event(header: Header, _words: usize, fill: &impl Fill) -> bool {
    super::write(header, fill).is_ok()
}
