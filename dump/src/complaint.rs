//! Problems, as lines on standard error.

use core::{
    error::Error,
    fmt::{self, Display},
    iter,
};
use std::io::Write;

use ttlog_reader::escaped;

/// Writes a line to standard error. Ignores a failed write, so that the events are still shown.
pub(crate) fn complain(err: &mut dyn Write, complaint: impl Display) {
    let _ = writeln!(err, "dump: {}", escaped(complaint));
}

/// Returns a value whose `Display` writes an error and its causes.
pub(crate) fn with_causes(error: &dyn Error) -> impl Display {
    fmt::from_fn(move |f| {
        write!(f, "{error}")?;
        iter::successors(error.source(), |&cause| cause.source())
            .try_for_each(|cause| write!(f, ": {cause}"))
    })
}
