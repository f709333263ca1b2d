//! The program that recorded an event.

use crate::{clock::Clock, file_header::FileHeader};

/// The run, the program and the clock of events.
///
/// # Examples
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
/// # let mut snapshots = ttlog_reader::Snapshots::new();
/// # snapshots.open(path)?;
/// let source = snapshots.source(&snapshots.files()[0]);
/// assert_eq!(source.run_id, Some(0x0123_4567_89ab_cdef));
/// assert_eq!((source.service.as_deref(), source.pid), (Some("shop"), Some(4_711)));
/// assert!(source.clock.is_wall());
/// # Ok::<(), ttlog_reader::OpenError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The id of the run; `None` if it is not known, and in format version 1.
    pub run_id: Option<u64>,
    /// The service.
    pub service: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The process id; `None` for a board.
    pub pid: Option<u32>,
    /// The clock.
    pub clock: Clock,
}

impl Source {
    /// Returns the parts that name the run.
    pub(crate) fn key(&self) -> impl Ord {
        (
            self.run_id,
            self.clock.start_ticks(),
            self.pid,
            self.host.as_deref().unwrap_or_default(),
            self.service.as_deref().unwrap_or_default(),
        )
    }

    pub(crate) fn new(run_id: Option<u64>, header: &FileHeader, clock: Clock) -> Self {
        Self {
            run_id,
            service: header.service.clone(),
            host: header.host.clone(),
            pid: header.pid,
            clock,
        }
    }
}
