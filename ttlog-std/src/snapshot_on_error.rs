//! A snapshot of a failure that is a `Result`.

use std::fmt::{Display, Write};

use ttlog_core::{Callsite, CallsiteKind, Level, Metadata, argument::Formatted, fields};

use crate::{current, debts::RequestTime};

/// Takes a snapshot if a result is an error. It suits a `main` that returns an error, because the snapshot
/// is written before the process ends.
///
/// # Examples
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path();
/// use std::fs;
/// use ttlog_std::{SnapshotOnError, Trace};
///
/// fn run() -> Result<(), std::io::Error> {
///     fs::read("/no/such/file")?;
///     Ok(())
/// }
///
/// let trace = Trace::builder().directory(dir).build()?;
/// assert!(run().snapshot_on_error("main_failed").is_err());
/// drop(trace);
/// let name = fs::read_dir(dir)?.next().expect("a file")?.file_name();
/// assert!(name.to_string_lossy().ends_with("-main_failed.bin"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait SnapshotOnError {
    /// Records an error as an event of level ERROR, and requests a snapshot with this reason. Does nothing
    /// for a success. Returns the result as it was.
    #[must_use]
    fn snapshot_on_error(self, reason: &str) -> Self;
}

impl<T, E: Display> SnapshotOnError for Result<T, E> {
    fn snapshot_on_error(self, reason: &str) -> Self {
        if let Err(error) = &self {
            record(reason, error);
            if let Some(instance) = current::get() {
                drop(instance.request(reason, RequestTime::Now));
            }
        }
        self
    }
}

/// Records the error, even if the filter disables such an event.
fn record(reason: &str, error: &dyn Display) {
    static METADATA: Metadata = Metadata {
        kind: CallsiteKind::Event,
        level: Level::Error,
        target: "error",
        file: file!(),
        line: line!(),
        text: "{0}: {1}",
        names: &["reason", "error"],
        more_kinds: &[],
    };
    static CALLSITE: Callsite = Callsite::new(&METADATA);

    let text = Formatted::new(|out| write!(out, "{error}"));
    CALLSITE.record_always(fields![reason, text]);
}
