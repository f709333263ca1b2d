//! How an event gets to the lane on a board: without a call, where the lane is the critical
//! section's. That saves a third of its instructions.

use super::{Fill, TooLong, critical_section};
use crate::record::Header;

/// As [`write`](super::write), for what is written most.
#[inline]
pub(crate) fn write_event(header: Header, fill: &impl Fill) -> Result<(), TooLong> {
    if critical_section::write_on(header, fill) {
        return Ok(());
    }
    write_otherwise(header, fill)
}

/// Where the lane has more to do than to write, or is another one.
#[cold]
#[inline(never)]
fn write_otherwise(header: Header, fill: &dyn Fill) -> Result<(), TooLong> {
    super::write(header, fill)
}
