//! How an event gets to the lane: as anything else does.

use super::{Fill, TooLong};
use crate::record::Header;

/// As [`write`](super::write), for what is written most. `words` is the header's length, apart because
/// the compiler mostly knows it.
#[inline]
pub(crate) fn write_event(header: Header, _words: usize, fill: &impl Fill) -> Result<(), TooLong> {
    super::write(header, fill)
}
