//! A snapshot in a file.

use crate::{
    accounting::Accounting, damage::Damages, event_ref::EventRef, file_header::FileHeader,
    image_state::Image,
};

/// A snapshot, or a ring in an image of a memory.
///
/// # Examples
///
/// ```
/// use ttlog_reader::Snapshots;
///
/// /// Returns a line for each file: its reason, its moment, and whether it is whole.
/// fn overview(snapshots: &Snapshots) -> Vec<String> {
///     let line = |file| {
///         let moment = snapshots.source(file).clock.time(file.end_ticks);
///         let is_whole = file.damages.count() == 0;
///         format!("{:?} at {moment:?}, whole: {is_whole}", file.header.reason)
///     };
///     snapshots.files().iter().map(line).collect()
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SnapshotFile {
    /// The name of the file.
    pub path: String,
    /// Offset of the snapshot in the file, in bytes.
    pub offset: usize,
    /// The state of a ring in an image; `None` for a snapshot.
    pub image: Option<Image>,
    /// The header.
    pub header: FileHeader,
    /// The numbers of events.
    pub accounting: Accounting,
    /// The damaged places.
    pub damages: Damages,
    /// The moment of the snapshot, in ticks. If it is not known, this is the time of the last event.
    pub end_ticks: u64,
    /// Number of spans that were open and are not in the file, because the recorder's table was full.
    pub missing_open_spans: u32,
    /// The contents of the blocks of open spans.
    pub(crate) open_spans: Vec<Box<[u8]>>,
    /// The index of its run.
    pub(crate) run: usize,
}

impl SnapshotFile {
    /// Memory of a file and of its run without their events, in bytes, twice because vectors grow by
    /// doubling.
    pub(crate) const COST_BYTES: usize = 2048;

    /// Returns the memory of a block of open spans with this content, and of a list of the spans, in bytes.
    pub(crate) fn open_spans_cost_bytes(content: &[u8]) -> usize {
        // An entry has at least 52 bytes.
        content.len() + 64 + content.len() / 52 * size_of::<EventRef<'_>>()
    }
}
