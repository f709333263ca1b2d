//! How an event gets to the lane on a board: without a call, where the lane is the critical
//! section's and has no more to do than to write. That saves a third of its instructions.

use super::{Fill, critical_section};
use crate::record::Header;

/// Writes an event, and answers whether it is written; nothing is where it is not, which is then for
/// [`write`](super::write). `words` is the header's length, apart because the compiler mostly knows it.
#[inline]
pub(crate) fn write_event(header: Header, words: usize, fill: &impl Fill) -> bool {
    critical_section::write_on(header, words, fill)
}
