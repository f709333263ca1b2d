//! The header of a snapshot.

use ttlog_core::{Module, Modules, SnapshotHeader, snapshot::SnapshotKind};

/// The header of a snapshot, without its clock. A value that the program did not state is `None`. If the
/// header is lost, all values are `None`.
///
/// # Examples
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
/// # let mut snapshots = ttlog_reader::Snapshots::new();
/// # snapshots.open(path)?;
/// let header = &snapshots.files()[0].header;
/// assert_eq!(header.reason.as_deref(), Some("order_placed"));
/// assert_eq!((header.page_count, header.page_words), (Some(6), Some(256)));
/// assert_eq!(header.build_id, None); // the program did not state it
/// # Ok::<(), ttlog_reader::OpenError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct FileHeader {
    /// The id of the run.
    pub run_id: Option<u64>,
    /// The kind of snapshot. `None` in format version 1.
    pub kind: Option<SnapshotKind>,
    /// The service.
    pub service: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The process id; `None` for a board.
    pub pid: Option<u32>,
    /// The reason of the snapshot.
    pub reason: Option<String>,
    /// Number of further requests with this reason that the snapshot covers.
    pub merged: Option<u32>,
    /// The target that the program was built for.
    pub target: Option<String>,
    /// The build id of the program.
    pub build_id: Option<String>,
    /// The filter in force.
    pub filter: Option<String>,
    /// Number of pages of the ring.
    pub page_count: Option<u32>,
    /// Number of words of a page.
    pub page_words: Option<u32>,
    /// Frequency of the clock, in ticks per second.
    pub clock_hz: Option<u64>,
    /// The start of the run, in ticks.
    pub start_ticks: Option<u64>,
    /// The moment of the snapshot, in ticks. Later events do not belong to it.
    pub moment_ticks: Option<u64>,
    /// Maximum number of events that the snapshot shows.
    pub events_max: Option<u64>,
    /// The modules, encoded as in a header.
    modules: Vec<u8>,
}

impl FileHeader {
    pub(crate) fn new(header: &SnapshotHeader<'_>) -> Self {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            run_id: known(header.run_id),
            kind: Some(header.kind).filter(|kind| *kind != SnapshotKind::Unknown),
            service: text(header.service),
            host: text(header.host),
            pid: known(header.pid),
            reason: Some(header.reason.into()),
            merged: Some(header.merged),
            target: text(header.target),
            build_id: text(header.build_id),
            filter: text(header.filter),
            page_count: known(header.page_count),
            page_words: known(header.page_words),
            clock_hz: known(header.clock_hz),
            start_ticks: Some(header.start_ticks),
            moment_ticks: known(header.moment_ticks),
            events_max: known(header.events_max),
            modules: header.modules.0.to_vec(),
        }
    }

    /// Returns the program and its shared libraries in memory, the program first. None if a board or an older
    /// recorder wrote the file.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-modules.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// let header = &snapshots.files()[0].header;
    /// let program = header.modules().next().expect("a program");
    /// assert_eq!((program.name, program.bias), ("shop", 0x5555_5555_4000));
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    pub fn modules(&self) -> impl Iterator<Item = Module<'_>> {
        Modules(&self.modules).iter()
    }

    /// Returns whether the header is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/v2-stored.bin");
    /// # let mut snapshots = ttlog_reader::Snapshots::new();
    /// # snapshots.open(path)?;
    /// use ttlog_reader::FileHeader;
    ///
    /// assert!(!snapshots.files()[0].header.is_lost());
    /// assert!(FileHeader::default().is_lost());
    /// # Ok::<(), ttlog_reader::OpenError>(())
    /// ```
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.start_ticks.is_none()
    }
}

fn known<T: Default + PartialEq>(number: T) -> Option<T> {
    Some(number).filter(|number| *number != T::default())
}
