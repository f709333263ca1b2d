//! How an event gets to the lane on a board: without a call, where the lane is the critical
//! section's. That saves a third of its instructions.

use super::{Fill, TooLong, critical_section};
use crate::record::Header;

/// As [`write`](super::write), for what is written most. `words` is the header's length, apart because
/// the compiler mostly knows it.
#[inline]
pub(crate) fn write_event(header: Header, words: usize, fill: &impl Fill) -> Result<(), TooLong> {
    match critical_section::write_event(header, words, fill) {
        Some(written) => written,
        None => write_elsewhere(header, fill),
    }
}

/// Where the lane is another one.
#[cold]
#[inline(never)]
fn write_elsewhere(header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
    super::write(header, fill)
}
