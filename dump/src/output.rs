//! The interface of the output formats.

use std::io;

use ttlog_reader::{EventRef, SnapshotFile, Source};

use crate::symbols::Symbol;

/// An output format.
pub(crate) trait Output {
    /// Writes the part before the events.
    fn begin(&mut self, _files: &[Shown<'_>]) -> io::Result<()> {
        Ok(())
    }

    /// Writes an event. The caller passes the oldest event first.
    fn event(&mut self, event: &EventRef<'_>) -> io::Result<()>;

    /// As [`event`](Self::event), with the symbols of the addresses that the event states.
    fn event_with_symbols(&mut self, event: &EventRef<'_>, symbols: &[Symbol]) -> io::Result<()>;

    /// Writes the part after the events.
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file, and the number of its events that are shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) file: &'a SnapshotFile,
    pub(crate) source: &'a Source,
    pub(crate) shown: u64,
    /// The spans that were open at the moment of the file.
    pub(crate) open_spans: Vec<EventRef<'a>>,
}
